//! The state of one round: which hosts wait for it, which are in it, and how many of them failed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::name::{EntryId, HostId, RoundId};
use crate::playbook::{Share, batches};
use crate::runner::coordinator::Shape;
use crate::runner::coordinator::member::{Member, Phase};
use crate::runner::coordinator::once::{Once, Turn};

/// A round under way, or to come. Whatever happens to a host costs a step or two here, however many hosts there are.
///
/// Invariants: `waiting` and `inside` count the members in these phases, `here` those of the batch under way that are in one
/// of them. `free` holds the places of waiting members only. A member that is inside is in the batch under way.
#[derive(Debug)]
pub(super) struct RoundState<R> {
    /// How many of the rounds that come first, those that they need included, have not ended.
    pub(super) needs_open: usize,
    pub(super) barrier: bool,
    serial: Vec<Share>,
    max_failures: Option<Share>,
    /// The hosts that the run is limited to, in order.
    pub(super) hosts: Vec<HostId>,
    members: HashMap<HostId, Member>,
    waiting: usize,
    inside: usize,
    here: usize,
    /// The places of those for which nothing comes first any more.
    free: BTreeSet<usize>,
    /// The places of each batch. Before the round has begun: as they would be, where that was asked since a host dropped out.
    batches: Vec<Range<usize>>,
    /// The batch that is under way.
    batch: usize,
    /// The batch that was announced last.
    announced: Option<usize>,
    /// How many hosts it had when it began.
    size: usize,
    failures: usize,
    /// Its entries that are done once, as far as some host has come to them or passed them by.
    once: BTreeMap<EntryId, Once<R>>,
    pub(super) begun: bool,
    pub(super) ended: bool,
}

/// A batch that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runner) struct Batch {
    pub(in crate::runner) round: RoundId,
    /// Counted from 1.
    pub(in crate::runner) number: usize,
    pub(in crate::runner) of: usize,
    pub(in crate::runner) hosts: Vec<HostId>,
}

/// More hosts of a round have failed than it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) struct Excess {
    pub(in crate::runner) failures: usize,
    /// How many hosts the round had.
    pub(in crate::runner) of: usize,
    pub(in crate::runner) allowed: Share,
}

impl<R: Clone> RoundState<R> {
    /// A round that nobody has entered. `needs_left` says in how many of the rounds that come first a host is.
    pub(super) fn new(shape: Shape, needs_open: usize, needs_left: impl Fn(HostId) -> usize) -> Self {
        let member = |(place, host): (usize, &HostId)| {
            let member = Member {
                place,
                phase: Phase::Waiting,
                needs_left: needs_left(*host),
            };
            (*host, member)
        };
        let Shape {
            hosts,
            barrier,
            serial,
            max_failures,
            ..
        } = shape;
        let members: HashMap<_, _> = hosts.iter().enumerate().map(member).collect();
        let mut made = Self {
            needs_open,
            barrier,
            serial,
            max_failures,
            waiting: hosts.len(),
            inside: 0,
            here: 0,
            free: BTreeSet::new(),
            hosts,
            batches: Vec::new(),
            batch: 0,
            announced: None,
            size: 0,
            failures: 0,
            once: BTreeMap::new(),
            begun: false,
            ended: false,
            members,
        };
        if made.needs_open == 0 {
            made.needs_are_done();
        } else if !made.barrier {
            let free = made.members.values().filter(|it| it.needs_left == 0);
            made.free = free.map(|it| it.place).collect();
        }
        made
    }

    /// The rounds that come first have ended: no host waits for anything but its batch.
    pub(super) fn needs_are_done(&mut self) {
        let waiting = self.members.values().filter(|it| it.phase == Phase::Waiting);
        self.free = waiting.map(|it| it.place).collect();
    }

    /// A host has nothing more to do in one of the rounds that come first. Whether it may enter this one by that. Only for a
    /// round without a barrier: there, hosts are not waited for one by one.
    pub(super) fn is_freed(&mut self, host: HostId) -> bool {
        let Some(member) = self.members.get_mut(&host) else {
            return false;
        };
        member.needs_left = member.needs_left.saturating_sub(1);
        let is_free = member.needs_left == 0 && member.phase == Phase::Waiting;
        if is_free {
            self.free.insert(member.place);
        }
        is_free
    }

    /// How far a host has come in it, where it is one of its hosts.
    pub(super) fn phase(&self, host: HostId) -> Option<Phase> {
        self.members.get(&host).map(|it| it.phase)
    }

    /// The hosts that are still to enter it.
    pub(super) fn waiting(&self) -> Vec<HostId> {
        let is_waiting = |host: &&HostId| self.phase(**host) == Some(Phase::Waiting);
        self.hosts.iter().filter(is_waiting).copied().collect()
    }

    /// A host has left it, or will never enter it.
    pub(super) fn drop_out(&mut self, host: HostId) {
        let Some(member) = self.members.get_mut(&host) else {
            return;
        };
        let place = member.place;
        let before = std::mem::replace(&mut member.phase, Phase::Gone);
        match before {
            Phase::Waiting => self.waiting -= 1,
            Phase::Inside => self.inside -= 1,
            Phase::Gone => return,
        }
        self.free.remove(&place);
        let is_here = self.is_under_way(place);
        self.once
            .values_mut()
            .for_each(|once| once.left(host, place, is_here));
        self.here -= usize::from(is_here);
        if !self.begun {
            // Others would be in its batch now.
            self.batches.clear();
        }
    }

    /// Whether a place is in the batch under way.
    fn is_under_way(&self, place: usize) -> bool {
        self.begun && self.batches.get(self.batch).is_some_and(|it| it.contains(&place))
    }

    /// Divides those that are left now: those that have failed before are in no batch.
    fn divide(&mut self) {
        let is_waiting = |place: &usize| self.phase(self.hosts[*place]) == Some(Phase::Waiting);
        let left: Vec<_> = (0..self.hosts.len()).filter(is_waiting).collect();
        let ends = |batch: Vec<usize>| Some(*batch.first()?..*batch.last()? + 1);
        self.batches = batches(&self.serial, &left)
            .into_iter()
            .filter_map(ends)
            .collect();
    }

    /// Lets those of the batch under way enter that are free to. Begins the round with the first of them.
    pub(super) fn enter(&mut self) -> Vec<HostId> {
        if self.free.is_empty() {
            return Vec::new();
        }
        if self.batches.is_empty() {
            self.divide();
        }
        let Some(current) = self.batches.get(self.batch).cloned() else {
            return Vec::new();
        };
        let places: Vec<_> = self.free.range(current).copied().collect();
        if !self.begun && !places.is_empty() {
            self.begun = true;
            self.size = self.waiting;
            self.count_here();
        }
        self.waiting -= places.len();
        self.inside += places.len();
        let enter = |place: usize| {
            self.free.remove(&place);
            let host = self.hosts[place];
            if let Some(member) = self.members.get_mut(&host) {
                member.phase = Phase::Inside;
            }
            host
        };
        places.into_iter().map(enter).collect()
    }

    /// The batch under way, once it has a host: given once. None without `serial`.
    pub(super) fn announce(&mut self, round: RoundId) -> Option<Batch> {
        if self.serial.is_empty() || !self.begun || self.announced.replace(self.batch) == Some(self.batch) {
            return None;
        }
        Some(Batch {
            round,
            number: self.batch + 1,
            of: self.batches.len(),
            hosts: self.here().collect(),
        })
    }

    /// The hosts of the batch under way that have not left it, in order.
    fn here(&self) -> impl Iterator<Item = HostId> {
        let places = self.batches.get(self.batch).cloned().unwrap_or_default();
        let is_busy = |host: &&HostId| self.members.get(host).is_some_and(Member::is_busy);
        self.hosts[places].iter().filter(is_busy).copied()
    }

    fn count_here(&mut self) {
        let here: Vec<_> = self.here().collect();
        self.here = here.len();
        for once in self.once.values_mut() {
            once.batch(&here);
        }
    }

    /// Goes on to the next batch that has a host, if the one under way has ended.
    pub(super) fn next_batch(&mut self) {
        while self.begun && self.here == 0 && self.batch + 1 < self.batches.len() {
            self.batch += 1;
            self.count_here();
        }
    }

    /// Whether no host is in it or still to enter it.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0 && self.inside == 0
    }

    /// A host has failed in it, or was lost. Whether that is the one too many.
    pub(super) fn failed(&mut self) -> Option<Excess> {
        self.failures += 1;
        let allowed = self.max_failures?;
        allowed.is_exceeded(self.failures, self.size).then_some(Excess {
            failures: self.failures,
            of: self.size,
            allowed,
        })
    }

    /// An entry that is done once, and a host's place at it: whether it is in the batch under way and has not left.
    pub(super) fn once(&mut self, entry: EntryId, host: HostId) -> Option<(&mut Once<R>, usize, bool)> {
        let member = self.members.get(&host)?;
        let is_here = member.is_busy() && self.is_under_way(member.place);
        Some((self.once.entry(entry).or_default(), member.place, is_here))
    }

    /// What is to be done now at the entries that are done once.
    pub(super) fn turns(&mut self) -> impl Iterator<Item = (EntryId, Turn<R>)> {
        let here = self.here;
        let turns = self.once.iter_mut();
        turns.filter_map(move |(entry, once)| Some((*entry, once.turn(here)?)))
    }
}
