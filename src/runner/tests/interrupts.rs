//! Laws of a run that is interrupted (R 31).

use std::collections::BTreeMap;
use std::time::Duration;

use super::book::{Book, Entry, Key, What};
use super::events::{Found, id};
use super::hold;
use super::log::{Made, made};
use super::oracle::{Expected, after, expect};
use super::random::Random;
use super::simulate::{How, Run};
use super::status;
use crate::event::{HostOutcome, Kind, Outcome};
use crate::protocol::Mode;

/// The longest that a message is on its way.
const LINK: usize = 10;
/// How long a run may take to end once everything is killed: its agents are waited for a moment.
const END: Duration = Duration::from_secs(5);

/// Interrupted once or twice, at any time.
pub(super) fn how(seed: u64) -> How {
    let mut random = Random::of(seed, "interrupts");
    let first = 1 + random.below(4000) as u64;
    let mut interrupts = vec![first];
    if random.percent(40) {
        interrupts.push(first + 1 + random.below(1500) as u64);
    }
    How {
        mode: Mode::Apply,
        seed,
        interrupts,
        link: LINK,
        loses: false,
        crashes: None,
        owed: BTreeMap::new(),
    }
}

pub(super) fn laws(book: &Book, run: &Run, how: &How, found: &mut Found) {
    let pressed = run
        .events
        .iter()
        .filter(|it| matches!(it, Kind::Interrupted { .. }))
        .count();
    let made = made(&run.log);
    let counts = made
        .iter()
        .map(|(key, made)| (key.clone(), made.attempts))
        .collect();
    let expected = expect(book, &counts, false);
    hold::order(book, &expected, &made, found);
    told_once(book, run, found);
    outcomes(book, run, found);
    if pressed == 0 {
        return;
    }
    // What was on its way then arrives a little later.
    let late = |at: u64| Duration::from_millis(at + LINK as u64 + 1);
    let first = late(how.interrupts[0]);
    for line in run.log.iter().filter(|line| line.is_start && line.at > first) {
        let is_left = book.chain(&line.key.1).iter().any(|it| it.always);
        found.check(is_left, "nothing new starts after an interrupt", || {
            format!("{:?} at {:?}", line.key, line.at)
        });
    }
    holes(book, &expected, &made, found);
    judged(book, run, &made, found);
    if pressed == 1 {
        let begun = Duration::from_millis(how.interrupts[0]);
        for round in &book.rounds {
            for host in &round.hosts {
                let block = Block {
                    host,
                    made: &made,
                    before: begun,
                    fails: fails(run, host),
                };
                block.always(&round.entries, &[], true, found);
            }
        }
    } else {
        let second = late(how.interrupts[1]);
        for line in run.log.iter().filter(|line| line.at > second) {
            let what = if line.is_start { "starts" } else { "ends" };
            found.say(
                "at the second interrupt what runs is killed",
                format!("{:?} {what} at {:?}", line.key, line.at),
            );
        }
        let is_over = run.took <= second + END;
        found.check(is_over, "at the second interrupt what runs is killed", || {
            format!("it takes {:?}", run.took)
        });
    }
}

/// Whether a call of a host has failed.
fn fails(run: &Run, host: &str) -> bool {
    run.events.iter().any(|it| match it {
        Kind::CallEnded {
            host: it, outcome, ..
        } => it.as_str() == host && *outcome == Outcome::Failed,
        _ => false,
    })
}

/// What would have run but for the interrupt, and did not, has nothing behind it that did (R 2).
fn holes(book: &Book, expected: &Expected, made: &BTreeMap<Key, Made>, found: &mut Found) {
    let steps = &expected.order;
    for (at, a) in steps.iter().enumerate() {
        if made.contains_key(&a.key) || !expected.must.contains_key(&a.key) {
            continue;
        }
        for b in &steps[at + 1..] {
            let is_left = book.chain(&b.key.1).iter().any(|it| it.always);
            let is_behind = a.host == b.host && a.round == b.round && a.footprint.conflicts(&b.footprint);
            found.check(
                !is_behind || is_left || !made.contains_key(&b.key),
                "nothing runs behind what was dropped",
                || format!("{:?} ran, {:?} did not", b.key, a.key),
            );
        }
    }
}

/// R 15, R 31: what was made is told as what came of it, and as canceled where it was to be made again.
fn judged(book: &Book, run: &Run, made: &BTreeMap<Key, Made>, found: &mut Found) {
    for event in &run.events {
        let Kind::CallEnded {
            call,
            host,
            item,
            outcome,
            shared_by: None,
            ..
        } = event
        else {
            continue;
        };
        let entry = book.entry(id(&call.path));
        // In a loop around it, the events do not say which iteration it is.
        let is_one = entry.items.is_some() == item.is_some()
            && book
                .chain(&entry.id)
                .iter()
                .rev()
                .skip(1)
                .all(|it| it.items.is_none());
        let key = (
            host.to_string(),
            entry.id.clone(),
            item.clone().unwrap_or_default(),
        );
        let Some(made) = made.get(&key).filter(|made| is_one && !made.is_killed) else {
            continue;
        };
        let status = after(&key.0, entry, &key.2, made.attempts);
        let wanted = match status.map(|it| it.outcome) {
            None => Outcome::Canceled,
            Some(status::Outcome::Failed) => Outcome::Failed,
            Some(status::Outcome::Changed) => Outcome::Changed,
            Some(_) => Outcome::Ok,
        };
        found.check(
            *outcome == wanted
                || (wanted == Outcome::Ok && *outcome == Outcome::Changed && made.attempts > 1),
            "what was made is told as what came of it",
            || format!("{key:?} is {outcome:?}, not {wanted:?}"),
        );
    }
}

/// A list of entries on a host.
struct Block<'a> {
    host: &'a str,
    made: &'a BTreeMap<Key, Made>,
    before: Duration,
    fails: bool,
}

impl Block<'_> {
    /// The `always` entries of blocks that were begun run, where no gate may hold them back.
    fn always(&self, entries: &[Entry], keys: &[&str], is_top: bool, found: &mut Found) {
        let mut all = Vec::new();
        super::book::walk(entries, &mut all);
        let is_within = |key: &Key| key.2.split('-').take(keys.len()).eq(keys.iter().copied());
        let is_begun = self.made.iter().any(|(key, made)| {
            key.0 == self.host
                && made.begun < self.before
                && is_within(key)
                && all.iter().any(|it| it.id == key.1)
        });
        for entry in entries {
            let is_bare = entry.when.is_empty() && entry.on_change.is_empty() && entry.on_failure.is_empty();
            let is_plain = is_bare && entry.delegate.is_none() && !entry.once;
            let items: Vec<Option<&str>> = match &entry.items {
                Some(items) => items.iter().map(|it| Some(it.as_str())).collect(),
                None => vec![None],
            };
            for item in items {
                let inner: Vec<&str> = keys.iter().copied().chain(item).collect();
                if entry.what == What::Group {
                    self.always(&entry.entries, &inner, false, found);
                } else if entry.what == What::Call
                    && entry.always
                    && is_plain
                    && is_begun
                    && (is_top || !self.fails)
                {
                    let key = (self.host.to_owned(), entry.id.clone(), inner.join("-"));
                    let is_made = self.made.contains_key(&key);
                    found.check(
                        is_made,
                        "`always` of begun blocks runs after an interrupt",
                        || format!("{key:?} did not"),
                    );
                }
            }
        }
    }
}

/// R 5: each entry of a round that was entered is told once.
pub(super) fn told_once(book: &Book, run: &Run, found: &mut Found) {
    let mut told: BTreeMap<(&str, &str, Option<&str>), u32> = BTreeMap::new();
    for event in &run.events {
        if let Kind::CallEnded { host, call, item, .. } = event {
            *told
                .entry((host.as_str(), id(&call.path), item.as_deref()))
                .or_default() += 1;
        }
    }
    for round in &book.rounds {
        for host in round
            .hosts
            .iter()
            .filter(|host| has_begun(run, host, &round.name))
        {
            for entry in round
                .entries
                .iter()
                .filter(|it| it.what != What::Group && !it.once)
            {
                let count = |item| {
                    told.get(&(host.as_str(), entry.id.as_str(), item))
                        .copied()
                        .unwrap_or_default()
                };
                let law = match count(None) {
                    0 => "everything is told",
                    _ => "nothing is told twice",
                };
                found.check(count(None) == 1, law, || {
                    format!("{} on {host}: {} times", entry.id, count(None))
                });
                let items: Vec<_> = entry
                    .items
                    .iter()
                    .flatten()
                    .map(|item| count(Some(item.as_str())))
                    .collect();
                let is_even = items.iter().all(|it| *it == 0) || items.iter().all(|it| *it == 1);
                found.check(is_even, "all items are told, or none", || {
                    format!("{} on {host}: {items:?}", entry.id)
                });
            }
        }
    }
}

/// Whether a call of a round was sent to a host: then its block was begun.
fn has_begun(run: &Run, host: &str, round: &str) -> bool {
    run.events.iter().any(|it| match it {
        Kind::CallStarted { host: it, call, .. } => it.as_str() == host && call.round == round,
        _ => false,
    })
}

/// R 46: what hosts come out as.
fn outcomes(book: &Book, run: &Run, found: &mut Found) {
    let Some(Kind::RunEnded { hosts, .. }) = run.events.last() else {
        return;
    };
    for recap in hosts {
        let mut canceled = None;
        let mut failed = None;
        let mut is_started = false;
        for event in &run.events {
            match event {
                Kind::CallStarted { host, .. } => is_started |= *host == recap.host,
                Kind::CallEnded {
                    host,
                    call,
                    item: None,
                    outcome,
                    ignored,
                    rescued,
                    ..
                } if *host == recap.host => {
                    match outcome {
                        Outcome::Canceled => canceled = Some(id(&call.path)),
                        // Told as handled or not: whether that is right, another law says.
                        Outcome::Failed if !ignored && !rescued => failed = Some(id(&call.path)),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        let bare = |id: &str| {
            book.chain(id)
                .iter()
                .all(|it| !it.ignore && !book.is_region(&it.id))
        };
        let failed = failed.filter(|id| bare(id));
        let name = &recap.host;
        match recap.outcome {
            HostOutcome::Ok => {
                let stopped = canceled.filter(|id| bare(id)).filter(|_| failed.is_none());
                found.check(stopped.is_none(), "a host that was stopped is not ok", || {
                    format!("{name}: {stopped:?}")
                });
            }
            HostOutcome::NotStarted => {
                found.check(!is_started, "a host that was begun is not `not started`", || {
                    name.to_string()
                });
            }
            _ => {}
        }
        let is_failed = recap.outcome == HostOutcome::Failed;
        found.check(
            failed.is_none() || is_failed,
            "a host comes out as its calls did",
            || format!("{name}: {failed:?} failed, and it is {:?}", recap.outcome),
        );
    }
}
