//! Laws of the events alone: what is told, in which order, and what is counted.

use std::collections::BTreeMap;

use super::book::{Book, What};
use super::simulate::Run;
use crate::event::{HostOutcome, Kind, Outcome, Recap};

/// A rule that was broken: which, and how it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) law: &'static str,
    pub(super) how: String,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found(pub(super) Vec<Broken>);

impl Found {
    pub(super) fn say(&mut self, law: &'static str, how: impl Into<String>) {
        self.0.push(Broken { law, how: how.into() });
    }

    /// The laws that were broken, each once.
    pub(super) fn laws(&self) -> Vec<&'static str> {
        let mut laws: Vec<_> = self.0.iter().map(|it| it.law).collect();
        laws.sort_unstable();
        laws.dedup();
        laws
    }

    pub(super) fn check(&mut self, holds: bool, law: &'static str, how: impl FnOnce() -> String) {
        if !holds {
            self.say(law, how());
        }
    }
}

/// The last part of a path: an entry's id.
pub(super) fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

type Place = (String, String, Option<String>);

pub(super) fn laws(book: &Book, run: &Run, found: &mut Found) {
    found.check(run.outcome.is_some(), "every run ends", || "it hangs".to_owned());
    for event in &run.events {
        if let Kind::Warning { message, .. } = event {
            found.check(!message.contains("a bug in"), "nothing is a bug", || {
                message.clone()
            });
        }
    }
    pairs(book, run, found);
    groups(run, found);
    rounds(book, run, found);
    if let Some(Kind::RunEnded { hosts, .. }) = run.events.last() {
        counts(book, run, hosts, found);
        outcome(run, hosts, found);
    } else {
        found.say("every run ends", "the last event is another one");
    }
}

/// R 44: a started event before its ended, items before their call, nothing after the host has left.
fn pairs(book: &Book, run: &Run, found: &mut Found) {
    let mut open: BTreeMap<Place, u32> = BTreeMap::new();
    let mut never_made: BTreeMap<Place, usize> = BTreeMap::new();
    let mut left: Vec<(String, String)> = Vec::new();
    let mut whole: Vec<(String, String)> = Vec::new();
    for event in &run.events {
        match event {
            Kind::CallStarted { call, host, item, .. } => {
                let entry = id(&call.path).to_owned();
                let place = (host.to_string(), entry, item.clone());
                let is_left = left.contains(&(host.to_string(), call.round.clone()));
                found.check(!is_left, "nothing after the host has left", || {
                    format!("start of {place:?}")
                });
                *open.entry(place).or_default() += 1;
            }
            Kind::CallEnded {
                call,
                host,
                item,
                outcome,
                attempts,
                shared_by,
                ..
            } => {
                let entry = id(&call.path).to_owned();
                let place = (host.to_string(), entry.clone(), item.clone());
                let is_left = left.contains(&(host.to_string(), call.round.clone()));
                found.check(!is_left, "nothing after the host has left", || {
                    format!("end of {place:?}")
                });
                let is_loop = book.entry(&entry).items.is_some();
                if is_loop && item.is_none() {
                    whole.push((host.to_string(), entry));
                    continue;
                }
                let is_call = book.entry(&entry).what == What::Call;
                // One that was never made may be another iteration's than the one that has started.
                let credit = never_made.entry(place.clone()).or_insert(0_usize);
                let is_other = *attempts > 0 && *credit > 0;
                match open.remove(&place) {
                    Some(more) => {
                        *credit += usize::from(*attempts == 0);
                        if more > 1 {
                            open.insert(place, more - 1);
                        }
                    }
                    None if is_other => *credit -= 1,
                    None => found.check(
                        *attempts == 0 || !is_call || shared_by.is_some(),
                        "started before ended",
                        || format!("{place:?} is {outcome:?}, after {attempts} attempts"),
                    ),
                }
            }
            Kind::HostLeft { host, round, .. } => left.push((host.to_string(), round.clone())),
            Kind::GroupStarted { call, host, .. }
            | Kind::IterationEnded { call, host, .. }
            | Kind::GroupEnded { call, host, .. } => {
                let is_left = left.contains(&(host.to_string(), call.round.clone()));
                found.check(!is_left, "nothing after the host has left", || {
                    format!("{event:?}")
                });
            }
            _ => {}
        }
    }
    for (place, more) in open {
        found.say("what is started ends", format!("{place:?}, {more} times"));
    }
}

/// R 20: a group that started ends once; before that, each iteration of its loop does; what is in it is told in between.
fn groups(run: &Run, found: &mut Found) {
    // By host and path: for each that is open, how many iterations are to come, where it has a loop.
    let mut open: BTreeMap<(String, String), Vec<Option<usize>>> = BTreeMap::new();
    for event in &run.events {
        match event {
            Kind::GroupStarted {
                call,
                host,
                iterations,
            } => {
                let place = (host.to_string(), call.path.clone());
                open.entry(place).or_default().push(*iterations);
            }
            Kind::IterationEnded { call, host, .. } => {
                let place = (host.to_string(), call.path.clone());
                let here = open.get_mut(&place).and_then(|all| {
                    let left = all
                        .iter_mut()
                        .find_map(|left| left.as_mut().filter(|it| **it > 0));
                    left.map(|left| *left -= 1)
                });
                found.check(here.is_some(), "an iteration ends within its group", || {
                    format!("{place:?}")
                });
            }
            // Of one that did not start here, the end is all.
            Kind::GroupEnded { because: Some(_), .. }
            | Kind::GroupEnded {
                shared_by: Some(_), ..
            } => {}
            Kind::GroupEnded { call, host, .. } => {
                let place = (host.to_string(), call.path.clone());
                let all = open.entry(place.clone()).or_default();
                let is_whole = |left: &Option<usize>| left.is_none_or(|left| left == 0);
                match all.iter().position(is_whole) {
                    Some(at) => drop(all.remove(at)),
                    None => found.say("a group ends after its iterations", format!("{place:?}")),
                }
            }
            _ => {}
        }
    }
    for (place, left) in open.into_iter().filter(|(_, left)| !left.is_empty()) {
        found.say("what is started ends", format!("{place:?}, {left:?}"));
    }
}

/// R 33, R 34, R 44: hosts enter once and leave once; barriers and batches hold.
fn rounds(book: &Book, run: &Run, found: &mut Found) {
    let mut entered: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut left: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (at, event) in run.events.iter().enumerate() {
        match event {
            Kind::HostEntered { host, round } => {
                let again = entered.insert((round, host.as_str()), at);
                found.check(again.is_none(), "a host enters once", || {
                    format!("{host} {round}")
                });
            }
            Kind::HostLeft { host, round, .. } => {
                let place = (round.as_str(), host.as_str());
                let is_in = entered.contains_key(&place);
                found.check(is_in, "a host leaves what it entered", || {
                    format!("{host} {round}")
                });
                let again = left.insert(place, at);
                found.check(again.is_none(), "a host leaves once", || {
                    format!("{host} {round}")
                });
            }
            _ => {}
        }
    }
    for (round, host) in entered.keys() {
        let is_left = left.contains_key(&(*round, *host));
        found.check(is_left, "a host leaves what it entered", || {
            format!("{host} stays in {round}")
        });
    }
    for (number, round) in book.rounds.iter().enumerate() {
        let above = number.checked_sub(1).map(|at| book.rounds[at].name.clone());
        let needs = round.needs.clone().unwrap_or_else(|| above.into_iter().collect());
        // R 33: with `barrier: false` a host must have left all that the needed ones come after, too.
        let needs = if round.is_loose {
            reach(book, &needs)
        } else {
            needs
        };
        let here = |(name, _): &(&&(&str, &str), &usize)| name.0 == round.name;
        for ((_, host), at) in entered.iter().filter(|it| here(&(&it.0, it.1))) {
            for ((_, other), gone) in left.iter().filter(|it| needs.iter().any(|need| need == it.0.0)) {
                let counts = !round.is_loose || host == other;
                found.check(!counts || gone < at, "a barrier holds", || {
                    format!(
                        "{host} enters {} before {other} has left what it needs",
                        round.name
                    )
                });
            }
        }
    }
    batches(run, &entered, &left, found);
}

/// Rounds, and all that they need.
fn reach(book: &Book, rounds: &[String]) -> Vec<String> {
    let mut all = rounds.to_vec();
    let mut at = 0;
    while let Some(name) = all.get(at) {
        let number = book.rounds.iter().position(|round| round.name == *name).unwrap();
        let above = number.checked_sub(1).map(|at| book.rounds[at].name.clone());
        let needs = book.rounds[number].needs.clone();
        all.extend(needs.unwrap_or_else(|| above.into_iter().collect()));
        at += 1;
    }
    all
}

fn batches(
    run: &Run,
    entered: &BTreeMap<(&str, &str), usize>,
    left: &BTreeMap<(&str, &str), usize>,
    found: &mut Found,
) {
    let mut before: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in &run.events {
        let Kind::BatchStarted { round, hosts, .. } = event else {
            continue;
        };
        let earlier = before.entry(round).or_default();
        for host in hosts {
            let Some(at) = entered.get(&(round.as_str(), host.as_str())) else {
                continue;
            };
            for other in &*earlier {
                let gone = left.get(&(round.as_str(), *other));
                found.check(
                    gone.is_none_or(|gone| gone < at),
                    "batches follow each other",
                    || format!("{host} enters {round} before {other} has left it"),
                );
            }
        }
        earlier.extend(hosts.iter().map(crate::name::HostName::as_str));
    }
}

/// R 45: the recap is a function of the events.
fn counts(book: &Book, run: &Run, hosts: &[Recap], found: &mut Found) {
    let targeted = |name: &str| {
        book.rounds
            .iter()
            .any(|round| round.hosts.iter().any(|it| it == name))
    };
    let expected: Vec<_> = book
        .hosts
        .iter()
        .map(|it| it.0.as_str())
        .filter(|it| targeted(it))
        .collect();
    let told: Vec<_> = hosts.iter().map(|it| it.host.as_str()).collect();
    found.check(told == expected, "every targeted host is in the recap", || {
        format!("{told:?}")
    });
    for recap in hosts {
        let mut count: BTreeMap<&str, u32> = BTreeMap::new();
        for event in &run.events {
            let Kind::CallEnded {
                host,
                item: None,
                outcome,
                ignored,
                rescued,
                shared_by,
                change,
                ..
            } = event
            else {
                continue;
            };
            if *host != recap.host {
                continue;
            }
            let names: &[&str] = match outcome {
                Outcome::Ok | Outcome::Changed => &["ok"],
                Outcome::Failed | Outcome::Lost if *ignored => &["ok", "ignored"],
                Outcome::Failed | Outcome::Lost if *rescued => &["rescued"],
                Outcome::Failed | Outcome::Lost => &["failed"],
                Outcome::Skipped => &["skipped"],
                Outcome::Unknown => &["unknown"],
                Outcome::Canceled => &[],
            };
            for name in names {
                *count.entry(name).or_default() += 1;
            }
            if change.is_some() && shared_by.is_none() {
                *count.entry("changed").or_default() += 1;
            }
        }
        let told = [
            ("ok", recap.ok),
            ("changed", recap.changed),
            ("failed", recap.failed),
            ("skipped", recap.skipped),
            ("rescued", recap.rescued),
            ("ignored", recap.ignored),
            ("unknown", recap.unknown),
        ];
        for (name, told) in told {
            let counted = count.get(name).copied().unwrap_or_default();
            found.check(told == counted, "the recap counts what was told", || {
                format!("{}: {name}={told}, but {counted} were told", recap.host)
            });
        }
        let is_ok = recap.outcome == HostOutcome::Ok;
        found.check(
            !is_ok || recap.failed == 0,
            "a host that is ok has failed nothing",
            || format!("{}: failed={}", recap.host, recap.failed),
        );
    }
}

/// R 46.
fn outcome(run: &Run, hosts: &[Recap], found: &mut Found) {
    let Some(outcome) = run.outcome else { return };
    let any = |wanted: HostOutcome| hosts.iter().any(|it| it.outcome == wanted);
    let told = |wanted: fn(&Kind) -> bool| run.events.iter().any(wanted);
    for (name, is, should) in [
        ("failed", outcome.failed, any(HostOutcome::Failed)),
        ("unreachable", outcome.unreachable, any(HostOutcome::Unreachable)),
        (
            "interrupted",
            outcome.interrupted,
            told(|it| matches!(it, Kind::Interrupted { .. })),
        ),
        (
            "stopped",
            outcome.stopped,
            told(|it| matches!(it, Kind::Stopped { .. })),
        ),
        ("changed", outcome.changed, hosts.iter().any(|it| it.changed > 0)),
    ] {
        found.check(is == should, "the run's outcome is that of its hosts", || {
            format!("{name}: {is}")
        });
    }
}
