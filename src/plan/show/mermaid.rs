//! The plan for Mermaid.

use petgraph::visit::EdgeRef as _;

use crate::name::EntryId;
use crate::plan::Plan;
use crate::plan::show::words::{kind, title};
use crate::playbook::Playbook;

/// One subgraph a round, one arrow an edge.
pub fn mermaid(plan: &Plan, playbook: &Playbook) -> String {
    let mut text = String::from("flowchart TB\n");
    for (at, round) in playbook.rounds.iter().enumerate() {
        text.push_str(&format!("  subgraph r{at}[\"{}\"]\n", escape(&round.name.value)));
        for (number, entry) in playbook.entries.iter().enumerate() {
            if entry.round.index() == at {
                let label = escape(&title(playbook, EntryId::at(number)));
                text.push_str(&format!("    e{number}[\"{label}\"]\n"));
            }
        }
        text.push_str("  end\n");
    }
    for edge in plan.graph.edge_references() {
        let (from, to) = (edge.source().index(), edge.target().index());
        text.push_str(&format!("  e{from} -->|{}| e{to}\n", kind(&edge.weight().reason)));
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
