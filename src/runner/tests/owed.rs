//! R 27: which handlers are owed after a run, and that they run in the next one.

use std::collections::BTreeMap;

use super::book::{Book, Entry, Round};
use super::events::{Found, id};
use super::simulate::{self, How, Run};
use crate::event::{HostOutcome, Kind, Outcome, Recap};

/// What was told of an entry on a host.
#[derive(Debug, Default)]
struct Ends {
    /// It has changed something for certain.
    changed: bool,
    /// It may have.
    may_have: bool,
    /// It did not come to its end, at least once.
    undone: bool,
}

fn ends(run: &Run, host: &str, entry: &str) -> Option<Ends> {
    let mut ends = None;
    for event in &run.events {
        let (call, on, outcome, changed, excused, attempts) = match event {
            Kind::CallEnded {
                call,
                host,
                outcome,
                change,
                ignored,
                rescued,
                attempts,
                ..
            } => {
                let excused = *ignored || *rescued;
                (call, host, *outcome, change.is_some(), excused, *attempts)
            }
            Kind::GroupEnded {
                call,
                host,
                outcome,
                changed,
                ignored,
                rescued,
                ..
            } => (call, host, *outcome, *changed, *ignored || *rescued, 0),
            _ => continue,
        };
        if on.as_str() != host || id(&call.path) != entry {
            continue;
        }
        let ends = ends.get_or_insert_with(Ends::default);
        let is_end = match outcome {
            Outcome::Ok | Outcome::Changed | Outcome::Skipped => true,
            Outcome::Failed => excused,
            _ => false,
        };
        ends.changed |= changed || outcome == Outcome::Changed;
        // An earlier attempt may have been killed.
        ends.may_have |=
            attempts > 1 || matches!(outcome, Outcome::Failed | Outcome::Lost | Outcome::Canceled);
        ends.undone |= !is_end;
    }
    ends
}

fn recaps(run: &Run) -> &[Recap] {
    match run.events.last() {
        Some(Kind::RunEnded { hosts, .. }) => hosts,
        _ => &[],
    }
}

fn handlers<'a>(book: &'a Book, host: &str) -> Vec<(&'a Round, &'a Entry)> {
    let rounds = book
        .rounds
        .iter()
        .filter(|round| round.hosts.iter().any(|it| it == host));
    let all = rounds.flat_map(|round| round.all().into_iter().map(move |entry| (round, entry)));
    all.filter(|(_, entry)| !entry.on_change.is_empty()).collect()
}

/// After a run in apply mode; `before`: what was owed when it began.
pub(super) fn laws(book: &Book, run: &Run, before: &Debts, found: &mut Found) {
    for recap in recaps(run) {
        let host = recap.host.as_str();
        for (round, entry) in handlers(book, host) {
            let is_owed = recap.owed.iter().any(|path| id(path) == entry.id);
            let was_owed = before.get(host).is_some_and(|owed| owed.contains(&entry.id));
            let told = ends(run, host, &entry.id);
            let sources: Vec<_> = entry
                .on_change
                .iter()
                .filter_map(|it| ends(run, host, it))
                .collect();
            let changed = was_owed || sources.iter().any(|it| it.changed);
            // What one host has done for all has changed on all.
            let is_shared = |source: &String| book.chain(source).iter().any(|it| it.once);
            let may_have =
                changed || sources.iter().any(|it| it.may_have) || entry.on_change.iter().any(is_shared);
            found.check(may_have || !is_owed, "nothing is owed if nothing changed", || {
                format!("{host} owes {}", entry.id)
            });
            if let Some(told) = told {
                found.check(told.undone || !is_owed, "what has run is not owed", || {
                    format!("{host} owes {}: {told:?}", entry.id)
                });
                let must = changed && told.undone;
                found.check(!must || is_owed, "what did not run is owed", || {
                    format!("{host} does not owe {}: {told:?}", entry.id)
                });
            } else {
                // In no group that its conditions may have left out.
                let is_plain = round.when.is_none() && book.chain(&entry.id).len() == 1;
                let must = changed && is_plain && recap.outcome != HostOutcome::Ok;
                found.check(!must || is_owed, "what was not come to is owed", || {
                    format!("{host} does not owe {}", entry.id)
                });
            }
        }
    }
}

/// By host: the ids of the handlers that it owes.
pub(super) type Debts = BTreeMap<String, Vec<String>>;

/// The same playbook again, with nobody interrupting: what was owed runs, or is owed still.
pub(super) fn pays(book: &Book, seed: u64, run: &Run, found: &mut Found) {
    let owed = |recap: &Recap| recap.owed.iter().map(|path| id(path).to_owned()).collect();
    let debts: Debts = recaps(run)
        .iter()
        .map(|recap| (recap.host.to_string(), owed(recap)))
        .collect();
    if debts.values().all(Vec::is_empty) {
        return;
    }
    let how = How {
        owed: debts.clone(),
        ..How::apply(seed ^ 0x0bed)
    };
    let next = simulate::run(book, &how);
    laws(book, &next, &debts, found);
    for event in &next.events {
        let (Kind::CallEnded {
            call, host, because, ..
        }
        | Kind::GroupEnded {
            call, host, because, ..
        }) = event
        else {
            continue;
        };
        let was_owed = debts
            .get(host.as_str())
            .is_some_and(|owed| owed.iter().any(|it| it == id(&call.path)));
        let is_missed = was_owed && because.as_deref() == Some("nothing changed");
        found.check(!is_missed, "what is owed runs in the next run", || {
            format!("{} on {host}", call.path)
        });
    }
}
