//! Random playbooks: each feature is in some of them, and they read only what is written before.

use std::collections::{BTreeMap, BTreeSet};

use super::book::{Book, Condition, Entry, FailedWhen, Field, Round, Until, What, Word};
use super::random::Random;

/// What may be in a playbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature {
    /// Calls with `changed_when`, behind which nothing is sent before they are answered.
    Judged,
    Fail,
    Loop,
    Group,
    Footprint,
    Handlers,
    Rescue,
    Always,
    Ignore,
    When,
    See,
    Until,
    FailIf,
    /// Of calls.
    Timeout,
    /// Of groups and rounds.
    Deadline,
    Rounds,
    Serial,
    Needs,
    Once,
    Delegate,
    MaxFailures,
    Unreachable,
}

use Feature as F;

pub(super) fn book(seed: u64, features: &[Feature]) -> Book {
    let mut maker = Maker {
        random: Random::new(seed),
        features,
        made: 0,
        hosts: Vec::new(),
        known: Vec::new(),
        here: BTreeSet::new(),
    };
    maker.book()
}

struct Maker<'a> {
    random: Random,
    features: &'a [Feature],
    made: usize,
    hosts: Vec<String>,
    /// What may be read.
    known: Vec<String>,
    /// Those of this round.
    here: BTreeSet<String>,
}

/// What is around an entry.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each holds or not, for itself")]
struct Around {
    depth: usize,
    may_meet: bool,
    is_delegated: bool,
    is_timed: bool,
    /// Within something that runs without limit once the time is over.
    is_left: bool,
    is_looped: bool,
}

impl Maker<'_> {
    fn has(&mut self, feature: Feature, percent: usize) -> bool {
        self.features.contains(&feature) && self.random.percent(percent)
    }

    fn id(&mut self, letter: char) -> String {
        self.made += 1;
        format!("{letter}{}", self.made)
    }

    fn book(&mut self) -> Book {
        let is_wide = [F::Serial, F::Once, F::Delegate, F::MaxFailures]
            .iter()
            .any(|it| self.features.contains(it));
        let counts: &[usize] = if is_wide { &[1, 2, 2, 3, 4] } else { &[1, 1, 2] };
        let count = *self.random.pick(counts);
        let mut hosts: Vec<_> = (1..=count).map(|at| (format!("h{at}"), true)).collect();
        if self.has(F::Unreachable, 40) {
            hosts.push((format!("h{}", count + 1), false));
        }
        if self.has(F::Unreachable, 20) {
            hosts.insert(0, ("h0".to_owned(), false));
        }
        self.hosts = hosts.iter().map(|(host, _)| host.clone()).collect();
        let count = if self.features.contains(&F::Rounds) {
            *self.random.pick(&[1, 2, 3])
        } else {
            1
        };
        let mut rounds: Vec<Round> = Vec::new();
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut reach: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for _ in 0..count {
            let round = self.round(&rounds, &mut ids, &mut reach);
            rounds.push(round);
        }
        Book { hosts, rounds }
    }

    fn round(
        &mut self,
        before: &[Round],
        ids: &mut BTreeMap<String, Vec<String>>,
        reach: &mut BTreeMap<String, BTreeSet<String>>,
    ) -> Round {
        let mut round = Round {
            name: format!("r{}", before.len() + 1),
            hosts: self.hosts.clone(),
            ..Round::default()
        };
        if self.random.percent(25) {
            let out = self.random.below(round.hosts.len());
            if round.hosts.len() > 1 {
                round.hosts.remove(out);
            }
        }
        if self.has(F::Serial, 50) {
            round.serial = self
                .random
                .pick(&[vec![1], vec![1], vec![2], vec![1, 2], vec![2, 1]])
                .clone();
        }
        if self.has(F::MaxFailures, 50) {
            round.max_failures = Some(*self.random.pick(&[0, 0, 1]));
        }
        let last = before.last();
        if last.is_some() && self.has(F::Needs, 50) {
            round.is_loose = true;
        }
        if last.is_some() && self.has(F::Needs, 50) {
            let named = before.iter().filter(|_| self.random.percent(50));
            round.needs = Some(named.map(|round| round.name.clone()).collect());
        }
        let needs = round.needs.clone();
        let needs = needs.unwrap_or_else(|| last.iter().map(|round| round.name.clone()).collect());
        let mut reached: BTreeSet<_> = needs.iter().cloned().collect();
        reached.extend(needs.iter().flat_map(|need| reach[need].clone()));
        self.known = before
            .iter()
            .filter(|round| reached.contains(&round.name))
            .flat_map(|round| ids[&round.name].clone())
            .collect();
        reach.insert(round.name.clone(), reached);
        if self.has(F::When, 15) {
            round.when = Some(self.condition());
        }
        round.timeout = self.has(F::Deadline, 30);
        let above = self.known.len();
        self.here.clear();
        let around = Around {
            depth: 0,
            may_meet: true,
            is_delegated: false,
            is_timed: round.timeout,
            is_left: false,
            is_looped: false,
        };
        let count = 2 + self.random.below(5);
        round.entries = self.block(count, around);
        ids.insert(round.name.clone(), self.known.split_off(above));
        round
    }

    fn condition(&mut self) -> Condition {
        if self.known.is_empty() || self.random.percent(35) {
            if self.random.percent(50) {
                return Condition::Is(self.random.percent(50));
            }
            let host = self.random.pick(&self.hosts).clone();
            return Condition::Host(host, self.random.percent(50));
        }
        let of = self.random.pick(&self.known).clone();
        let field = *self.random.pick(&[Field::Changed, Field::Failed, Field::Skipped]);
        Condition::Result(of, field, self.random.percent(50))
    }

    fn block(&mut self, count: usize, around: Around) -> Vec<Entry> {
        (0..count).map(|_| self.entry(around)).collect()
    }

    fn entry(&mut self, around: Around) -> Entry {
        let what = if self.has(F::Fail, 5) {
            What::Fail
        } else if around.depth < 2 && self.has(F::Group, 25) {
            What::Group
        } else {
            What::Call
        };
        let letter = match what {
            What::Call => 'c',
            What::Group => 'g',
            What::Fail => 'f',
        };
        let mut entry = Entry {
            what,
            id: self.id(letter),
            ..Entry::default()
        };
        let near: Vec<_> = self.known.iter().rev().take(6).rev().cloned().collect();
        let mine: Vec<_> = near
            .iter()
            .filter(|id| self.here.contains(*id))
            .cloned()
            .collect();
        if !near.is_empty() && self.has(F::Handlers, 25) {
            entry.on_change = self.random.few(&near);
        }
        if !mine.is_empty() && entry.on_change.is_empty() && self.has(F::Rescue, 20) {
            entry.on_failure = self.random.few(&mine);
        }
        if self.has(F::When, 15) {
            entry.when = (0..=self.random.below(2)).map(|_| self.condition()).collect();
        }
        let chance = if entry.on_failure.is_empty() { 15 } else { 45 };
        entry.always = self.has(F::Always, chance);
        entry.ignore = self.has(F::Ignore, 15);
        let mut inner = Around {
            depth: around.depth + 1,
            ..around
        };
        inner.is_left |= entry.always;
        if !around.is_delegated && what != What::Fail && self.has(F::Delegate, 25) {
            entry.delegate = Some(self.random.pick(&self.hosts).clone());
            inner.is_delegated = true;
        }
        if what != What::Fail && self.has(F::Loop, 22) {
            let count = *self.random.pick(&[1, 2, 2, 3]);
            entry.items = Some(["a", "b", "c"][..count].iter().map(|&it| it.to_owned()).collect());
            inner.may_meet = false;
            inner.is_looped = true;
        }
        if around.may_meet && !entry.always && self.has(F::Once, 25) {
            entry.once = true;
            inner.may_meet = false;
        }
        match what {
            What::Call => self.call(
                &mut entry,
                Around {
                    depth: around.depth,
                    ..inner
                },
            ),
            What::Group => {
                if !around.is_timed && self.has(F::Deadline, 40) {
                    entry.timeout = true;
                    inner.is_timed = true;
                    inner.is_left = false;
                }
                let count = 1 + self.random.below(3);
                entry.entries = self.block(count, inner);
            }
            What::Fail => {}
        }
        self.known.push(entry.id.clone());
        self.here.insert(entry.id.clone());
        entry
    }

    fn call(&mut self, entry: &mut Entry, around: Around) {
        // An empty word is nothing at all.
        let area = |path: &str| Vec::from_iter((!path.is_empty()).then(|| path.to_owned()));
        if self.has(F::Footprint, 50) {
            let writes = area(self.random.pick::<&str>(&["", "", "/p1", "/p2", "/p3"]));
            if !writes.is_empty() || self.random.percent(70) {
                entry.reads = Some(area(self.random.pick::<&str>(&["", "", "/p1", "/p2"])));
            }
            entry.writes = Some(writes);
        }
        entry.plain = !self.has(F::Judged, 30);
        if self.has(F::Until, 25) {
            let until = *self.random.pick(&[Until::Good, Until::Ok]);
            entry.until = Some((until, *self.random.pick(&[1, 2])));
        }
        // What a plain call that failed has changed, `failed_when` would leave open.
        if !entry.plain && self.has(F::FailIf, 20) {
            entry.failed_when = Some(*self.random.pick(&[FailedWhen::Never, FailedWhen::Changed]));
        }
        let count = if entry.until.is_some() {
            1 + self.random.below(3)
        } else {
            1
        };
        entry.words = (0..count).map(|_| self.word(around)).collect();
        for host in self.hosts.clone() {
            if self.random.percent(20) {
                entry.by_host.insert(host, self.word(around));
            }
        }
        for item in ["a", "b", "c"] {
            if around.is_looped && self.random.percent(35) {
                entry.by_item.insert(item.to_owned(), self.word(around));
            }
        }
        if !self.known.is_empty() && self.has(F::See, 30) {
            entry.see = Some(self.random.pick(&self.known).clone());
        }
        entry.timeout = entry.hangs() && (!around.is_timed || around.is_left || self.has(F::Timeout, 40));
    }

    fn word(&mut self, around: Around) -> Word {
        if self.has(F::Timeout, 8) {
            Word::Hangs
        } else if around.is_timed && self.random.percent(12) {
            if around.is_left { Word::Long } else { Word::Hangs }
        } else if self.has(F::Fail, 15) {
            Word::Failed
        } else if self.random.percent(35) {
            Word::Ok
        } else {
            Word::Changed
        }
    }
}
