//! Where ids and variables are defined and used, and giving ids other names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::lsp::describe::bounds;
use crate::lsp::files;
use crate::lsp::scope::{self, Here};
use crate::lsp::workspace::{Snapshot, Workspace};
use crate::source::Span;
use crate::yaml::Cursor;

/// What a name at a place is.
enum Named<'p> {
    /// An id of an entry of this file.
    Id(&'p str, Span),
    /// A variable, with where it is defined.
    Variable(Vec<Span>),
    /// An imported file.
    File(PathBuf),
}

/// A name in an open text.
struct Found<'p> {
    path: PathBuf,
    start: usize,
    end: usize,
    snapshot: &'p Snapshot,
    here: Here<'p>,
    named: Named<'p>,
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn find<'p>(workspace: &'p Workspace<'_>, params: &Value) -> Option<Found<'p>> {
    let (path, document) = workspace.document(params)?;
    let text = &document.text;
    let offset = workspace.units.offset(text, &params["position"]);
    let (start, end) = bounds(text, offset, is_part);
    let snapshot = workspace.snapshot(&path)?;
    let here = scope::here(snapshot, &path, offset)?;
    let name = &text[start..end];
    let cursor = Cursor::at(text, start);
    let named = match scope::expression(&cursor) {
        Some(expression) => match scope::trail(expression).0.as_slice() {
            ["results"] => id(&here, name),
            [] => variable(&here, name),
            _ => None,
        },
        None => match cursor.key() {
            Some("on_change" | "on_failure") => id(&here, name),
            Some("id") if cursor.is_value => id(&here, name),
            Some("import") if cursor.is_value => import(snapshot, &here, &path, offset),
            _ => None,
        },
    }?;
    Some(Found {
        path,
        start,
        end,
        snapshot,
        here,
        named,
    })
}

fn id<'p>(here: &Here<'p>, name: &str) -> Option<Named<'p>> {
    let entry = here.id(name)?;
    let id = entry.id.as_ref()?;
    Some(Named::Id(&id.value, id.span))
}

fn variable<'p>(here: &Here<'_>, name: &str) -> Option<Named<'p>> {
    let spans = scope::definitions(here, name);
    (!spans.is_empty()).then_some(Named::Variable(spans))
}

fn import<'p>(snapshot: &Snapshot, here: &Here<'_>, path: &Path, offset: usize) -> Option<Named<'p>> {
    let mut units = here.playbook.units.iter();
    let unit = units.find(|it| {
        it.at.is_some_and(|at| {
            let is_own = files::real(&snapshot.sources.source(at.source).path) == path;
            is_own && (at.start as usize..=at.end as usize).contains(&offset)
        })
    })?;
    Some(Named::File(files::real(&unit.path)))
}

/// Where what is named at a place is defined.
pub(super) fn definition(workspace: &Workspace<'_>, params: &Value) -> Value {
    let Some(found) = find(workspace, params) else {
        return Value::Null;
    };
    let spans = match found.named {
        Named::Id(_, span) => vec![span],
        Named::Variable(spans) => spans,
        Named::File(path) => {
            let start = json!({ "line": 0, "character": 0 });
            return json!([{ "uri": files::uri_of(&path), "range": { "start": start, "end": start } }]);
        }
    };
    let locations = spans
        .into_iter()
        .filter_map(|span| workspace.location(span, &found.snapshot.sources));
    locations.collect::<Vec<Value>>().into()
}

/// Where an id is used, with its definition.
pub(super) fn references(workspace: &Workspace<'_>, params: &Value) -> Value {
    let Some((found, name)) = find_id(workspace, params) else {
        return Value::Null;
    };
    let mut all = Vec::new();
    for (path, text) in texts(workspace, &found) {
        for at in uses(&text, &name, path == found.path) {
            let range = workspace.units.range(&text, at, at + name.len());
            all.push(json!({ "uri": workspace.uri(&path), "range": range }));
        }
    }
    all.into()
}

fn find_id<'p>(workspace: &'p Workspace<'_>, params: &Value) -> Option<(Found<'p>, String)> {
    let found = find(workspace, params)?;
    match found.named {
        Named::Id(name, _) => Some((found, name.to_owned())),
        Named::Variable(_) | Named::File(_) => None,
    }
}

/// Whether an id can be renamed at a place: its range.
pub(super) fn prepare(workspace: &Workspace<'_>, params: &Value) -> Value {
    let Some((found, _)) = find_id(workspace, params) else {
        return Value::Null;
    };
    let text = workspace.open.get(&found.path).map(|it| &it.text);
    text.map_or(Value::Null, |text| {
        workspace.units.range(text, found.start, found.end)
    })
}

/// The edits that give an id another name.
///
/// # Errors
/// Why it cannot be renamed.
pub(super) fn rename(workspace: &Workspace<'_>, params: &Value) -> Result<Value, String> {
    let new = params["newName"].as_str().unwrap_or_default();
    let is_name = new.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && new.chars().all(is_part);
    if !is_name {
        return Err(format!("`{new}` cannot be the name of an entry"));
    }
    let Some((found, name)) = find_id(workspace, params) else {
        return Err("only ids of entries are renamed".to_owned());
    };
    if found.here.id(new).is_some() {
        return Err(format!("another entry has the id `{new}`"));
    }
    if found.here.unit != crate::name::UnitId::PLAYBOOK || !found.here.playbook.units[0].imports.is_empty() {
        return Err(
            "an id of a unit may be used by playbooks that are not open: rename it by hand".to_owned(),
        );
    }
    let mut changes = BTreeMap::new();
    for (path, text) in texts(workspace, &found) {
        let edits = uses(&text, &name, path == found.path)
            .into_iter()
            .map(|at| json!({ "range": workspace.units.range(&text, at, at + name.len()), "newText": new }));
        let edits: Vec<Value> = edits.collect();
        if !edits.is_empty() {
            changes.insert(workspace.uri(&path), edits);
        }
    }
    Ok(json!({ "changes": changes }))
}

/// The texts in which an id of a file can be named: its own, and those of templates and variables that it reads.
fn texts(workspace: &Workspace<'_>, found: &Found<'_>) -> Vec<(PathBuf, String)> {
    let units: BTreeSet<PathBuf> = found
        .here
        .playbook
        .units
        .iter()
        .skip(1)
        .map(|it| files::real(&it.path))
        .collect();
    let mut all = Vec::new();
    for path in found.snapshot.files.iter().filter(|it| it.is_absolute()) {
        let is_own = *path == found.path;
        if is_own || !units.contains(path) {
            let text = match workspace.open.get(path) {
                Some(open) => Some(open.text.to_string()),
                None => std::fs::read_to_string(path).ok(),
            };
            all.extend(text.map(|text| (path.clone(), text)));
        }
    }
    all
}

/// Where a text names an id: behind `results`, and in the id's own file (`is_own`) as the value of `id`, and in `on_change` and
/// `on_failure`.
fn uses(text: &str, name: &str, is_own: bool) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(name) {
        let (start, end) = bounds(text, at, is_part);
        if (start, end) != (at, at + name.len()) {
            continue;
        }
        let before = &text[..at];
        let line = &before[before.rfind('\n').map_or(0, |it| it + 1)..];
        let is_comment = line.trim_start().starts_with('#') || line.contains(" #") && !line.contains("{{");
        if is_comment {
            continue;
        }
        let is_result =
            before.ends_with("results.") || before.ends_with("results['") || before.ends_with("results[\"");
        let cursor = Cursor::at(text, at);
        let is_link = matches!(cursor.key(), Some("on_change" | "on_failure")) && !before.ends_with('.');
        let is_id = cursor.is_value
            && cursor.key() == Some("id")
            && cursor.typed.trim_start_matches(['"', '\'']).is_empty();
        if is_result || is_own && (is_link || is_id) {
            found.push(at);
        }
    }
    found
}
