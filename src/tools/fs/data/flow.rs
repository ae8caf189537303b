//! Setting values between brackets: all of JSON, and what YAML has in such a form.

use std::ops::Range;

use serde_json::Value as Json;

use crate::tools::fs::data::place::nested;
use crate::tools::fs::data::render::{Layout, Quotes, json};
use crate::tools::fs::data::tree::{Kind, Node, find, is_same};
use crate::tools::fs::data::{Set, Step};

/// The text with what is set in JSON; nothing where it is so already.
///
/// # Errors
/// Says what is in the way.
pub(super) fn set(text: &str, root: &Node, set: &Set) -> Result<Option<String>, String> {
    let found = find(root, set)?;
    let rest = &set.place.0[found.known..];
    let node = found.way[found.known];
    let Some(value) = &set.value else {
        if !rest.is_empty() {
            return Ok(None);
        }
        let Some(above) = found.known.checked_sub(1) else {
            return Err("the whole file cannot be taken out of it".to_owned());
        };
        return Ok(Some(take_out(text, found.way[above], &set.place.0[above])));
    };
    let layout = Layout::of(text);
    if rest.is_empty() {
        if is_same(&node.value(), value) {
            return Ok(None);
        }
        let depth = indent_at(text, node.span.start);
        return Ok(Some(put(
            text,
            &node.span,
            &json(value, &layout, &depth, Quotes::Json),
        )));
    }
    let inner = nested(&rest[1..], value);
    if let Kind::Scalar(_) = &node.kind {
        // Nothing is there yet, or null.
        let whole = nested(rest, value);
        let written = json(&whole, &layout, &indent_at(text, node.span.start), Quotes::Json);
        let end = if text.trim().is_empty() { "\n" } else { "" };
        return Ok(Some(put(text, &node.span, &format!("{written}{end}"))));
    }
    Ok(Some(add(text, node, &rest[0], &inner, &layout, Quotes::Json)))
}

pub(super) fn put(text: &str, span: &Range<usize>, new: &str) -> String {
    format!("{}{new}{}", &text[..span.start], &text[span.end..])
}

/// The blanks that the line begins with which a place is on.
pub(super) fn indent_at(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    let line = &text[start..];
    line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned()
}

/// Whether only blanks are before a place on its line.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    text[start..at].trim_matches([' ', '\t']).is_empty()
}

/// Adds an item to a map or list.
pub(super) fn add(
    text: &str,
    node: &Node,
    step: &Step,
    value: &Json,
    layout: &Layout,
    quotes: Quotes,
) -> String {
    let (last, first) = match &node.kind {
        Kind::Map(entries) => (
            entries.last().map(|it| it.node.span.end),
            entries.first().map(|it| it.key_span.start),
        ),
        Kind::List(list) => (
            list.last().map(|it| it.span.end),
            list.first().map(|it| it.span.start),
        ),
        Kind::Scalar(_) => (None, None),
    };
    let colon = match &node.kind {
        Kind::Map(entries) => entries
            .first()
            .map(|it| &text[it.key_span.end..it.node.span.start]),
        _ => None,
    };
    let colon = colon.filter(|it| !it.contains('\n')).unwrap_or(": ");
    let item = |depth: &str| {
        let value = json(value, layout, depth, quotes);
        match step {
            Step::Key(key) => format!("{}{colon}{value}", quotes.key(key)),
            Step::Index(_) => value,
        }
    };
    match (last, first) {
        (Some(last), Some(first)) if begins_line(text, first) && first > node.span.start => {
            let depth = indent_at(text, first);
            put(text, &(last..last), &format!(",\n{depth}{}", item(&depth)))
        }
        (Some(last), _) => put(
            text,
            &(last..last),
            &format!(", {}", item(&indent_at(text, last))),
        ),
        (None, _) => {
            let (open, close) = match step {
                Step::Key(_) => ('{', '}'),
                Step::Index(_) => ('[', ']'),
            };
            let outer = indent_at(text, node.span.start);
            let new = match &layout.unit {
                Some(unit) if quotes == Quotes::Json => {
                    let depth = format!("{outer}{unit}");
                    format!("{open}\n{depth}{}\n{outer}{close}", item(&depth))
                }
                _ => format!("{open}{}{close}", item(&outer)),
            };
            put(text, &node.span, &new)
        }
    }
}

/// Takes an item out of a map or list, with the comma next to it.
pub(super) fn take_out(text: &str, above: &Node, step: &Step) -> String {
    let spans: Vec<Range<usize>> = match &above.kind {
        Kind::Map(entries) => entries
            .iter()
            .map(|it| it.key_span.start..it.node.span.end)
            .collect(),
        Kind::List(list) => list.iter().map(|it| it.span.clone()).collect(),
        Kind::Scalar(_) => Vec::new(),
    };
    let at = match (step, &above.kind) {
        (Step::Key(key), Kind::Map(entries)) => entries.iter().position(|it| it.key == *key),
        (Step::Index(index), _) => Some(*index),
        _ => None,
    };
    let Some(at) = at.filter(|at| *at < spans.len()) else {
        return text.to_owned();
    };
    match (at, spans.len()) {
        (0, 1) => {
            let brackets = if matches!(above.kind, Kind::Map(_)) {
                "{}"
            } else {
                "[]"
            };
            put(text, &above.span, brackets)
        }
        (0, _) => put(text, &(spans[0].start..spans[1].start), ""),
        (at, _) => put(text, &(spans[at - 1].end..spans[at].end), ""),
    }
}
