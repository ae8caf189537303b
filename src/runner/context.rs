//! What every host's actor shares: the playbook, its plan, and what other hosts have found.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::{CallRef, HostOutcome, Outcome};
use crate::name::{EntryId, HostId, HostName};
use petgraph::visit::EdgeRef as _;

use crate::blob::Blobs;
use crate::plan::{Plan, Reason};
use crate::playbook::{Action, Playbook};
use crate::protocol::Facts;
use crate::runner::Options;
use crate::runner::budget::Told;
use crate::runner::delegate::Delegates;
use crate::runner::prepare::Preparations;
use crate::runner::record::Record;
use crate::runner::this_run::Batches;
use crate::tool::{Access, Place};
use crate::transport::Connector;
use crate::value::Value;

/// What every host's actor shares.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) playbook: Arc<Playbook>,
    pub(super) plan: Arc<Plan>,
    pub(super) connector: Arc<Connector>,
    pub(super) blobs: Arc<Blobs>,
    pub(super) options: Options,
    pub(super) run_id: String,
    /// By entry.
    pub(super) references: Vec<Arc<CallRef>>,
    /// By host.
    pub(super) hosts: Vec<HostState>,
    pub(super) preparations: Preparations,
    /// By entry: those whose results must be there before it can be evaluated; sources of `on_change` only where they
    /// are read besides.
    pub(super) waits: Vec<Vec<EntryId>>,
    /// By entry: those that begin only when everything before them has ended, since no agent can hold them in order.
    pub(super) stands_alone: Vec<bool>,
    /// By entry: whether one host does it for all.
    pub(super) once: Vec<bool>,
    /// Whether there is such an entry.
    pub(super) has_once: bool,
    /// The hosts to which calls may be delegated.
    pub(super) delegates: Delegates,
    /// By entry, for groups with a loop: whether nothing in it reads the result of anything in it, so that its rounds can
    /// be sent ahead.
    pub(super) is_loose: Vec<bool>,
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

/// What entries wait for (see [`Context::waits`]).
pub(super) fn waits(plan: &Plan) -> Vec<Vec<EntryId>> {
    let mut waits = vec![Vec::new(); plan.graph.node_count()];
    for edge in plan.graph.edge_references() {
        if matches!(edge.weight().reason, Reason::Data(_) | Reason::Failure) {
            waits[edge.target().index()].push(EntryId::at(edge.source().index()));
        }
    }
    waits
}

/// Which entries stand alone (see [`Context::stands_alone`]).
pub(super) fn stands_alone(playbook: &Playbook) -> Vec<bool> {
    let all = (0..playbook.entries.len()).map(EntryId::at);
    all.map(|id| match &playbook.entry(id).action {
        Action::Call(call) => {
            let tool = &call.tool;
            let is_here = tool.place == Place::Controller;
            let is_delegated = !is_here && playbook.delegation(id).is_some();
            is_delegated || playbook.entry(id).run_once || (is_here && tool.access == Access::Fence)
        }
        // Its time begins when it does, and so not while what is before it runs.
        Action::Group(_) => playbook.entry(id).run_once || playbook.entry(id).timeout.is_some(),
        Action::Fail(_) => true,
    })
    .collect()
}

/// Which groups are loose (see [`Context::is_loose`]).
pub(super) fn loose_groups(playbook: &Playbook, plan: &Plan, waits: &[Vec<EntryId>]) -> Vec<bool> {
    let all = (0..playbook.entries.len()).map(EntryId::at);
    all.map(|id| match &playbook.entry(id).action {
        Action::Group(_) if playbook.entry(id).timeout.is_some() => false,
        Action::Group(_) => {
            let inside = |entry: EntryId| is_inside(playbook, entry, id);
            let members = (id.index() + 1..playbook.entries.len())
                .map(EntryId::at)
                .take_while(|e| inside(*e));
            members.into_iter().all(|member| {
                let entry = playbook.entry(member);
                let read = waits[member.index()]
                    .iter()
                    .chain(&entry.on_change)
                    .chain(&entry.on_failure);
                let is_timed = entry.action.is_group() && entry.timeout.is_some();
                !is_timed && !plan.node(member).fence && !read.copied().any(inside)
            })
        }
        _ => true,
    })
    .collect()
}

fn is_inside(playbook: &Playbook, entry: EntryId, group: EntryId) -> bool {
    let mut at = playbook.entry(entry).parent;
    while let Some(parent) = at {
        if parent == group {
            return true;
        }
        at = playbook.entry(parent).parent;
    }
    false
}
