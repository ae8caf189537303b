//! The plan for Graphviz.

use std::fmt::Write as _;

use petgraph::visit::EdgeRef as _;

use crate::plan::Plan;
use crate::plan::show::words::{by_round, title};
use crate::playbook::Playbook;

/// One cluster a round, one arrow an edge.
pub fn dot(plan: &Plan, playbook: &Playbook) -> String {
    let mut text = String::from("digraph plan {\n  rankdir=TB;\n  node [shape=box];\n");
    let members = by_round(playbook);
    for (at, round) in playbook.rounds.iter().enumerate() {
        let _ = writeln!(
            text,
            "  subgraph cluster_{at} {{\n    label={};",
            quote(&round.name.value)
        );
        for &id in &members[at] {
            let label = quote(&title(playbook, id));
            let _ = writeln!(text, "    e{} [label={label}];", id.index());
        }
        text.push_str("  }\n");
    }
    for edge in plan.graph.edge_references() {
        let (from, to) = (edge.source().index(), edge.target().index());
        let reason = &edge.weight().reason;
        let tip = quote(&reason.to_string());
        let _ = writeln!(
            text,
            "  e{from} -> e{to} [label={}, tooltip={tip}];",
            quote(reason.kind())
        );
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
