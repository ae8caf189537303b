//! The plan.

use petgraph::graph::{DiGraph, NodeIndex};

use crate::name::EntryId;
use crate::tool::{Access, Footprint};

/// An entry in the plan. The node's index is the entry's.
#[derive(Debug, Clone)]
pub struct Node {
    /// The entry.
    pub entry: EntryId,
    /// What it does in principle; of a group: the strongest of its entries.
    pub access: Access,
    /// What it may touch, as far as can be said offline; of a group: all of its entries together.
    pub footprint: Footprint,
    /// The entries whose results must be there before its own keys can be evaluated: the sources of its `data`, `change`
    /// and `failure` edges. What only the entries of a group need is at those. Only of the same or an earlier round.
    pub waits_for: Vec<EntryId>,
    /// The entries of earlier rounds whose results on other hosts its own keys read.
    pub elsewhere: Vec<EntryId>,
    /// The entries before it at its own level of its round that must have been sent before it may be sent: `order`
    /// edges, reduced to those that others do not imply.
    pub comes_after: Vec<EntryId>,
    /// Whether it keeps its place against everything at its level; of a group: whether anything in it does.
    pub fence: bool,
    /// The secrets that its own keys read, directly or through variables, in the order of their names.
    pub secrets: Vec<String>,
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
    /// Its round needs the other's round. One edge stands for all: from the last top entry there to the first one here.
    Round,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Data(words) => write!(f, "reads {words}"),
            Self::Change => f.write_str("runs only if it changes something"),
            Self::Failure => f.write_str("runs only if it fails"),
            Self::Order(words) => f.write_str(words),
            Self::Round => f.write_str("its round comes first"),
        }
    }
}

impl Reason {
    /// The name of the edge's kind: `data`, `change`, `failure`, `order` or `round`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Data(_) => "data",
            Self::Change => "change",
            Self::Failure => "failure",
            Self::Order(_) => "order",
            Self::Round => "round",
        }
    }
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
    /// Entries and why they keep their order: from the earlier to the later one. Acyclic, since every edge goes from a
    /// lower number to a higher one.
    pub graph: DiGraph<Node, Edge>,
    /// For each round the entries whose results its `when` reads.
    pub rounds: Vec<Vec<EntryId>>,
}

impl Plan {
    /// An entry's node.
    pub fn node(&self, entry: EntryId) -> &Node {
        &self.graph[NodeIndex::new(entry.index())]
    }
}

/// An entry that needs another one's result.
#[derive(Debug)]
pub(super) struct Want {
    pub(super) before: EntryId,
    pub(super) after: EntryId,
    pub(super) reason: Reason,
}
