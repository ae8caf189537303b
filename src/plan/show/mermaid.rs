//! The plan for Mermaid.

use std::fmt::Write as _;

use petgraph::visit::EdgeRef as _;

use crate::plan::Plan;
use crate::plan::show::words::{by_round, title};
use crate::playbook::Playbook;

/// One subgraph a round, one arrow an edge.
pub fn mermaid(plan: &Plan, playbook: &Playbook) -> String {
    let mut text = String::from("flowchart TB\n");
    let members = by_round(playbook);
    for (at, round) in playbook.rounds.iter().enumerate() {
        let _ = writeln!(text, "  subgraph r{at}[\"{}\"]", escape(&round.name.value));
        for &id in &members[at] {
            let label = escape(&title(playbook, id));
            let _ = writeln!(text, "    e{}[\"{label}\"]", id.index());
        }
        text.push_str("  end\n");
    }
    for edge in plan.graph.edge_references() {
        let (from, to) = (edge.source().index(), edge.target().index());
        let _ = writeln!(text, "  e{from} -->|{}| e{to}", edge.weight().reason.kind());
    }
    text
}

/// What Mermaid would take for markup becomes entities.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '\n' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
