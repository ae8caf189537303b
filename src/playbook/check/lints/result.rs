//! Results that may not be there, and secrets where everybody sees them.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::EntryId;
use crate::playbook::check::constant::Groups;
use crate::playbook::model::{Action, Call, Entry, Playbook};
use crate::playbook::unit::ENVELOPE;
use crate::template::{Form, Reads};
use crate::tool::Field;

pub(super) fn lint(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    let groups = Groups::new(playbook);
    for (index, entry) in playbook.entries.iter().enumerate() {
        if let Action::Call(call) = &entry.action {
            let id = EntryId::at(index);
            for reads in forms(call) {
                unguarded(playbook, &groups, id, &reads, diagnostics);
            }
            secret_paths(call, diagnostics);
        }
    }
}

/// Whether something may keep an entry from being done where a call above it has failed: a condition that asks for results,
/// through whatever variables, a change that it waits for, or something above it that ends the host.
fn is_asked(playbook: &Playbook, groups: &Groups<'_>, id: EntryId, source: EntryId) -> bool {
    let asks = |reads: &Reads| {
        let names = reads.accesses.iter().filter_map(|it| it.path.first().cloned());
        let read = groups.closure_of(names);
        reads.asks || read.is_none_or(|it| it.contains("results") || it.contains("hosts"))
    };
    let mut chain = playbook.around(id);
    let is_conditional = chain.any(|it| {
        let entry = playbook.entry(it);
        !entry.on_change.is_empty() || entry.when.iter().any(|it| asks(it.reads()))
    });
    let ends = |entry: &Entry| match &entry.action {
        Action::Fail(_) => entry.when.iter().any(|it| asks(it.reads())),
        Action::Call(call) => call.tool.name == "assert.that" && asks(&call.args.value.reads()),
        Action::Group(_) => false,
    };
    let mut between = (source.index() + 1..id.index()).map(|it| playbook.entry(EntryId::at(it)));
    is_conditional || between.any(ends)
}

fn forms(call: &Call) -> Vec<Reads> {
    let env = call.env.iter().map(|it| it.value.reads());
    env.chain([call.args.value.reads()]).collect()
}

/// Output of a call whose errors are ignored, which has none where it failed.
fn unguarded(
    playbook: &Playbook,
    groups: &Groups<'_>,
    id: EntryId,
    reads: &Reads,
    diagnostics: &mut Diagnostics,
) {
    // Which parts are read may depend on whether it has failed.
    if reads.is_conditional() {
        return;
    }
    let entry = playbook.entry(id);
    let mut chain = playbook.around(id);
    let is_handler = chain.any(|it| !playbook.entry(it).on_failure.is_empty());
    for access in &reads.accesses {
        let [results, name, field, ..] = access.path.as_slice() else {
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
            source.ignore_errors.is() && source.action.call().is_some_and(|it| it.failed_when.is_empty());
        // A group of its own stops where it fails.
        if target.steps != 1 || !is_gone || is_asked(playbook, groups, id, target.entry) {
            continue;
        }
        diagnostics.push(
            Diagnostic::warning(
                Code::UnguardedResult,
                format!(
                    "`{name}` may have failed, which is ignored: then it has no `{field}`, and this fails"
                ),
            )
            .at(access.span)
            .label(
                source.id.as_ref().map_or(source.span, |it| it.span),
                "its errors are ignored",
            )
            .help(if is_handler {
                // What is done after a failure is not to be left out for one.
                format!("Write `results.{name}.{field} | default('')`.")
            } else {
                format!(
                    "Add `when: not results.{name}.failed`, or write `results.{name}.{field} | default('')`."
                )
            }),
        );
    }
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
