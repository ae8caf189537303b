//! What is known of the hosts' actors, so that the crash of one is the failure of its host and of nothing else.

use std::collections::{BTreeMap, HashMap, HashSet};

use tokio::task::{Id, JoinError};

use crate::name::HostId;
use crate::runner::schedule::state::guest::Returned;

/// The hosts' actors by their tasks, and the calls that they make for each other.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    tasks: HashMap<Id, HostId>,
    crashed: HashSet<HostId>,
    /// By home and its number for the call: the host that makes it.
    delegated: BTreeMap<(HostId, u64), HostId>,
}

impl Hosts {
    /// An actor has begun.
    pub(super) fn began(&mut self, task: Id, host: HostId) {
        self.tasks.insert(task, host);
    }

    /// Whether the actor of a host has crashed.
    pub(super) fn has_crashed(&self, host: HostId) -> bool {
        self.crashed.contains(&host)
    }

    /// A call goes to another host.
    ///
    /// # Errors
    /// With what it comes back as where that host's actor has crashed.
    pub(super) fn delegated(&mut self, home: HostId, ticket: u64, to: HostId) -> Result<(), Returned> {
        if self.has_crashed(to) {
            return Err(Returned::Unreachable("its actor has crashed before".into()));
        }
        self.delegated.insert((home, ticket), to);
        Ok(())
    }

    /// A call has come back.
    pub(super) fn returned(&mut self, home: HostId, ticket: u64) {
        self.delegated.remove(&(home, ticket));
    }

    /// A task has crashed: whose it was, and which calls of other hosts it had.
    pub(super) fn crashed(&mut self, task: Id) -> Option<(HostId, Vec<(HostId, u64)>)> {
        let host = self.tasks.remove(&task)?;
        self.crashed.insert(host);
        let had = self.delegated.iter().filter(|(_, to)| **to == host);
        let lost: Vec<_> = had.map(|(call, _)| *call).collect();
        self.delegated
            .retain(|(home, _), to| *home != host && *to != host);
        Some((host, lost))
    }
}

/// Why a host has failed whose actor crashed.
pub(super) fn words(error: JoinError) -> String {
    let said = match error.try_into_panic() {
        Ok(panic) => panic
            .downcast_ref::<&str>()
            .map(|it| (*it).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned()),
        Err(_) => None,
    };
    let said = said.unwrap_or_else(|| "it did not say why".to_owned());
    format!("what works on this host crashed: a bug in rmote-play, please report it: {said}")
}
