//! The state of one round: who waits for it, who is in it, and how many of them failed.

use std::collections::{BTreeMap, HashSet};

use crate::name::{EntryId, HostId, RoundId};
use crate::playbook::{Round, Share, batches};
use crate::runner::coordinator::once::Once;

/// A round under way, or to come.
#[derive(Debug)]
pub(super) struct RoundState {
    /// The rounds that come first, those that they need included.
    pub(super) needs: Vec<RoundId>,
    pub(super) barrier: bool,
    serial: Vec<Share>,
    max_failures: Option<Share>,
    /// The hosts that the run is limited to, in order.
    pub(super) hosts: Vec<HostId>,
    /// Those that neither entered nor were passed over.
    pub(super) waiting: HashSet<HostId>,
    /// Those that entered and have not left.
    pub(super) inside: HashSet<HostId>,
    /// Once it has begun: its hosts that were left then, by batch.
    batches: Vec<Vec<HostId>>,
    /// The batch that is under way.
    batch: usize,
    /// The batch that was announced last.
    announced: Option<usize>,
    failures: usize,
    /// Its entries that are done once, as far as some host has come to them or passed them by.
    pub(super) once: BTreeMap<EntryId, Once>,
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

impl RoundState {
    /// A round that nobody has entered.
    pub(super) fn new(round: &Round, needs: Vec<RoundId>, hosts: Vec<HostId>) -> Self {
        Self {
            needs,
            barrier: round.barrier,
            serial: round.serial.clone(),
            max_failures: round.max_failures,
            waiting: hosts.iter().copied().collect(),
            hosts,
            inside: HashSet::new(),
            batches: Vec::new(),
            batch: 0,
            announced: None,
            failures: 0,
            once: BTreeMap::new(),
            begun: false,
            ended: false,
        }
    }

    /// Whether a host is still to enter it or to leave it.
    pub(super) fn is_busy(&self, host: HostId) -> bool {
        self.waiting.contains(&host) || self.inside.contains(&host)
    }

    /// How its hosts would be divided if it began now: those that have failed before are in no batch.
    fn divided(&self) -> Vec<Vec<HostId>> {
        let left: Vec<_> = self
            .hosts
            .iter()
            .filter(|host| self.waiting.contains(host))
            .copied()
            .collect();
        batches(&self.serial, &left)
    }

    /// Lets those of the batch under way enter for whom this holds. Begins the round with the first of them.
    pub(super) fn enter(&mut self, may_enter: impl Fn(HostId) -> bool) -> Vec<HostId> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        let divided = (!self.begun).then(|| self.divided());
        let current = match &divided {
            Some(batches) => batches.first(),
            None => self.batches.get(self.batch),
        };
        let is_ready = |host: &&HostId| self.waiting.contains(host) && may_enter(**host);
        let entering: Vec<_> = current.into_iter().flatten().filter(is_ready).copied().collect();
        if let (Some(batches), false) = (divided, entering.is_empty()) {
            self.batches = batches;
            self.begun = true;
        }
        for host in &entering {
            self.waiting.remove(host);
            self.inside.insert(*host);
        }
        entering
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
            hosts: self.here(),
        })
    }

    /// The hosts of the batch under way that have not left it, in order.
    pub(super) fn here(&self) -> Vec<HostId> {
        let batch = self.batches.get(self.batch).into_iter().flatten();
        batch.filter(|host| self.is_busy(**host)).copied().collect()
    }

    /// Goes on to the next batch that has a host, if the one under way has ended.
    pub(super) fn next_batch(&mut self) -> bool {
        let mut moved = false;
        while self.batch + 1 < self.batches.len()
            && !self.batches[self.batch].iter().any(|it| self.is_busy(*it))
        {
            self.batch += 1;
            moved = true;
        }
        moved
    }

    /// A host has failed in it, or was lost. Whether that is the one too many.
    pub(super) fn failed(&mut self) -> Option<Excess> {
        self.failures += 1;
        let of = self.batches.iter().map(Vec::len).sum();
        let allowed = self.max_failures?;
        allowed.is_exceeded(self.failures, of).then_some(Excess {
            failures: self.failures,
            of,
            allowed,
        })
    }
}
