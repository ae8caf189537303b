//! A run in apply mode, held against what the rules say of its playbook.

use std::collections::BTreeMap;

use super::book::{Book, Key};
use super::events::{Found, id};
use super::log::{Made, made};
use super::oracle::{BEHIND_DROPPED, BEHIND_FAILED, Expected, Handler, Told, expect};
use super::simulate::Run;
use super::status::{Outcome, Tri};
use crate::event::{HostOutcome, Kind, Outcome as Word};

/// In apply mode, or in check mode.
pub(super) fn laws(book: &Book, run: &Run, is_check: bool, found: &mut Found) {
    let made = made(&run.log);
    let counts = made
        .iter()
        .map(|(key, made)| (key.clone(), made.attempts))
        .collect();
    let expected = expect(book, &counts, is_check);
    let stopped = run.events.iter().any(|it| matches!(it, Kind::Stopped { .. }));
    if let Some((at, _)) = &expected.stopped {
        // Who stopped whom is not decided here where rounds lie side by side.
        if !book.is_wide() && !book.rounds.iter().any(|round| round.is_loose) {
            let round = &book.rounds[*at].name;
            found.check(stopped, "max_failures stops", || {
                format!("that of {round} is exceeded")
            });
            for key in made.keys() {
                let later = book.rounds[at + 1..]
                    .iter()
                    .any(|it| it.all().iter().any(|it| it.id == key.1));
                found.check(!later, "nothing is entered after a stop", || {
                    format!("{key:?} ran")
                });
            }
        }
        return;
    }
    if stopped {
        found.check(book.is_wide(), "max_failures stops", || {
            "though it was not exceeded".to_owned()
        });
        return;
    }
    order(book, &expected, &made, found);
    if expected.is_vague {
        return;
    }
    let judge = Judge {
        expected: &expected,
        made: &made,
        skip: skipped_hosts(book, run, &expected),
    };
    judge.calls(found);
    judge.seen(found);
    judge.told(run, found);
    judge.hosts(run, found);
}

/// Where rounds lie side by side, a host that fails in one is stopped in others at any place.
fn skipped_hosts(book: &Book, run: &Run, expected: &Expected) -> Vec<String> {
    if !book.is_wide() {
        return Vec::new();
    }
    let mut hosts: Vec<_> = expected.hosts.keys().cloned().collect();
    if let Some(Kind::RunEnded { hosts: recaps, .. }) = run.events.last() {
        let bad = recaps.iter().filter(|it| it.outcome != HostOutcome::Ok);
        hosts.extend(bad.map(|it| it.host.to_string()));
    }
    hosts
}

/// R 4, R 15, R 38: calls that conflict on a host run in written order, with all their attempts, and never overlap.
pub(super) fn order(book: &Book, expected: &Expected, made: &BTreeMap<Key, Made>, found: &mut Found) {
    let steps = &expected.order;
    for (at, a) in steps.iter().enumerate() {
        for b in &steps[at + 1..] {
            let (Some(first), Some(second)) = (made.get(&a.key), made.get(&b.key)) else {
                continue;
            };
            if !a.footprint.conflicts(&b.footprint) {
                continue;
            }
            let is_same = a.host == b.host && (a.round == b.round || !book.is_wide());
            if is_same {
                let in_order = first.last.is_some_and(|last| last < second.first);
                let law = if a.round != b.round {
                    "rounds follow each other"
                } else if a.key.1 == b.key.1 {
                    "items run one after the other"
                } else if a.on == b.on {
                    "conflicting calls run in written order"
                } else {
                    "a delegated call keeps its place"
                };
                found.check(in_order, law, || {
                    format!("{:?} starts before {:?} has ended", b.key, a.key)
                });
            } else if first.on == second.on && a.on == b.on {
                let apart = |a: &Made, b: &Made| a.last.is_some_and(|last| last < b.first);
                found.check(
                    apart(first, second) || apart(second, first),
                    "conflicting calls never overlap",
                    || format!("{:?} and {:?} on {}", a.key, b.key, a.on),
                );
            }
        }
    }
}

struct Judge<'a> {
    expected: &'a Expected,
    made: &'a BTreeMap<Key, Made>,
    skip: Vec<String>,
}

impl Judge<'_> {
    fn passes(&self, host: &str) -> bool {
        self.skip.iter().any(|it| it == host)
    }

    fn calls(&self, found: &mut Found) {
        for (key, attempts) in self.expected.must.iter().filter(|it| !self.passes(&it.0.0)) {
            match self.made.get(key) {
                None => found.say("what must run runs", format!("{key:?} did not")),
                Some(it) => found.check(it.attempts == *attempts, "a call is judged to its end", || {
                    format!("{key:?} was made {} times, not {attempts}", it.attempts)
                }),
            }
        }
        for (key, it) in self.made.iter().filter(|it| !self.passes(&it.0.0)) {
            match self.expected.never.get(key) {
                Some(&BEHIND_FAILED) => found.say("nothing runs behind a failure", format!("{key:?} ran")),
                Some(&BEHIND_DROPPED) => {
                    found.say("nothing runs behind what was dropped", format!("{key:?} ran"));
                }
                Some(why) => found.say("what may not run does not", format!("{key:?} ran though {why}")),
                None => {}
            }
            let place = self.expected.order.iter().find(|step| step.key == *key);
            if let Some(place) = place {
                found.check(place.on == it.on, "a call is made where it says", || {
                    format!("{key:?} on {}", it.on)
                });
            }
        }
    }

    /// R 9, R 10: what results say to later calls.
    fn seen(&self, found: &mut Found) {
        for (key, status) in self.expected.sees.iter().filter(|it| !self.passes(&it.0.0)) {
            let Some(made) = self.made.get(key) else { continue };
            let skipped = status.outcome == Outcome::Skipped;
            let told: Vec<_> = made.seen.split(',').collect();
            let [changed, failed, was_skipped] = told[..] else {
                continue;
            };
            let says = |text: &str, is: bool| text.eq_ignore_ascii_case(&is.to_string());
            let holds = says(changed, status.changed == Tri::Yes)
                && says(failed, status.failed == Tri::Yes)
                && (status.is_either || says(was_skipped, skipped));
            found.check(holds, "results say what happened", || {
                format!("{key:?} reads {}, not {status:?}", made.seen)
            });
        }
    }

    fn told(&self, run: &Run, found: &mut Found) {
        let mut told: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for event in &run.events {
            let (call, host, item, end) = match event {
                Kind::CallEnded {
                    call,
                    host,
                    item,
                    outcome,
                    ignored,
                    rescued,
                    change,
                    ..
                } => (
                    call,
                    host,
                    item,
                    (*outcome, handler(*ignored, *rescued), change.is_some()),
                ),
                Kind::IterationEnded {
                    call,
                    host,
                    item,
                    outcome,
                    changed,
                    ..
                } => (call, host, item, (*outcome, Handler::Nobody, *changed)),
                Kind::GroupEnded {
                    call,
                    host,
                    outcome,
                    ignored,
                    rescued,
                    changed,
                    ..
                } => (
                    call,
                    host,
                    &None,
                    (*outcome, handler(*ignored, *rescued), *changed),
                ),
                _ => continue,
            };
            let place = (host.to_string(), id(&call.path).to_owned(), item.clone());
            told.entry(place).or_default().push(end);
        }
        let mut places: Vec<_> = told.keys().chain(self.expected.told.keys()).cloned().collect();
        places.sort();
        places.dedup();
        for place in places.iter().filter(|it| !self.passes(&it.0)) {
            let is_shared = self.expected.shared.contains(&(place.0.clone(), place.1.clone()));
            let (wanted, got) = (self.expected.told.get(place), told.remove(place));
            if is_shared && wanted.is_none() {
                continue;
            }
            let wanted = wanted.cloned().unwrap_or_default();
            one(&format!("{place:?}"), wanted, &got.unwrap_or_default(), found);
        }
    }

    /// R 46.
    fn hosts(&self, run: &Run, found: &mut Found) {
        let Some(Kind::RunEnded { hosts, .. }) = run.events.last() else {
            return;
        };
        for recap in hosts.iter().filter(|it| !self.passes(it.host.as_str())) {
            let told = match recap.outcome {
                HostOutcome::Ok | HostOutcome::NotStarted => "ok",
                HostOutcome::Failed => "failed",
                HostOutcome::Unreachable => "unreachable",
                HostOutcome::Aborted => "aborted",
            };
            let wanted = self
                .expected
                .hosts
                .get(recap.host.as_str())
                .copied()
                .unwrap_or("ok");
            found.check(told == wanted, "a host comes out as its calls did", || {
                format!("{} is {told}, not {wanted}", recap.host)
            });
        }
    }
}

const fn handler(ignored: bool, rescued: bool) -> Handler {
    match (ignored, rescued) {
        (true, _) => Handler::Ignored,
        (_, true) => Handler::Rescued,
        _ => Handler::Nobody,
    }
}

/// What was told: the outcome, who handles it, and whether something changed.
type Got = (Word, Handler, bool);

/// Each telling that is wanted has one that fits, in any order, and no other is told (R 5).
fn one(place: &str, mut wanted: Vec<Told>, got: &[Got], found: &mut Found) {
    let fits = |told: &Told, got: &Got| told.outcomes.iter().any(|it| same(*it, got.0));
    // Those that have no choice choose first.
    wanted.sort_by_key(|told| (told.is_optional, told.outcomes.len()));
    let pairs = pairs(&wanted, got, &|told, it| fits(told, it) && agrees(told, *it));
    let mut left: Vec<_> = (0..got.len())
        .filter(|at| !pairs.contains(&Some(*at)))
        .map(|at| got[at])
        .collect();
    let lonely = wanted.into_iter().zip(pairs).filter(|(_, pair)| pair.is_none());
    let mut missing = Vec::new();
    for (told, _) in lonely {
        // It is told, with something else wrong.
        if let Some(at) = left.iter().position(|it| fits(&told, it)) {
            let got = left.remove(at);
            let law = if got.0 == Word::Failed {
                "a failure is told with who handles it"
            } else {
                "a change is told"
            };
            found.say(law, format!("{place}: {got:?}, not {told:?}"));
        } else if !told.is_optional {
            missing.push(told);
        }
    }
    let outcomes = |told: &[Told]| {
        told.iter()
            .map(|it| format!("{:?}", it.outcomes))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (&missing[..], &left[..]) {
        ([], []) => {}
        ([], more) => found.say("nothing is told twice", format!("{place}: {more:?}")),
        (less, []) => found.say("everything is told", format!("{place}: {}", outcomes(less))),
        (less, more) => found.say(
            "statuses are those of the rules",
            format!("{place}: {more:?}, not {}", outcomes(less)),
        ),
    }
}

/// A greatest number of pairs: which one of `got` is whose of `wanted`; who comes first keeps having one.
fn pairs(wanted: &[Told], got: &[Got], may: &dyn Fn(&Told, &Got) -> bool) -> Vec<Option<usize>> {
    fn seat(
        who: usize,
        may: &dyn Fn(usize, usize) -> bool,
        seats: &mut [Option<usize>],
        seen: &mut [bool],
    ) -> bool {
        for seat_at in 0..seats.len() {
            if may(who, seat_at) && !std::mem::replace(&mut seen[seat_at], true) {
                let is_free = match seats[seat_at] {
                    None => true,
                    Some(other) => seat(other, may, seats, seen),
                };
                if is_free {
                    seats[seat_at] = Some(who);
                    return true;
                }
            }
        }
        false
    }
    let mut seats = vec![None; got.len()];
    for who in 0..wanted.len() {
        let may = |who: usize, at: usize| may(&wanted[who], &got[at]);
        seat(who, &may, &mut seats, &mut vec![false; got.len()]);
    }
    let at = |who| seats.iter().position(|it| *it == Some(who));
    (0..wanted.len()).map(at).collect()
}

/// Whether what is told besides the outcome is right, too.
fn agrees(told: &Told, got: Got) -> bool {
    match got.0 {
        _ if told.is_killed => true,
        Word::Failed => told.handler == got.1 && told.changed.is_none_or(|it| it == got.2),
        Word::Canceled => true,
        _ => told.changed.is_none_or(|it| it == got.2),
    }
}

fn same(outcome: Outcome, word: Word) -> bool {
    matches!(
        (outcome, word),
        (Outcome::Skipped, Word::Skipped)
            | (Outcome::Ok, Word::Ok)
            | (Outcome::Changed, Word::Changed)
            | (Outcome::Unknown, Word::Unknown)
            | (Outcome::Canceled, Word::Canceled)
            | (Outcome::Failed, Word::Failed)
    )
}
