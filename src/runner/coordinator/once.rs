//! One entry that is done once in its round: who has come to it, who does it, and what came of it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::name::HostId;
use crate::runner::once::Shared;

/// The state of one entry that is done once.
#[derive(Debug, Default)]
pub(super) struct Once {
    /// The hosts that wait at it, and whether they may be the one that does it.
    arrived: Vec<(HostId, bool)>,
    /// Those that will not come to it.
    passed: HashSet<HostId>,
    elected: Option<HostId>,
    result: Option<Arc<Shared>>,
}

/// What is to be done at it now.
#[derive(Debug)]
pub(super) enum Turn {
    /// This host does it.
    Elect(HostId),
    /// These have its result.
    Share(Vec<HostId>, Arc<Shared>),
    /// None of these may do it.
    Alone(Vec<HostId>),
}

impl Once {
    /// A host has come to it.
    pub(super) fn arrived(&mut self, host: HostId, may_do: bool) {
        self.arrived.push((host, may_do));
    }

    /// A host does not come to it, or does not wait at it any more.
    pub(super) fn passed(&mut self, host: HostId) {
        self.passed.insert(host);
        self.arrived.retain(|(it, _)| *it != host);
        self.elected = self.elected.filter(|it| *it != host);
    }

    /// A host has done it.
    pub(super) fn done(&mut self, host: HostId, result: Arc<Shared>) {
        self.passed(host);
        self.result = Some(result);
    }

    /// What is to be done now, given the hosts of the batch that have not left the round; in order, and once.
    pub(super) fn turn(&mut self, here: &[HostId]) -> Option<Turn> {
        if self.arrived.is_empty() || self.elected.is_some() {
            return None;
        }
        let take =
            |arrived: &mut Vec<(HostId, bool)>| std::mem::take(arrived).into_iter().map(|(host, _)| host);
        if let Some(result) = &self.result {
            return Some(Turn::Share(take(&mut self.arrived).collect(), Arc::clone(result)));
        }
        let has_come = |host: &HostId| self.arrived.iter().any(|(it, _)| it == host);
        if !here
            .iter()
            .all(|host| self.passed.contains(host) || has_come(host))
        {
            return None;
        }
        let may_do = |host: &&HostId| self.arrived.contains(&(**host, true));
        let Some(first) = here.iter().find(may_do).copied() else {
            return Some(Turn::Alone(take(&mut self.arrived).collect()));
        };
        self.elected = Some(first);
        Some(Turn::Elect(first))
    }
}
