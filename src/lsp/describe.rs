//! What something in a text means.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::lsp::files;
use crate::lsp::scope::{self, Here};
use crate::lsp::workspace::{Snapshot, Workspace};
use crate::playbook::{Entry as Step, keys_at};
use crate::tool::{Entry, Field, Registry};
use crate::yaml::Cursor;

/// How many values of a variable are listed.
const VALUES: usize = 12;
/// How much of a value is shown.
const SHOWN: usize = 120;

/// The manual of a tool, shortly.
pub(super) fn tool_doc(tool: &Entry) -> String {
    let mut doc = format!("**{}**\n\n{}\n", tool.name, tool.args().doc);
    for field in &tool.args().fields {
        let required = if field.required { " (required)" } else { "" };
        let _ = write!(doc, "\n- `{}`: {}{required}", field.name, field.of);
    }
    if !tool.example.is_empty() {
        let _ = write!(doc, "\n\n```yaml\n{}\n```", tool.example.trim_end());
    }
    doc
}

/// What an argument means.
pub(super) fn argument_doc(field: &Field) -> String {
    let mut doc = field.doc.clone();
    if let Some(default) = &field.default {
        let _ = write!(doc, "\n\nDefault: `{default}`");
    }
    doc
}

/// Says what is at a place.
pub(super) fn hover(workspace: &Workspace<'_>, registry: &Registry, params: &Value) -> Value {
    let Some((path, document)) = workspace.document(params) else {
        return Value::Null;
    };
    let text = &document.text;
    let offset = workspace.units.offset(text, &params["position"]);
    let snapshot = workspace.snapshot(&path);
    if !files::has_shape(text) {
        return Value::Null;
    }
    let (start, end) = word(text, offset);
    let name = &text[start..end];
    if name.is_empty() {
        return Value::Null;
    }
    let here = snapshot.and_then(|it| Some((it, scope::here(it, &path, offset)?)));
    let before = Cursor::at(text, start);
    let found = match scope::expression(&before) {
        Some(expression) => here
            .as_ref()
            .and_then(|(snapshot, here)| in_expression(snapshot, here, expression, name)),
        None => outside(&before, registry, here.as_ref().map(|(_, here)| here), name, text),
    };
    match found {
        Some(doc) => json!({
            "contents": { "kind": "markdown", "value": doc },
            "range": workspace.units.range(text, start, end),
        }),
        None => Value::Null,
    }
}

fn outside(
    cursor: &Cursor,
    registry: &Registry,
    here: Option<&Here<'_>>,
    name: &str,
    text: &str,
) -> Option<String> {
    if matches!(cursor.key(), Some("on_change" | "on_failure"))
        && (cursor.is_value || !cursor.path.is_empty())
    {
        return here?.id(name).map(|entry| entry_doc(name, entry));
    }
    if cursor.is_value {
        return match cursor.key()? {
            "id" => here?.id(name).map(|entry| entry_doc(name, entry)),
            _ => None,
        };
    }
    if let Some(tool) = scope::tool_of(&cursor.path) {
        let field = registry
            .get(tool)?
            .args()
            .fields
            .iter()
            .find(|it| it.name == name)?;
        return Some(format!("**{name}**: {}\n\n{}", field.of, argument_doc(field)));
    }
    let spot = scope::spot(&cursor.path, files::is_unit(text))?;
    if let Some(tool) = registry.get(name) {
        return Some(tool_doc(tool));
    }
    let key = keys_at(spot).into_iter().find(|it| it.name == name)?;
    Some(format!("**{name}**\n\n{}", key.doc))
}

fn entry_doc(id: &str, entry: &Step) -> String {
    let word = entry.action.word();
    match word {
        "group" | "import" | "fail" => format!("`{id}`: {word}"),
        tool => format!("`{id}`: a call of `{tool}`"),
    }
}

fn in_expression(snapshot: &Snapshot, here: &Here<'_>, expression: &str, name: &str) -> Option<String> {
    let (names, _) = scope::trail(expression);
    match names.as_slice() {
        ["results"] => here.id(name).map(|entry| entry_doc(name, entry)),
        ["results", id] => {
            let fields = crate::playbook::result_fields(here.id(id)?)?;
            let field = fields.into_iter().find(|it| it.name == name)?;
            Some(format!("**{name}**: {}\n\n{}", field.of, field.doc))
        }
        ["facts"] => {
            let field = crate::playbook::fact_fields()
                .into_iter()
                .find(|it| it.name == name)?;
            Some(format!("**facts.{name}**: {}\n\n{}", field.of, field.doc))
        }
        [] => variable(snapshot, here, name),
        _ => None,
    }
}

/// The values of a variable, with where they are written; hosts with the same value are told together. A secret is not shown.
fn variable(snapshot: &Snapshot, here: &Here<'_>, name: &str) -> Option<String> {
    let origin = here.variables().into_iter().find(|(it, _)| it == name)?.1;
    let mut doc = format!("**{name}** ({origin})\n");
    let mut values: Vec<(String, Vec<&str>)> = Vec::new();
    let hosts: Vec<_> = match here.entry {
        Some(entry) => here.playbook.round(entry.round).hosts.clone(),
        None => here.playbook.inventory.all().collect(),
    };
    for id in hosts.into_iter().take(10_000) {
        let Some((span, is_secret)) = scope::definition(here, id, name) else {
            continue;
        };
        let source = snapshot.sources.source(span.source);
        let value = if is_secret || source.is_hidden {
            "***".to_owned()
        } else {
            snapshot.sources.text(span).chars().take(SHOWN).collect()
        };
        let at = snapshot.sources.location(span);
        let file = source.path.file_name().unwrap_or_default().to_string_lossy();
        let shown = format!("`{}` ({file}:{})", value.trim().replace('`', "'"), at.line);
        let host = here.playbook.inventory.host(id).name.as_str();
        match values.iter_mut().find(|(it, _)| *it == shown) {
            Some((_, hosts)) => hosts.push(host),
            None => values.push((shown, vec![host])),
        }
    }
    let many = values.len();
    for (value, hosts) in values.into_iter().take(VALUES) {
        let who = match hosts.as_slice() {
            _ if many == 1 => String::new(),
            [one] => format!(": {one}"),
            [first, .., last] => format!(": {first} … {last}, {} hosts", hosts.len()),
            [] => String::new(),
        };
        let _ = write!(doc, "\n- {value}{who}");
    }
    if many > VALUES {
        let _ = write!(doc, "\n- and {} other values", many - VALUES);
    }
    Some(doc)
}

/// The word at an offset; with dots where it is a tool.
fn word(text: &str, offset: usize) -> (usize, usize) {
    let (start, end) = bounds(text, offset, |c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let (wide_start, wide_end) = bounds(text, offset, |c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let is_key = text[wide_end..].starts_with(':')
        && text[line..wide_start]
            .trim_start_matches([' ', '-', '{'])
            .is_empty();
    if is_key {
        (wide_start, wide_end)
    } else {
        (start, end)
    }
}

/// Where what holds for every character begins and ends around an offset.
pub(super) fn bounds(text: &str, offset: usize, is_part: impl Fn(char) -> bool) -> (usize, usize) {
    let before = text[..offset].chars().rev().take_while(|c| is_part(*c));
    let start = offset - before.map(char::len_utf8).sum::<usize>();
    let after = text[offset..].chars().take_while(|c| is_part(*c));
    (start, offset + after.map(char::len_utf8).sum::<usize>())
}
