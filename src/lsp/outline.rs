//! The structure of a text: its rounds, entries, hosts and variables, and what can be folded.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::diagnostic::Diagnostics;
use crate::lsp::files;
use crate::lsp::text::Units;
use crate::lsp::workspace::Workspace;
use crate::source::{SourceMap, Span, Spanned};
use crate::yaml::{Kind, Node};

/// Sorts of symbols, as the protocol numbers them.
const MODULE: u8 = 2;
const NAMESPACE: u8 = 3;
const FUNCTION: u8 = 12;
const VARIABLE: u8 = 13;
const KEY: u8 = 20;

/// The symbols of a playbook or unit; none of a text that is neither.
pub(super) fn symbols(workspace: &Workspace<'_>, params: &Value) -> Value {
    let tree = workspace
        .document(params)
        .filter(|(_, it)| files::has_shape(&it.text));
    let Some((sources, root)) = tree.and_then(|(path, it)| parse(&path, &it.text)) else {
        return Value::Null;
    };
    let drawer = Drawer {
        units: workspace.units,
        sources: &sources,
    };
    let mut all = Vec::new();
    for (key, value) in entries(&root) {
        let inner = match key.value.as_str() {
            "rounds" => drawer.list(value, MODULE),
            "calls" => drawer.list(value, FUNCTION),
            "vars" | "inputs" | "hosts" | "groups" | "secrets" | "tools" => drawer.names(value),
            _ => continue,
        };
        all.push(drawer.symbol(&key.value, None, KEY, key, value, inner));
    }
    all.into()
}

struct Drawer<'s> {
    units: Units,
    sources: &'s SourceMap,
}

impl Drawer<'_> {
    fn symbol(
        &self,
        name: &str,
        detail: Option<&str>,
        kind: u8,
        key: &Spanned<String>,
        value: &Node,
        children: Vec<Value>,
    ) -> Value {
        let whole = Span {
            start: key.span.start.min(value.span.start),
            end: key.span.end.max(value.span.end),
            ..key.span
        };
        let mut symbol = json!({
            "name": if name.is_empty() { "?" } else { name },
            "kind": kind,
            "range": self.units.span(whole, self.sources),
            "selectionRange": self.units.span(key.span, self.sources),
        });
        if let Some(detail) = detail {
            symbol["detail"] = detail.into();
        }
        if !children.is_empty() {
            symbol["children"] = children.into();
        }
        symbol
    }

    /// What has a name of its own.
    fn names(&self, node: &Node) -> Vec<Value> {
        let all = entries(node).iter();
        all.map(|(key, value)| self.symbol(&key.value, None, VARIABLE, key, value, Vec::new()))
            .collect()
    }

    /// Rounds, or entries of `calls`.
    fn list(&self, node: &Node, kind: u8) -> Vec<Value> {
        let Kind::Seq(items) = &node.kind else {
            return Vec::new();
        };
        items.iter().filter_map(|item| self.item(item, kind)).collect()
    }

    fn item(&self, item: &Node, kind: u8) -> Option<Value> {
        let written = entries(item);
        let text = |name: &str| match &written.iter().find(|(key, _)| key.value == name)?.1.kind {
            Kind::Str(text) => Some(text.text.as_str()),
            _ => None,
        };
        let is_deed = |key: &str| key.contains('.') || matches!(key, "calls" | "import" | "fail");
        let deed = written.iter().find(|(key, _)| is_deed(&key.value));
        let (key, _) = deed.or(written.first())?;
        let calls = written.iter().find(|(key, _)| key.value == "calls");
        let inner = calls.map_or_else(Vec::new, |(_, value)| self.list(value, FUNCTION));
        let name = text("name").or_else(|| text("id")).unwrap_or(&key.value);
        let kind = if kind == FUNCTION && key.value == "calls" {
            NAMESPACE
        } else {
            kind
        };
        let detail = (kind != MODULE && name != key.value).then_some(key.value.as_str());
        let whole = Node {
            span: item.span,
            kind: Kind::Null,
        };
        Some(self.symbol(name, detail, kind, key, &whole, inner))
    }
}

/// What can be folded: each key or item of more than one line, and blocks of comments.
pub(super) fn folds(workspace: &Workspace<'_>, params: &Value) -> Value {
    let Some((path, document)) = workspace
        .document(params)
        .filter(|(path, _)| files::is_yaml(path))
    else {
        return Value::Null;
    };
    if !files::has_shape(&document.text) {
        return Value::Null;
    }
    let text = &document.text;
    let mut all: Vec<(usize, usize, Option<&str>)> = Vec::new();
    if let Some((sources, root)) = parse(&path, text) {
        let mut seen = HashSet::new();
        walk(&root, &mut |from, to| {
            let line = |start: u32| sources.line(Span { start, ..from }).0;
            let (first, last) = (line(from.start), line(to.end.saturating_sub(1)));
            if last > first && seen.insert(first) {
                all.push((first, last, None));
            }
        });
    }
    let mut lines = text
        .lines()
        .map(|it| it.trim_start().starts_with('#'))
        .enumerate()
        .peekable();
    while let Some((first, is_comment)) = lines.next() {
        let mut last = first;
        while is_comment && lines.next_if(|(_, it)| *it).is_some() {
            last += 1;
        }
        if last > first {
            all.push((first, last, Some("comment")));
        }
    }
    let drawn = all.into_iter().map(|(first, last, kind)| match kind {
        Some(kind) => json!({ "startLine": first, "endLine": last, "kind": kind }),
        None => json!({ "startLine": first, "endLine": last }),
    });
    drawn.collect::<Vec<Value>>().into()
}

/// Gives where each entry and item begins and where it ends.
fn walk(node: &Node, see: &mut impl FnMut(Span, Span)) {
    match &node.kind {
        Kind::Map(entries) => {
            for (key, value) in entries {
                see(key.span, value.span);
                walk(value, see);
            }
        }
        Kind::Seq(items) => {
            for item in items {
                see(item.span, item.span);
                walk(item, see);
            }
        }
        _ => {}
    }
}

/// The entries of a map; of anything else there are none.
fn entries(node: &Node) -> &[(Spanned<String>, Node)] {
    match &node.kind {
        Kind::Map(entries) => entries,
        _ => &[],
    }
}

/// The tree of a text, as much as there is of one.
fn parse(path: &Path, text: &str) -> Option<(SourceMap, Node)> {
    let mut sources = SourceMap::default();
    let source = sources.add(path, text);
    let root = Node::parse(source, &sources, &mut Diagnostics::default())?;
    Some((sources, root))
}
