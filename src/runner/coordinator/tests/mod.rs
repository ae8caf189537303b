//! Whatever hosts do in whatever order: the rounds go on as in the plain way.

mod scanning;

use std::collections::{BTreeMap, BTreeSet};

use scanning::Scanning;

use crate::event::HostOutcome;
use crate::name::{EntryId, HostId, RoundId};
use crate::playbook::Share;
use crate::runner::coordinator::{Coordinator, Shape, Step};
use crate::runner::tests::random::Random;

/// What a host is at in a round, as its actor would know it.
#[derive(Debug, Default)]
struct Inside {
    /// Entries that are done once, by how far it has come with them.
    entries: BTreeMap<EntryId, At>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Before,
    Waiting,
    Doing,
    Past,
}

fn shapes(random: &mut Random) -> Vec<Shape> {
    let hosts: Vec<_> = (0..=random.below(7)).map(HostId::at).collect();
    let some = |random: &mut Random| {
        if random.percent(50) {
            Share::Count(u32::try_from(random.below(4)).unwrap())
        } else {
            Share::Percent(u32::try_from(random.below(101)).unwrap())
        }
    };
    let shape = |at: usize, random: &mut Random| Shape {
        hosts: hosts.iter().filter(|_| random.percent(70)).copied().collect(),
        needs: (0..at).filter(|_| random.percent(40)).map(RoundId::at).collect(),
        barrier: random.percent(50),
        serial: (0..random.below(3)).map(|_| some(random)).collect(),
        max_failures: random.percent(30).then(|| some(random)),
    };
    (0..=random.below(6)).map(|at| shape(at, random)).collect()
}

/// Both, told the same.
struct Both {
    quick: Coordinator<u32>,
    plain: Scanning,
    inside: BTreeMap<(HostId, RoundId), Inside>,
    lost: BTreeSet<HostId>,
}

impl Both {
    fn new(random: &mut Random) -> Self {
        let shapes = shapes(random);
        Self {
            quick: Coordinator::new(shapes.clone()),
            plain: Scanning::new(shapes),
            inside: BTreeMap::new(),
            lost: BTreeSet::new(),
        }
    }

    /// Takes the steps of both, which must be the same, as the hosts hear them.
    fn step(&mut self) {
        let steps = self.quick.steps();
        assert_eq!(format!("{steps:?}"), format!("{:?}", self.plain.steps()));
        for step in steps {
            match step {
                Step::Enter(host, round) => {
                    let entries = (0..2).map(|it| (EntryId::at(round.index() * 2 + it), At::Before));
                    let entries = entries.collect();
                    let before = self.inside.insert((host, round), Inside { entries });
                    assert!(before.is_none(), "entered twice");
                }
                Step::Elect(host, entry) => self.set(host, entry, At::Doing),
                Step::Alone(host, entry) | Step::Share(host, entry, _) => self.set(host, entry, At::Past),
                Step::Begin(_) | Step::Batch(_) | Step::End(_) | Step::Finish(_) => {}
            }
        }
        for (host, round) in self.inside.keys() {
            assert!(self.plain.is_inside(*host, round.index()));
            assert!(self.quick.rounds_of(*host).contains(round));
        }
        assert_eq!(self.quick.is_done(), self.plain.is_done());
    }

    fn set(&mut self, host: HostId, entry: EntryId, at: At) {
        let round = RoundId::at(entry.index() / 2);
        let inside = self.inside.get_mut(&(host, round));
        assert!(inside.is_some(), "a host that is not there is told");
        inside.unwrap().entries.insert(entry, at);
    }

    /// Something happens to a host.
    fn happen(&mut self, random: &mut Random) {
        let places: Vec<_> = self.inside.keys().copied().collect();
        let (host, round) = *random.pick(&places);
        let inside = self.inside.get_mut(&(host, round)).unwrap();
        let open: Vec<_> = inside.entries.iter().filter(|(_, at)| **at != At::Past).collect();
        let next = open.first().map(|(entry, at)| (**entry, **at));
        match next {
            Some((entry, At::Before)) if random.percent(70) => {
                if random.percent(70) {
                    inside.entries.insert(entry, At::Waiting);
                    let may_do = random.percent(60);
                    self.quick.arrived(round, host, entry, may_do);
                    self.plain.arrived(round.index(), host, entry, may_do);
                } else {
                    self.pass(host, round, entry);
                }
            }
            Some((entry, At::Doing)) if random.percent(80) => {
                inside.entries.insert(entry, At::Past);
                let result = u32::try_from(random.below(9)).unwrap();
                self.quick.done(round, host, entry, result);
                self.plain.done(round.index(), host, entry, result);
            }
            Some((entry, At::Waiting)) if random.percent(90) => {
                if random.percent(10) {
                    self.pass(host, round, entry);
                }
            }
            Some((entry, At::Doing)) => self.pass(host, round, entry),
            _ => self.leave(host, round, random),
        }
    }

    fn pass(&mut self, host: HostId, round: RoundId, entry: EntryId) {
        let inside = self.inside.get_mut(&(host, round)).unwrap();
        inside.entries.insert(entry, At::Past);
        self.quick.passed(round, host, entry);
        self.plain.passed(round.index(), host, entry);
    }

    fn leave(&mut self, host: HostId, round: RoundId, random: &mut Random) {
        self.inside.remove(&(host, round));
        let outcome = match random.below(8) {
            _ if self.lost.contains(&host) => HostOutcome::Failed,
            0 => HostOutcome::Failed,
            1 => HostOutcome::Unreachable,
            2 => HostOutcome::Aborted,
            _ => HostOutcome::Ok,
        };
        if outcome != HostOutcome::Ok {
            self.lost.insert(host);
        }
        let excess = self.quick.left(host, round, outcome);
        assert_eq!(excess, self.plain.left(host, round.index(), outcome));
        if excess.is_some() {
            assert_eq!(self.quick.close(), self.plain.close());
        }
    }

    /// What works on a host has crashed.
    fn crash(&mut self, host: HostId) {
        for round in self.quick.rounds_of(host) {
            self.inside.remove(&(host, round));
            let excess = self.quick.left(host, round, HostOutcome::Failed);
            assert_eq!(excess, self.plain.left(host, round.index(), HostOutcome::Failed));
        }
        self.lost.insert(host);
        self.quick.lose(host);
        self.plain.lose(host);
    }
}

#[test]
fn rounds_go_on_as_in_the_plain_way_whatever_the_hosts_do() {
    for seed in 0..4_000 {
        let mut random = Random::of(seed, "rounds");
        let mut both = Both::new(&mut random);
        both.step();
        while !both.inside.is_empty() {
            for _ in 0..=random.below(3) {
                if both.inside.is_empty() {
                    break;
                }
                match random.below(60) {
                    0 => assert_eq!(both.quick.close(), both.plain.close()),
                    1 => both.crash(HostId::at(random.below(8))),
                    _ => both.happen(&mut random),
                }
            }
            both.step();
        }
        assert!(
            both.quick.is_done(),
            "seed {seed}: nobody is anywhere, and it is not over"
        );
    }
}
