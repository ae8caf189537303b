//! Entries that never run, or do nothing.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::EntryId;
use crate::playbook::model::{Action, Entry, Playbook};
use crate::source::Spanned;
use crate::tool::Access;

pub(super) fn lint(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    for round in &playbook.rounds {
        after_failure(playbook, &round.entries, diagnostics);
    }
    for entry in &playbook.entries {
        if let Action::Group(group) = &entry.action {
            after_failure(playbook, &group.entries, diagnostics);
        }
    }
}

/// What is written below a `fail` that nothing keeps from failing.
fn after_failure(playbook: &Playbook, entries: &[EntryId], diagnostics: &mut Diagnostics) {
    let is_certain = |entry: &Entry| {
        matches!(entry.action, Action::Fail(_))
            && entry.when.is_empty()
            && entry.on_change.is_empty()
            && entry.on_failure.is_empty()
            && entry.repeat.is_none()
            && entry.tags.is_empty()
            && !entry.ignore_errors.may_be()
            && !entry.is_region
    };
    let Some(at) = entries.iter().position(|it| is_certain(playbook.entry(*it))) else {
        return;
    };
    let is_reached = |entry: &Entry| entry.always || !entry.on_failure.is_empty();
    let after = entries[at + 1..].iter().map(|it| playbook.entry(*it));
    if let Some(entry) = after.into_iter().find(|entry| !is_reached(entry)) {
        diagnostics.push(
            Diagnostic::warning(
                Code::Unreachable,
                "this is never reached: the entry above always fails",
            )
            .at(entry.span)
            .label(playbook.entry(entries[at]).span, "it has no `when`")
            .help("Give the `fail` a condition, or remove what follows it."),
        );
    }
}

/// The warning of a handler of what never changes anything.
pub(in crate::playbook::check) fn never_notified(
    playbook: &Playbook,
    names: &[Spanned<String>],
    sources: &[EntryId],
) -> Option<Diagnostic> {
    if sources.is_empty() || !sources.iter().all(|it| never_changes(playbook, *it)) {
        return None;
    }
    let source = playbook.entry(sources[0]);
    let tool = source.action.word();
    Some(
        Diagnostic::warning(
            Code::NeverNotified,
            format!("this never runs: `{tool}` only looks, and never changes anything"),
        )
        .at(names[0].span)
        .label(
            source.id.as_ref().map_or(source.span, |it| it.span),
            "what it waits for",
        )
        .help("Name a call that writes, or ask for the result in `when`."),
    )
}

fn never_changes(playbook: &Playbook, id: EntryId) -> bool {
    match &playbook.entry(id).action {
        // A message is no look at a host, and is often a stand-in for what is to come.
        Action::Call(call) if call.tool.name.starts_with("log.") => false,
        Action::Call(call) => {
            matches!(call.tool.access, Access::Reads | Access::Waits) && call.changed_when.is_empty()
        }
        _ => false,
    }
}
