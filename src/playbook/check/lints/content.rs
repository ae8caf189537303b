//! Two calls that take turns with one file: each run changes it twice.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::{EntryId, RoundId};
use crate::playbook::input::absolute;
use crate::playbook::model::{Call, Playbook};
use crate::source::Span;
use crate::template::Form;
use crate::value::Value;

/// Tools that give a file all of its content, and the argument that names the file.
const WHOLE: [(&str, &str); 4] = [
    ("fs.write", "path"),
    ("template.file", "dest"),
    ("fs.copy", "dest"),
    ("http.download", "dest"),
];
/// Tools that change a part of it.
const EDITS: [(&str, &str); 3] = [
    ("fs.line_in_file", "path"),
    ("fs.block_in_file", "path"),
    ("fs.replace", "path"),
];

pub(super) fn lint(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<(RoundId, &str), (Span, &str)> = HashMap::new();
    for (index, entry) in playbook.entries.iter().enumerate() {
        let Some(call) = entry.action.call() else { continue };
        if !is_always_done(playbook, EntryId::at(index)) {
            continue;
        }
        let named = |tools: &[(&str, &'static str)]| {
            let found = tools.iter().find(|(tool, _)| *tool == call.tool.name);
            found.and_then(|(_, argument)| path(call, argument))
        };
        if let Some((path, span)) = named(&WHOLE) {
            if call.tool.name == "fs.copy" && !copies_a_file(playbook, call) || is_kept(call) {
                continue;
            }
            match seen.get(&(entry.round, path)) {
                Some((first, tool)) => warn(
                    diagnostics,
                    path,
                    span,
                    *first,
                    &format!("`{tool}` writes it, too"),
                    true,
                ),
                None => drop(seen.insert((entry.round, path), (span, &call.tool.name))),
            }
        } else if let Some((path, span)) = named(&EDITS)
            && let Some((first, tool)) = seen.get(&(entry.round, path))
        {
            warn(
                diagnostics,
                path,
                span,
                *first,
                &format!("`{tool}` writes all of it"),
                false,
            );
        }
    }
}

fn warn(diagnostics: &mut Diagnostics, path: &str, span: Span, first: Span, what: &str, is_whole: bool) {
    let help = if is_whole {
        "Each undoes what the other has done, in every run. Write the file once; where only one of them is meant for a host, give both a `when`."
    } else {
        "The one undoes what the other has done, in every run. Put the line into the content."
    };
    diagnostics.push(
        Diagnostic::warning(
            Code::ContentTwice,
            format!(
                "both this call and an earlier one of the same round write `{}`",
                path.escape_debug()
            ),
        )
        .at(span)
        .label(first, what)
        .help(help),
    );
}

/// Whether every host does it, as often as any other entry.
fn is_always_done(playbook: &Playbook, id: EntryId) -> bool {
    playbook.around(id).map(|it| playbook.entry(it)).all(|entry| {
        entry.when.is_empty()
            && entry.on_change.is_empty()
            && entry.on_failure.is_empty()
            && entry.repeat.is_none()
            && entry.delegate_to.is_none()
            && !entry.run_once
            && entry.tags.is_empty()
    })
}

/// Whether it leaves a file alone that is there.
fn is_kept(call: &Call) -> bool {
    let force = match &call.args.value {
        Form::Literal(Value::Map(args)) => args.get("force").cloned(),
        Form::Map(args) => args
            .get("force")
            .map(|it| it.value.literal().cloned().unwrap_or(Value::Bool(false))),
        _ => None,
    };
    force == Some(Value::Bool(false))
}

/// Whether it is known that a copy is one of a file, and not of what is in a directory.
fn copies_a_file(playbook: &Playbook, call: &Call) -> bool {
    path(call, "src").is_some_and(|(src, span)| {
        let src = absolute(playbook.sources.folder(span.source), src);
        std::fs::metadata(src).is_ok_and(|it| it.is_file())
    })
}

fn path<'a>(call: &'a Call, argument: &str) -> Option<(&'a str, Span)> {
    match &call.args.value {
        Form::Literal(Value::Map(args)) => Some((args.get(argument)?.as_str()?, call.args.span)),
        Form::Map(args) => {
            let form = args.get(argument)?;
            Some((form.value.literal()?.as_str()?, form.span))
        }
        _ => None,
    }
}
