//! Results that are read although `--skip-tags` leaves out the calls that make them.

use std::collections::{HashMap, HashSet};

use crate::cli::selection::tags::skipped_by;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::EntryId;
use crate::plan::{self, Missing, Reader};
use crate::playbook::Playbook;

/// An error for each reader that is run, and each entry that `--skip-tags` leaves out and whose result it reads without a
/// guard.
pub(in crate::cli) fn missing(
    skipped: &[String],
    left_out: &HashSet<EntryId>,
    playbook: &Playbook,
) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let mut named = skipped_by(skipped, playbook);
    named.retain(|entry, _| left_out.contains(entry));
    if named.is_empty() {
        return diagnostics;
    }
    let sources = named.keys().copied().collect();
    for missing in plan::missing(playbook, &left_out.iter().copied().collect(), &sources) {
        diagnostics.push(draw(&missing, &named, playbook));
    }
    diagnostics
}

fn draw(missing: &Missing, named: &HashMap<EntryId, &str>, playbook: &Playbook) -> Diagnostic {
    let source = playbook.entry(missing.source);
    let reader = match missing.reader {
        Reader::Entry(id) => format!("`{}`", playbook.label(playbook.entry(id))),
        Reader::Round(id) => format!("the round `{}`", playbook.round(id).name.value),
    };
    let label = playbook.label(source);
    let word = named.get(&missing.source).copied().unwrap_or_default();
    let Missing { result, field, .. } = missing;
    let message = format!(
        "{reader} reads `{result}.{field}`, but `--skip-tags {word}` skips `{label}` ({})",
        playbook.sources.location(source.span),
    );
    let error = Diagnostic::error(Code::SkippedResult, message);
    let error = match &missing.through {
        Some((name, span)) => error
            .label(*span, format!("read from here, through `{name}`"))
            .label(missing.span, "read here"),
        None => error.label(missing.span, "read here"),
    };
    let there = source.id.as_ref().map_or(source.span, |it| it.span);
    error.label(there, format!("`{label}` is skipped")).help(format!(
        "Skip {reader} too, do not skip `{label}`, or guard the read: `when: not {result}.skipped`, or `| default(...)`."
    ))
}
