//! What of a run the schedules of all its hosts read: the playbook and its plan, and what was asked. It never changes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use petgraph::visit::EdgeRef as _;

use crate::event::CallRef;
use crate::name::{EntryId, HostId};
use crate::plan::{Plan, Reason};
use crate::playbook::{Action, Playbook};
use crate::protocol::Mode;
use crate::runner::options::{Options, Owed};
use crate::runner::presets::Presets;
use crate::runner::reference::references;
use crate::tool::{Access, Place};

/// What of a run the schedules of all its hosts read.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) playbook: Arc<Playbook>,
    pub(super) plan: Arc<Plan>,
    pub(super) mode: Mode,
    /// The entries that tags left out.
    pub(super) left_out: HashSet<EntryId>,
    /// The handlers that hosts owe since earlier runs.
    pub(super) owed: HashMap<HostId, Owed>,
    /// What was done in earlier runs.
    pub(super) presets: Presets,
    /// Whether somebody is asked before an entry begins.
    pub(super) asks: bool,
    /// By entry: how events name it.
    pub(super) references: Vec<Arc<CallRef>>,
    /// By entry: those whose results must be there before it can be evaluated; sources of `on_change` only where they
    /// are read besides.
    pub(super) waits: Vec<Vec<EntryId>>,
    /// By entry: those that begin only when everything before them has ended, since no agent can hold them in order.
    pub(super) needs_barrier: Vec<bool>,
    /// By entry: whether one host does it for all.
    pub(super) once: Vec<bool>,
    /// Whether there is such an entry.
    pub(super) has_once: bool,
    /// By entry, for groups with a loop: whether nothing in it reads the result of anything in it, so that its rounds can
    /// be sent ahead.
    pub(super) is_loose: Vec<bool>,
}

impl Program {
    /// That of a run.
    pub(super) fn new(playbook: &Arc<Playbook>, plan: &Arc<Plan>, options: &Options) -> Self {
        let waits = waits(plan);
        Self {
            mode: options.mode,
            left_out: options.left_out.clone(),
            owed: options.owed.clone(),
            presets: options.presets.clone(),
            asks: options.step.is_some(),
            references: references(playbook),
            is_loose: loose_groups(playbook, plan, &waits),
            needs_barrier: needs_barrier(playbook),
            has_once: playbook.entries.iter().any(|entry| entry.run_once),
            once: done_once(playbook),
            waits,
            playbook: Arc::clone(playbook),
            plan: Arc::clone(plan),
        }
    }

    /// The entries in a group, at whatever depth.
    pub(super) fn inside(&self, group: EntryId) -> impl Iterator<Item = EntryId> {
        self.playbook.inside(group)
    }
}

/// What entries wait for (see [`Program::waits`]).
fn waits(plan: &Plan) -> Vec<Vec<EntryId>> {
    let mut waits = vec![Vec::new(); plan.graph.node_count()];
    for edge in plan.graph.edge_references() {
        if matches!(edge.weight().reason, Reason::Data(_) | Reason::Failure) {
            waits[edge.target().index()].push(EntryId::at(edge.source().index()));
        }
    }
    waits
}

/// Which entries need a barrier (see [`Program::needs_barrier`]).
fn needs_barrier(playbook: &Playbook) -> Vec<bool> {
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

/// Which groups are loose (see [`Program::is_loose`]).
fn loose_groups(playbook: &Playbook, plan: &Plan, waits: &[Vec<EntryId>]) -> Vec<bool> {
    let all = (0..playbook.entries.len()).map(EntryId::at);
    all.map(|id| match &playbook.entry(id).action {
        Action::Group(_) if playbook.entry(id).timeout.is_some() => false,
        Action::Group(_) => {
            let inside = |entry: EntryId| entry != id && playbook.around(entry).any(|it| it == id);
            playbook.inside(id).all(|member| {
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

/// The entries that are done once, by entry: what is in such a group is not done once more by itself.
fn done_once(playbook: &Playbook) -> Vec<bool> {
    let mut once = vec![false; playbook.entries.len()];
    for (at, entry) in playbook.entries.iter().enumerate() {
        let mut around = std::iter::successors(entry.parent, |it| playbook.entry(*it).parent);
        once[at] = entry.run_once && !around.any(|it| playbook.entry(it).run_once);
    }
    once
}
