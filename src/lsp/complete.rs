//! What may be written at a place.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::lsp::describe::{argument_doc, tool_doc};
use crate::lsp::files;
use crate::lsp::scope::{self, Here};
use crate::lsp::text::Units;
use crate::lsp::workspace::Workspace;
use crate::playbook::{Spot, fact_fields, keys_at, result_fields};
use crate::template;
use crate::tool::{Field, Registry, Type};
use crate::yaml::{Cursor, Step};

/// Sorts of completions, as the protocol numbers them.
const FUNCTION: u8 = 3;
const FIELD: u8 = 5;
const VARIABLE: u8 = 6;
const PROPERTY: u8 = 10;
const VALUE: u8 = 12;
const REFERENCE: u8 = 18;

/// Names that mean something in every expression.
const ROOTS: &[(&str, &str)] = &[
    ("host", "the host: name, address, groups, vars"),
    ("hosts", "all hosts by their names"),
    ("groups", "the hosts of each group"),
    ("facts", "what is known of the host"),
    ("results", "what the calls above came to, by their ids"),
    ("run", "the run: check, tags, limit, round and more"),
    ("unit", "this file: name, folder"),
    ("managed", "a line for files: they are written by rmote-play"),
    ("omit", "leaves the argument out"),
    ("secrets", "the secrets of the playbook"),
];

/// Completes a key, a name or a value.
pub(super) fn complete(workspace: &Workspace<'_>, registry: &Registry, params: &Value) -> Value {
    let Some((path, document)) = workspace.document(params) else {
        return Value::Null;
    };
    let is_new = || files::is_yaml(&path) && may_become_one(&document.text);
    if !(files::has_shape(&document.text) || is_new()) {
        return Value::Null;
    }
    let offset = workspace.units.offset(&document.text, &params["position"]);
    let cursor = Cursor::at(&document.text, offset);
    let here = workspace
        .snapshot(&path)
        .and_then(|it| scope::here(it, &path, offset));
    let list = List {
        units: workspace.units,
        text: &document.text,
        offset,
        items: Vec::new(),
        seen: BTreeSet::new(),
    };
    let is_unit = files::is_unit(&document.text);
    let list = match scope::expression(&cursor) {
        Some(expression) => in_expression(list, expression, here.as_ref()),
        None if cursor.is_value || is_item(&cursor) => {
            in_value(list, &cursor, registry, here.as_ref(), is_unit)
        }
        None => key(list, &cursor, registry, here.as_ref(), is_unit),
    };
    json!({ "isIncomplete": false, "items": list.items })
}

/// Whether a text may become a playbook or unit: each key at its top is one of theirs.
fn may_become_one(text: &str) -> bool {
    let mut known = keys_at(Spot::Playbook);
    known.extend(keys_at(Spot::Unit));
    let is_deep = |line: &&str| line.starts_with([' ', '\t', '#']);
    let keys = text
        .lines()
        .filter(|line| !is_deep(line))
        .filter_map(|line| line.split_once(':'));
    keys.into_iter()
        .all(|(key, _)| known.iter().any(|it| it.name == key.trim()))
}

/// Whether a bare item of a list of words is written, and not a key.
fn is_item(cursor: &Cursor) -> bool {
    matches!(cursor.path.last(), Some(Step::Item))
        && matches!(cursor.key(), Some("on_change" | "on_failure" | "hosts" | "needs"))
}

struct List<'t> {
    units: Units,
    text: &'t str,
    offset: usize,
    items: Vec<Value>,
    seen: BTreeSet<String>,
}

impl List<'_> {
    /// Offers a word in the place of what is written of it; `suffix` follows it.
    fn offer(&mut self, name: &str, suffix: &str, typed: &str, kind: u8, (detail, doc): (&str, &str)) {
        if !self.seen.insert(name.to_owned()) {
            return;
        }
        let range = self
            .units
            .range(self.text, self.offset - typed.len(), self.offset);
        let mut item = json!({
            "label": name,
            "kind": kind,
            "filterText": name,
            "textEdit": { "range": range, "newText": format!("{name}{suffix}") },
        });
        if !detail.is_empty() {
            item["detail"] = detail.into();
        }
        if !doc.is_empty() {
            item["documentation"] = json!({ "kind": "markdown", "value": doc });
        }
        self.items.push(item);
    }
}

/// A key of the language, a tool, or an argument.
fn key<'t>(
    mut list: List<'t>,
    cursor: &Cursor,
    registry: &Registry,
    here: Option<&Here<'_>>,
    is_unit: bool,
) -> List<'t> {
    let typed = cursor.typed.as_str();
    if typed.contains([' ', '"', '\'']) {
        return list;
    }
    if let Some(tool) = scope::tool_of(&cursor.path) {
        let own = || {
            let entries = here?.playbook.entries.iter();
            entries
                .filter_map(|it| it.action.call())
                .find(|it| it.tool.name == tool)
        };
        let entry = registry.get(tool).or_else(|| own().map(|call| &call.tool));
        for field in entry.into_iter().flat_map(|it| &it.args().fields) {
            let detail = format!("{}{}", field.of, if field.required { ", required" } else { "" });
            list.offer(&field.name, ": ", typed, FIELD, (&detail, &argument_doc(field)));
        }
        return list;
    }
    let Some(spot) = scope::spot(&cursor.path, is_unit) else {
        return list;
    };
    for key in keys_at(spot) {
        list.offer(key.name, ":", typed, PROPERTY, ("", key.doc));
    }
    if spot == Spot::Entry {
        for tool in registry.iter() {
            list.offer(&tool.name, ":", typed, FUNCTION, ("tool", &tool_doc(tool)));
        }
        let used = here.into_iter().flat_map(|it| &it.playbook.entries);
        for tool in used.filter_map(|it| it.action.call()).map(|it| &it.tool) {
            list.offer(
                &tool.name,
                ":",
                typed,
                FUNCTION,
                ("tool of the playbook", &tool_doc(tool)),
            );
        }
    }
    list
}

/// A value that is one of some words.
fn in_value<'t>(
    mut list: List<'t>,
    cursor: &Cursor,
    registry: &Registry,
    here: Option<&Here<'_>>,
    is_unit: bool,
) -> List<'t> {
    let Some(name) = cursor.key() else { return list };
    let typed = last_word(&cursor.typed);
    let path: &[Step] = match cursor.path.as_slice() {
        [rest @ .., Step::Item] => rest,
        all => all,
    };
    let around = &path[..path.len().saturating_sub(1)];
    if let Some(tool) = scope::tool_of(around).and_then(|tool| registry.get(tool)) {
        let field = tool.args().fields.iter().find(|it| it.name == name);
        for word in field.map_or_else(Vec::new, |it| words(&it.of)) {
            list.offer(&word, "", typed, VALUE, ("", ""));
        }
        return list;
    }
    let spot = scope::spot(around, is_unit);
    match (name, here) {
        ("on_change" | "on_failure", Some(here)) => {
            let own = here
                .entry
                .and_then(|it| it.id.as_ref())
                .map(|it| it.value.as_str());
            for (id, entry) in here.ids().into_iter().filter(|(id, _)| Some(*id) != own) {
                list.offer(id, "", typed, REFERENCE, (entry.action.word(), ""));
            }
        }
        ("hosts" | "delegate_to", Some(here)) if spot.is_some() => {
            let inventory = &here.playbook.inventory;
            if name == "hosts" {
                list.offer("all", "", typed, VALUE, ("every host", ""));
                for group in &inventory.groups {
                    let detail = format!("group of {}", group.hosts.len());
                    list.offer(&group.name, "", typed, VALUE, (&detail, ""));
                }
            }
            for host in inventory.hosts.iter().take(2_000) {
                list.offer(host.name.as_str(), "", typed, VALUE, ("host", ""));
            }
        }
        ("needs", Some(here)) => {
            for round in &here.playbook.rounds {
                list.offer(&round.name.value, "", typed, REFERENCE, ("round", ""));
            }
        }
        _ => {}
    }
    let keys = spot.map_or_else(Vec::new, keys_at);
    for word in keys
        .into_iter()
        .filter(|it| it.name == name)
        .flat_map(|it| it.words)
    {
        list.offer(&word, "", typed, VALUE, ("", ""));
    }
    list
}

/// A name in an expression: a filter, a variable, or a field.
fn in_expression<'t>(mut list: List<'t>, expression: &str, here: Option<&Here<'_>>) -> List<'t> {
    let (names, typed) = scope::trail(expression);
    let before = expression[..expression.len() - typed.len()].trim_end();
    if names.is_empty() && before.ends_with('|') {
        for name in template::filter_names() {
            list.offer(name, "", typed, FUNCTION, ("filter", ""));
        }
        return list;
    }
    let fields = match (names.as_slice(), here) {
        ([], _) => {
            for (name, origin) in here.map_or_else(Vec::new, Here::variables) {
                list.offer(&name, "", typed, VARIABLE, (&origin, ""));
            }
            for (name, detail) in ROOTS {
                list.offer(name, "", typed, VARIABLE, (detail, ""));
            }
            return list;
        }
        (["facts", rest @ ..], _) => inside(fact_fields(), rest),
        (["results"], Some(here)) => {
            for (id, entry) in here.ids() {
                list.offer(id, "", typed, REFERENCE, (entry.action.word(), ""));
            }
            return list;
        }
        (["results", id, rest @ ..], Some(here)) => {
            inside(here.id(id).and_then(result_fields).unwrap_or_default(), rest)
        }
        (["secrets"], Some(here)) => {
            for name in here.playbook.secrets.keys() {
                list.offer(name, "", typed, VARIABLE, ("secret", ""));
            }
            return list;
        }
        (["groups"], Some(here)) => {
            for group in &here.playbook.inventory.groups {
                list.offer(&group.name, "", typed, VALUE, ("group", ""));
            }
            return list;
        }
        _ => Vec::new(),
    };
    for field in fields {
        list.offer(&field.name, "", typed, FIELD, (&field.of.to_string(), &field.doc));
    }
    list
}

/// The fields at the end of a way through records.
fn inside(mut fields: Vec<Field>, way: &[&str]) -> Vec<Field> {
    for name in way {
        let of = fields.into_iter().find(|it| it.name == *name).map(|it| it.of);
        fields = of.map_or_else(Vec::new, record);
    }
    fields
}

fn record(of: Type) -> Vec<Field> {
    match of {
        Type::Record(fields) => fields,
        Type::Union(options) => options.into_iter().flat_map(record).collect(),
        _ => Vec::new(),
    }
}

/// The words that a type takes.
fn words(of: &Type) -> Vec<String> {
    match of {
        Type::Enum(words) => words.clone(),
        Type::Boolean => vec!["true".to_owned(), "false".to_owned()],
        Type::List(of) => words(of),
        Type::Union(options) => options.iter().flat_map(words).collect(),
        _ => Vec::new(),
    }
}

/// What is written of the last word of a value.
fn last_word(typed: &str) -> &str {
    let start = typed
        .rfind([' ', ',', '[', '"', '\'', '!', '&'])
        .map_or(0, |at| at + 1);
    &typed[start..]
}
