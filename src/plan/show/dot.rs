//! The plan for Graphviz.

use petgraph::visit::EdgeRef as _;

use crate::name::EntryId;
use crate::plan::Plan;
use crate::plan::show::words::{kind, title, why};
use crate::playbook::Playbook;

/// One cluster a round, one arrow an edge.
pub fn dot(plan: &Plan, playbook: &Playbook) -> String {
    let mut text = String::from("digraph plan {\n  rankdir=TB;\n  node [shape=box];\n");
    for (at, round) in playbook.rounds.iter().enumerate() {
        text.push_str(&format!(
            "  subgraph cluster_{at} {{\n    label={};\n",
            quote(&round.name.value)
        ));
        for (number, entry) in playbook.entries.iter().enumerate() {
            if entry.round.index() == at {
                let label = quote(&title(playbook, EntryId::at(number)));
                text.push_str(&format!("    e{number} [label={label}];\n"));
            }
        }
        text.push_str("  }\n");
    }
    for edge in plan.graph.edge_references() {
        let (from, to) = (edge.source().index(), edge.target().index());
        let reason = &edge.weight().reason;
        let tip = quote(&why(reason));
        text.push_str(&format!(
            "  e{from} -> e{to} [label={}, tooltip={tip}];\n",
            quote(kind(reason))
        ));
    }
    text.push_str("}\n");
    text
}

fn quote(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    )
}
