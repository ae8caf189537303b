//! The plan.

use petgraph::graph::DiGraph;

use crate::diagnostic::Diagnostics;
use crate::name::EntryId;
use crate::playbook::Playbook;
use crate::tool::{Access, Footprint, Registry};

/// An entry in the plan. The node's index is the entry's.
#[derive(Debug, Clone)]
pub struct Node {
    /// The entry.
    pub entry: EntryId,
    /// What it does in principle; of a group: the strongest of its entries.
    pub access: Access,
    /// What it may touch, as far as can be said offline; of a group: all of its entries together.
    pub footprint: Footprint,
    /// The entries whose results must be there before it can be evaluated: of `data`, `change` and `failure` edges, its
    /// own and of what is in it. Only of the same or an earlier round.
    pub waits_for: Vec<EntryId>,
    /// The entries before it at its own level of its round that must have been sent before it may be sent: `order`
    /// edges, reduced to those that others do not imply.
    pub comes_after: Vec<EntryId>,
    /// Whether it keeps its place against everything.
    pub fence: bool,
    /// Whether those after it wait for its end, not only for its being sent: its outcome is decided on the controller.
    pub decided_here: bool,
}

/// Why one entry comes after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It reads the other's result; the words name it.
    Data(String),
    /// `on_change`.
    Change,
    /// `on_failure`.
    Failure,
    /// Their footprints conflict, or one is a fence; the words say over what.
    Order(String),
    /// Its round needs the other's round.
    Round,
}

/// An edge of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Why it is there.
    pub reason: Reason,
}

/// The plan of a playbook.
#[derive(Debug)]
pub struct Plan {
    /// Entries and why they keep their order. Acyclic.
    pub graph: DiGraph<Node, Edge>,
}

impl Plan {
    /// Plans a playbook. Cycles become diagnostics.
    pub fn build(playbook: &Playbook, registry: &Registry, diagnostics: &mut Diagnostics) -> Option<Self> {
        let _ = (playbook, registry, diagnostics);
        unimplemented!()
    }

    /// An entry's node.
    pub fn node(&self, entry: EntryId) -> &Node {
        &self.graph[petgraph::graph::NodeIndex::new(entry.index())]
    }
}
