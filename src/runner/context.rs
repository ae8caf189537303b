//! What every host's actor shares: the playbook, its plan, and what other hosts have found.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::blob::Blobs;
use crate::event::{HostOutcome, Outcome};
use crate::name::{EntryId, HostId, HostName};
use crate::playbook::Playbook;
use crate::protocol::Facts;
use crate::runner::Options;
use crate::runner::delegates::Delegates;
use crate::runner::prepare::Preparations;
use crate::runner::program::Program;
use crate::runner::quota::Told;
use crate::runner::record::Record;
use crate::runner::this_run::Batches;
use crate::transport::Connector;
use crate::value::Value;

/// What every host's actor shares.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) program: Arc<Program>,
    pub(super) playbook: Arc<Playbook>,
    pub(super) connector: Arc<Connector>,
    pub(super) blobs: Arc<Blobs>,
    pub(super) options: Options,
    pub(super) run_id: String,
    /// By host.
    pub(super) hosts: Vec<HostState>,
    pub(super) preparations: Preparations,
    /// The hosts to which calls may be delegated.
    pub(super) delegates: Delegates,
    /// The batches that are under way.
    pub(super) batches: Batches,
    /// How much of what calls write and log was told.
    pub(super) told: Told,
}

/// What is known of a host: written by its own actor, read by everyone's templates.
#[derive(Debug, Default)]
pub(super) struct HostState {
    inner: Mutex<Known>,
}

/// What is known of a host.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What it said of itself, once it is connected.
    pub(super) facts: Option<Value>,
    /// Of entries that have ended on it, by entry; empty until the first.
    pub(super) records: Vec<Option<Arc<Record>>>,
    /// How it came out of the rounds that have ended for it, and why.
    pub(super) ended: Option<(HostOutcome, Option<String>)>,
    /// It is not reached any more: what has not ended on it has no result.
    pub(super) is_gone: bool,
}

impl HostState {
    pub(super) fn lock(&self) -> MutexGuard<'_, Known> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// The name of a host.
    pub(super) fn name(&self, host: HostId) -> HostName {
        self.playbook.inventory.host(host).name.clone()
    }

    /// Keeps what a host says of itself.
    pub(super) fn set_facts(&self, host: HostId, facts: &Facts) {
        self.hosts[host.index()].lock().facts = Value::of(facts).ok();
    }

    /// Keeps what came of an entry, if anything can read it.
    pub(super) fn keep(&self, host: HostId, entry: EntryId, record: Arc<Record>) {
        let mut known = self.hosts[host.index()].lock();
        if known.records.is_empty() {
            known.records = vec![None; self.playbook.entries.len()];
        }
        known.records[entry.index()] = Some(record);
    }

    /// Keeps how a host has come out of a round, and why.
    pub(super) fn has_ended(&self, host: HostId, outcome: HostOutcome, reason: Option<String>) {
        self.hosts[host.index()].lock().ended = Some((outcome, reason));
    }

    /// Keeps that a host is not reached any more.
    pub(super) fn is_gone(&self, host: HostId) {
        self.hosts[host.index()].lock().is_gone = true;
    }

    /// Whether an entry did not run on a host since that was not reached any more.
    pub(super) fn is_missing(&self, host: HostId, entry: EntryId) -> bool {
        let known = self.hosts[host.index()].lock();
        let record = known.records.get(entry.index()).and_then(Option::as_ref);
        known.is_gone && record.is_none_or(|it| it.outcome() == Outcome::Canceled)
    }

    /// What came of an entry on a host.
    pub(super) fn record(&self, host: HostId, entry: EntryId) -> Option<Arc<Record>> {
        self.hosts[host.index()]
            .lock()
            .records
            .get(entry.index())
            .cloned()
            .flatten()
    }
}
