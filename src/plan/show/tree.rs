//! The plan as indented text.

use std::fmt::Write as _;

use crate::name::{EntryId, RoundId};
use crate::plan::Plan;
use crate::plan::show::words::{critical_path, edges_to, title};
use crate::playbook::{Action, Playbook, Round, batches};

/// Rounds, their entries, and under each entry what it waits for and why; then the longest chain.
pub fn tree(plan: &Plan, playbook: &Playbook) -> String {
    let mut text = String::new();
    for at in 0..playbook.rounds.len() {
        round(plan, playbook, RoundId::at(at), &mut text);
    }
    let path = critical_path(plan);
    let names = path
        .iter()
        .map(|id| number(playbook, *id))
        .collect::<Vec<_>>()
        .join(" → ");
    let _ = writeln!(
        text,
        "critical path ({} of {} entries)\n  {names}",
        path.len(),
        playbook.entries.len()
    );
    text
}

fn round(plan: &Plan, playbook: &Playbook, id: RoundId, text: &mut String) {
    let round = playbook.round(id);
    let needs: Vec<_> = round
        .needs
        .iter()
        .map(|need| playbook.round(*need).name.value.as_str())
        .collect();
    let after = match (needs.is_empty(), round.barrier) {
        (true, _) => String::new(),
        (false, true) => format!(", after all hosts of {}", needs.join(", ")),
        (false, false) => format!(", each host after {}", needs.join(", ")),
    };
    let hosts = round.hosts.len();
    let plural = if hosts == 1 { "" } else { "s" };
    let limits = limits(round);
    let _ = writeln!(
        text,
        "{} ({}: {hosts} host{plural}{limits}{after})",
        round.name.value, round.pattern.value
    );
    for entry in &round.entries {
        show(plan, playbook, *entry, 1, text);
    }
    text.push('\n');
}

/// The sizes of a round's batches, and how many of its hosts may fail.
fn limits(round: &Round) -> String {
    let mut text = String::new();
    if !round.serial.is_empty() {
        let batches = batches(&round.serial, &round.hosts);
        let sizes: Vec<_> = batches.iter().map(|batch| batch.len().to_string()).collect();
        let plural = if sizes.len() == 1 { "a batch" } else { "batches" };
        let _ = write!(text, " in {plural} of {}", sizes.join(", "));
    }
    if let Some(allowed) = round.max_failures {
        let _ = write!(text, ", {allowed} may fail");
    }
    text
}

fn show(plan: &Plan, playbook: &Playbook, id: EntryId, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    let entry = playbook.entry(id);
    let mut marks = String::new();
    for (is_set, mark) in [
        (entry.repeat.is_some(), " [loop]"),
        (!entry.when.is_empty(), " [when]"),
        (entry.always, " [always]"),
        (entry.run_once, " [run_once]"),
    ] {
        if is_set {
            marks.push_str(mark);
        }
    }
    if let Some(delegate) = &entry.delegate_to {
        let name = delegate.value.literal().and_then(|it| it.as_str());
        let name = name.unwrap_or_else(|| playbook.sources.text(delegate.span));
        let _ = write!(marks, " [-> {name}]");
    }
    let _ = writeln!(
        text,
        "{indent}{} {}{marks}",
        number(playbook, id),
        title(playbook, id)
    );
    for (source, reason) in edges_to(plan, id) {
        let from = number(playbook, source);
        let _ = writeln!(text, "{indent}    ← {from} {}: {}", reason.kind(), reason);
    }
    if let Action::Group(group) = &entry.action {
        for entry in &group.entries {
            show(plan, playbook, *entry, depth + 1, text);
        }
    }
}

/// An entry's number, from 1, and its id.
fn number(playbook: &Playbook, id: EntryId) -> String {
    match &playbook.entry(id).id {
        Some(name) => format!("{}:{}", id.index() + 1, name.value),
        None => format!("{}", id.index() + 1),
    }
}
