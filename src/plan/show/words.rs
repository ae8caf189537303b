//! Entries and edges in words, the same in every drawing.

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;

use crate::name::EntryId;
use crate::plan::{Plan, Reason};
use crate::playbook::Playbook;

/// What an entry is called by: its id or name, and what it does.
pub(super) fn title(playbook: &Playbook, id: EntryId) -> String {
    let entry = playbook.entry(id);
    let unit = playbook.imported(id).map(|unit| &playbook.unit(unit).label);
    let what = match unit {
        Some(unit) => format!("import {unit}"),
        None => entry.action.word().to_owned(),
    };
    let name = entry
        .name
        .as_ref()
        .and_then(|name| name.literal())
        .and_then(|name| name.as_str());
    match (&entry.id, name) {
        (Some(id), Some(name)) => format!("{what} {} ({name})", id.value),
        (Some(id), None) => format!("{what} {}", id.value),
        (None, Some(name)) => format!("{what} ({name})"),
        (None, None) => what,
    }
}

/// The entries of each round, those of groups included, in written order.
pub(super) fn by_round(playbook: &Playbook) -> Vec<Vec<EntryId>> {
    let mut rounds = vec![Vec::new(); playbook.rounds.len()];
    for (at, entry) in playbook.entries.iter().enumerate() {
        rounds[entry.round.index()].push(EntryId::at(at));
    }
    rounds
}

/// The edges that lead to an entry, by the entry that they come from.
pub(super) fn edges_to(plan: &Plan, id: EntryId) -> Vec<(EntryId, &Reason)> {
    let edges = plan
        .graph
        .edges_directed(NodeIndex::new(id.index()), Direction::Incoming);
    let mut edges: Vec<_> = edges
        .map(|edge| (EntryId::at(edge.source().index()), &edge.weight().reason))
        .collect();
    edges.sort_by_key(|(source, _)| *source);
    edges
}

/// The longest chain of entries that wait for each other, in order.
pub(super) fn critical_path(plan: &Plan) -> Vec<EntryId> {
    let Ok(order) = petgraph::algo::toposort(&plan.graph, None) else {
        return Vec::new();
    };
    let mut best = vec![(1_usize, None); plan.graph.node_count()];
    for node in &order {
        for edge in plan.graph.edges(*node) {
            let length = best[node.index()].0 + 1;
            if length > best[edge.target().index()].0 {
                best[edge.target().index()] = (length, Some(node.index()));
            }
        }
    }
    let Some(mut at) = (0..best.len()).max_by_key(|at| (best[*at].0, std::cmp::Reverse(*at))) else {
        return Vec::new();
    };
    let mut path = vec![EntryId::at(at)];
    while let Some(before) = best[at].1 {
        path.push(EntryId::at(before));
        at = before;
    }
    path.reverse();
    path
}
