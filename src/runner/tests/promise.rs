//! What check mode promises (R 28 to 30), held against a run in apply mode.

use std::collections::BTreeMap;

use super::book::Book;
use super::events::{self, Found, id};
use super::simulate::{self, How, Run};
use crate::event::{Kind, Outcome};
use crate::protocol::Mode;

type Place = (String, String, Option<String>);
type Outcomes = BTreeMap<Place, Vec<Outcome>>;

/// Gives the run in check mode.
pub(super) fn laws(book: &Book, seed: u64) -> (Run, Found) {
    let mut found = Found::default();
    let check = How {
        mode: Mode::Check,
        ..How::apply(seed)
    };
    let run = simulate::run(book, &check);
    events::laws(book, &run, &mut found);
    for line in &run.log {
        let is_reader = book.entry(&line.key.1).writes.as_ref().is_some_and(Vec::is_empty);
        found.check(is_reader, "check mode runs nothing that writes", || {
            format!("{:?} ran", line.key)
        });
    }
    let said = outcomes(&run);
    let again = outcomes(&simulate::run(
        book,
        &How {
            seed: seed ^ 0x5eed,
            ..check
        },
    ));
    // R 2: behind a failure, what does not conflict with it may have been looked at.
    let has_failed = |outcomes: &Outcomes| outcomes.values().flatten().any(|it| *it == Outcome::Failed);
    let is_free = has_failed(&said) || has_failed(&again);
    for place in said.keys().chain(again.keys()).filter(|_| !is_free) {
        let (one, other) = (said.get(place), again.get(place));
        found.check(one == other, "check mode says the same at every pace", || {
            format!("{place:?}: {one:?}, {other:?}")
        });
    }
    let applied = outcomes(&simulate::run(book, &How::apply(seed)));
    // Nothing is promised of a host on which something fails.
    let fails = |host: &str| {
        let has = |outcome: Outcome| matches!(outcome, Outcome::Failed | Outcome::Canceled | Outcome::Lost);
        applied
            .iter()
            .any(|(place, all)| place.0 == host && all.iter().any(|it| has(*it)))
    };
    let places: std::collections::BTreeSet<&Place> = said.keys().chain(applied.keys()).collect();
    for place in places.into_iter().filter(|place| !fails(&place.0)) {
        one(book, &said, &applied, place, &mut found);
    }
    (run, found)
}

fn one(book: &Book, said: &Outcomes, applied: &Outcomes, place: &Place, found: &mut Found) {
    let (said_here, here) = (said.get(place), applied.get(place));
    let count = |it: Option<&Vec<Outcome>>| it.map_or(0, Vec::len);
    for at in 0..count(said_here).max(count(here)) {
        let get = |it: Option<&Vec<Outcome>>| it.and_then(|it| it.get(at)).copied();
        let (check, apply) = (get(said_here), get(here));
        let is_promise = matches!(check, Some(Outcome::Ok | Outcome::Changed | Outcome::Skipped));
        let is_kept = !is_promise || apply.is_none() || apply == check;
        found.check(is_kept, "check mode keeps its promise", || {
            format!("{place:?}: {check:?}, then {apply:?}")
        });
        let is_bad = matches!(check, Some(Outcome::Failed | Outcome::Lost | Outcome::Canceled));
        found.check(!is_bad, "nothing fails in check mode alone", || {
            format!("{place:?}: {check:?}, then {apply:?}")
        });
        if is_unknown_around(book, said, place) {
            continue;
        }
        let is_seen =
            apply != Some(Outcome::Changed) || matches!(check, Some(Outcome::Changed | Outcome::Unknown));
        found.check(is_seen, "check mode misses no change", || {
            format!("{place:?}: {check:?}, then {apply:?}")
        });
        found.check(
            check.is_some() || apply.is_none(),
            "check mode tells everything",
            || format!("{place:?}: {check:?}, then {apply:?}"),
        );
    }
}

/// Whether an entry around it (or it, as a loop) is unknown in check mode, so that nothing of what is in it is told.
fn is_unknown_around(book: &Book, said: &Outcomes, place: &Place) -> bool {
    let round = book
        .rounds
        .iter()
        .find(|round| round.all().iter().any(|it| it.id == place.1));
    // The whole of it, or an iteration.
    let is_unknown = |id: &str| {
        said.iter()
            .any(|(other, all)| other.0 == place.0 && other.1 == id && all.contains(&Outcome::Unknown))
    };
    let chain = book.chain(&place.1);
    round.is_some_and(|round| round.when.is_some()) || chain.iter().any(|it| is_unknown(&it.id))
}

fn outcomes(run: &Run) -> Outcomes {
    let mut all = Outcomes::new();
    for event in &run.events {
        let (call, host, item, outcome, has_changed) = match event {
            Kind::CallEnded {
                call,
                host,
                item,
                outcome,
                change,
                ..
            } => (call, host, item, *outcome, change.is_some()),
            Kind::IterationEnded {
                call,
                host,
                item,
                outcome,
                changed,
                ..
            } => (call, host, item, *outcome, *changed),
            Kind::GroupEnded {
                call,
                host,
                outcome,
                changed,
                ..
            } => (call, host, &None, *outcome, *changed),
            _ => continue,
        };
        let place = (host.to_string(), id(&call.path).to_owned(), item.clone());
        all.entry(place).or_default().push(match outcome {
            // R 15: an earlier attempt has changed something.
            Outcome::Ok if has_changed => Outcome::Changed,
            it => it,
        });
    }
    // Iterations may end in any order: what they come to is what counts.
    for outcomes in all.values_mut() {
        outcomes.sort_unstable();
    }
    all
}

/// Without failure or control, nothing is canceled and every pace comes to the same.
pub(super) fn pace(book: &Book, run: &Run, seed: u64, found: &mut Found) {
    let one = outcomes(run);
    for (place, all) in &one {
        found.check(
            !all.contains(&Outcome::Canceled),
            "without a failure nothing is canceled",
            || format!("{place:?}"),
        );
    }
    let other = outcomes(&simulate::run(book, &How::apply(seed ^ 0x5eed)));
    for place in one.keys().chain(other.keys()) {
        let (a, b) = (one.get(place), other.get(place));
        found.check(a == b, "every pace comes to the same", || {
            format!("{place:?}: {a:?}, {b:?}")
        });
    }
}
