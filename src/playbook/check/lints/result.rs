//! Results that may not be there, and secrets where everybody sees them.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::EntryId;
use crate::playbook::model::{Action, Call, Entry, Playbook};
use crate::playbook::unit::ENVELOPE;
use crate::template::{Access, Form, Reads};
use crate::tool::Field;

pub(super) fn lint(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    for (index, entry) in playbook.entries.iter().enumerate() {
        let asked = asked(playbook, EntryId::at(index));
        if let Action::Call(call) = &entry.action {
            for reads in forms(call) {
                unguarded(playbook, entry, &reads, &asked, diagnostics);
            }
            secret_paths(call, diagnostics);
        }
    }
}

/// What conditions of an entry, and of all that it is in, read.
fn asked(playbook: &Playbook, id: EntryId) -> HashSet<Vec<String>> {
    let chain = std::iter::successors(Some(id), |it| playbook.entry(*it).parent);
    let conditions = chain.flat_map(|it| &playbook.entry(it).when);
    let accesses = conditions.flat_map(|it| &it.reads().accesses);
    accesses
        .map(|it| it.path.iter().take(2).cloned().collect())
        .collect()
}

fn forms(call: &Call) -> Vec<Reads> {
    let env = call.env.iter().map(|it| it.value.reads());
    env.chain([call.args.value.reads()]).collect()
}

/// Output of a call whose errors are ignored, which has none where it failed.
fn unguarded(
    playbook: &Playbook,
    entry: &Entry,
    reads: &Reads,
    asked: &HashSet<Vec<String>>,
    diagnostics: &mut Diagnostics,
) {
    for access in &reads.accesses {
        let [results, id, field, ..] = access.path.as_slice() else {
            continue;
        };
        if results != "results" || access.guarded || ENVELOPE.contains(&field.as_str()) {
            continue;
        }
        let Some(target) = playbook.target(entry.unit, &access.path[1..]) else {
            continue;
        };
        let source = playbook.entry(target.entry);
        let is_gone =
            source.ignore_errors && source.action.call().is_some_and(|it| it.failed_when.is_empty());
        // A group of its own stops where it fails.
        if target.steps != 1 || !is_gone || is_asked(asked, access) || reads.asks_for(Some(results)) {
            continue;
        }
        diagnostics.push(
            Diagnostic::warning(
                Code::UnguardedResult,
                format!("`{id}` may have failed, which is ignored: then it has no `{field}`, and this fails"),
            )
            .at(access.span)
            .label(
                source.id.as_ref().map_or(source.span, |it| it.span),
                "its errors are ignored",
            )
            .help(format!(
                "Add `when: not results.{id}.failed`, or write `results.{id}.{field} | default('')`."
            )),
        );
    }
}

fn is_asked(asked: &HashSet<Vec<String>>, access: &Access) -> bool {
    asked.contains(&access.path[..2])
}

/// Paths are in lists of files, in logs and in processes.
fn secret_paths(call: &Call, diagnostics: &mut Diagnostics) {
    let Form::Map(args) = &call.args.value else { return };
    for (name, form) in args {
        if !call.tool.args().field(name).is_some_and(Field::is_path) {
            continue;
        }
        let reads = form.value.reads();
        if let Some(access) = reads
            .accesses
            .iter()
            .find(|it| it.path.first().is_some_and(|it| it == "secrets"))
        {
            diagnostics.push(
                Diagnostic::warning(
                    Code::SecretInPath,
                    format!(
                        "`{}` is a secret, and is a part of a path, which everybody sees",
                        access.path.join(".")
                    ),
                )
                .at(access.span)
                .help("Choose a name that is not secret."),
            );
        }
    }
}
