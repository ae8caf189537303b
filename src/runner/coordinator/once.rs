//! One entry that is done once in its round: which hosts have come to it, which one does it, and what came of it.

use std::collections::{BTreeMap, HashSet};

use crate::name::HostId;

/// The state of one entry that is done once.
#[derive(Debug)]
pub(super) struct Once<R> {
    /// The hosts that wait at it by their place in the round, and whether they may be the one that does it.
    arrived: BTreeMap<usize, (HostId, bool)>,
    /// Those that have come to it, or will not. Never fewer.
    met: HashSet<HostId>,
    /// How many of them are in the batch under way, and have not left the round.
    met_here: usize,
    elected: Option<HostId>,
    result: Option<R>,
}

/// What is to be done at it now.
#[derive(Debug)]
pub(super) enum Turn<R> {
    /// This host does it.
    Elect(HostId),
    /// These have its result.
    Share(Vec<HostId>, R),
    /// None of these may do it.
    Alone(Vec<HostId>),
}

impl<R> Default for Once<R> {
    fn default() -> Self {
        Self {
            arrived: BTreeMap::new(),
            met: HashSet::new(),
            met_here: 0,
            elected: None,
            result: None,
        }
    }
}

impl<R: Clone> Once<R> {
    /// A host of the batch under way has come to it.
    pub(super) fn arrived(&mut self, host: HostId, place: usize, may_do: bool) {
        self.arrived.insert(place, (host, may_do));
        self.meet(host, true);
    }

    /// A host does not come to it, or does not wait at it any more. `is_here`: it is in the batch under way, and has not left
    /// the round.
    pub(super) fn passed(&mut self, host: HostId, place: usize, is_here: bool) {
        self.arrived.remove(&place);
        self.elected = self.elected.filter(|it| *it != host);
        self.meet(host, is_here);
    }

    /// A host leaves the round, or will not enter it. Told while it is still here.
    pub(super) fn left(&mut self, host: HostId, place: usize, is_here: bool) {
        self.passed(host, place, is_here);
        self.met_here -= usize::from(is_here);
    }

    /// A host has done it.
    pub(super) fn done(&mut self, host: HostId, place: usize, is_here: bool, result: R) {
        self.passed(host, place, is_here);
        self.result = Some(result);
    }

    /// Another batch begins, with these hosts.
    pub(super) fn batch(&mut self, here: &[HostId]) {
        self.met_here = here.iter().filter(|host| self.met.contains(host)).count();
    }

    fn meet(&mut self, host: HostId, is_here: bool) {
        if self.met.insert(host) && is_here {
            self.met_here += 1;
        }
    }

    /// What is to be done now, given how many hosts of the batch under way have not left the round; in order, and once.
    pub(super) fn turn(&mut self, here: usize) -> Option<Turn<R>> {
        if self.arrived.is_empty() || self.elected.is_some() {
            return None;
        }
        let take = |arrived: &mut BTreeMap<_, (HostId, bool)>| {
            let all = std::mem::take(arrived).into_values();
            all.map(|(host, _)| host).collect()
        };
        if let Some(result) = &self.result {
            return Some(Turn::Share(take(&mut self.arrived), result.clone()));
        }
        if self.met_here < here {
            return None;
        }
        let first = self.arrived.values().find(|(_, may_do)| *may_do);
        let Some((first, _)) = first.copied() else {
            return Some(Turn::Alone(take(&mut self.arrived)));
        };
        self.elected = Some(first);
        Some(Turn::Elect(first))
    }
}
