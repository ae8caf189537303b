//! Setting values in YAML: in lines of their own, by how far they are indented.

use std::ops::Range;

use serde_json::Value as Json;

use crate::tools::fs::data::flow::{self, begins_line, put};
use crate::tools::fs::data::place::nested;
use crate::tools::fs::data::render::{Layout, Quotes, json, plain_or_quoted};
use crate::tools::fs::data::tree::{Entry, Kind, Node, find, is_same};
use crate::tools::fs::data::{Set, Step};

const ONE_LINE: Layout = Layout { unit: None };

/// The text with a first value, after whatever is there: comments, mostly.
///
/// # Errors
/// Where it ends with something that cannot be followed.
pub(super) fn begin(text: &str, set: &Set) -> Result<Option<String>, String> {
    let Some(value) = &set.value else { return Ok(None) };
    let mut after = text.to_owned();
    let bare = text
        .lines()
        .any(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty() && line.trim() != "---");
    if bare {
        return Err("the file holds null, and nothing can be set in it".to_owned());
    }
    if !after.is_empty() && !after.ends_with('\n') {
        after.push('\n');
    }
    after.push_str(&lines(&nested(&set.place.0, value), 0, unit(text)).join("\n"));
    after.push('\n');
    Ok(Some(after))
}

/// The text with what is set; nothing where it is so already.
///
/// # Errors
/// Says what is in the way.
pub(super) fn set(text: &str, root: &Node, set: &Set) -> Result<Option<String>, String> {
    let found = find(root, set)?;
    let rest = &set.place.0[found.known..];
    let node = found.way[found.known];
    let above = found
        .known
        .checked_sub(1)
        .map(|at| (found.way[at], &set.place.0[at]));
    let Some(value) = &set.value else {
        if !rest.is_empty() {
            return Ok(None);
        }
        let Some((above, step)) = above else {
            return Err("the whole file cannot be taken out of it".to_owned());
        };
        return take_out(text, above, step).map(Some);
    };
    if rest.is_empty() {
        if is_same(&node.value(), value) {
            return Ok(None);
        }
        return replace(text, above, node, value).map(Some);
    }
    if matches!(node.kind, Kind::Scalar(_)) {
        return replace(text, above, node, &nested(rest, value)).map(Some);
    }
    let inner = nested(&rest[1..], value);
    if node.is_flow {
        one_line(text, node)?;
        return Ok(Some(flow::add(
            text,
            node,
            &rest[0],
            &inner,
            &ONE_LINE,
            Quotes::Yaml,
        )));
    }
    add(text, node, &rest[0], &inner).map(Some)
}

fn one_line(text: &str, node: &Node) -> Result<(), String> {
    if text[node.span.clone()].contains('\n') {
        return Err(
            "it is between brackets over several lines, which would have to be laid out in another way"
                .to_owned(),
        );
    }
    Ok(())
}

/// How far each level is indented.
fn unit(text: &str) -> usize {
    let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines = text.lines().filter(|it| !it.trim_start().starts_with(['#', '-']));
    lines.map(blanks).find(|it| (2..=8).contains(it)).unwrap_or(2)
}

/// The column of a place.
fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |it| it + 1)
}

fn is_collection(value: &Json) -> bool {
    match value {
        Json::Array(list) => !list.is_empty(),
        Json::Object(map) => !map.is_empty(),
        _ => false,
    }
}

/// A value in lines, each indented so far; a scalar is one line.
fn lines(value: &Json, indent: usize, unit: usize) -> Vec<String> {
    let blanks = " ".repeat(indent);
    match value {
        Json::Object(map) if !map.is_empty() => map
            .iter()
            .flat_map(|(key, value)| {
                let head = format!("{blanks}{}:", plain_or_quoted(key));
                below(head, value, indent, unit)
            })
            .collect(),
        Json::Array(list) if !list.is_empty() => list
            .iter()
            .flat_map(|item| {
                if !is_collection(item) {
                    return vec![format!("{blanks}- {}", scalar(item))];
                }
                let mut inner = lines(item, indent + 2, unit);
                inner[0].replace_range(indent..indent + 2, "- ");
                inner
            })
            .collect(),
        other => vec![format!("{blanks}{}", scalar(other))],
    }
}

/// A key with its value, on its line or below it.
fn below(head: String, value: &Json, indent: usize, unit: usize) -> Vec<String> {
    if !is_collection(value) {
        return vec![format!("{head} {}", scalar(value))];
    }
    let mut all = vec![head];
    all.extend(lines(value, indent + unit, unit));
    all
}

fn scalar(value: &Json) -> String {
    json(value, &ONE_LINE, "", Quotes::Yaml)
}

/// A text in the quotes that the old one has.
fn like(old: &str, value: &Json) -> String {
    match value {
        Json::String(new) if old.starts_with('\'') && !new.contains(char::is_control) => {
            format!("'{}'", new.replace('\'', "''"))
        }
        Json::String(_) if old.starts_with('"') => value.to_string(),
        _ => scalar(value),
    }
}

/// Puts another value in the place of one.
fn replace(text: &str, above: Option<(&Node, &Step)>, node: &Node, value: &Json) -> Result<String, String> {
    let old = &text[node.span.clone()];
    let is_one_line = !old.contains('\n') && node.is_flow;
    let is_in_flow = above.is_some_and(|(above, _)| above.is_flow);
    if is_one_line
        && !node.span.is_empty()
        && (is_in_flow || !is_collection(value) || old.starts_with(['{', '[']))
    {
        return Ok(put(text, &node.span, &like(old, value)));
    }
    if is_in_flow {
        return Err(
            "it is between brackets over several lines, which would have to be laid out in another way"
                .to_owned(),
        );
    }
    let (start, head, indent) = match above {
        Some((
            Node {
                kind: Kind::Map(entries),
                ..
            },
            Step::Key(key),
        )) => {
            let Some(entry) = entries.iter().find(|it| it.key == *key) else {
                return Err(format!("`{key}` is not there any more"));
            };
            (
                entry.key_span.start,
                key_head(text, entry)?,
                column(text, entry.key_span.start),
            )
        }
        Some((
            Node {
                kind: Kind::List(_), ..
            },
            _,
        )) => {
            let dash = dash(text, node)?;
            (dash, "-".to_owned(), column(text, dash))
        }
        _ => return Err("the whole file would have to be laid out in another way".to_owned()),
    };
    // An empty value: what follows on its line stays.
    if node.span.is_empty() && !is_collection(value) {
        let end = start + head.len();
        return Ok(put(text, &(end..end), &format!(" {}", scalar(value))));
    }
    let end = end_of(text, node).max(start + head.len());
    let region = &text[start + head.len()..end];
    if has_comment(region) || node.span.is_empty() && has_comment(rest_of_line(text, end)) {
        return Err(
            "there are comments in it, which would be lost: set the values in it one by one".to_owned(),
        );
    }
    let unit = unit(text);
    let new = if head == "-" {
        if is_collection(value) {
            let inner = lines(value, indent + 2, unit).join("\n");
            format!("- {}", inner.trim_start())
        } else {
            format!("- {}", scalar(value))
        }
    } else {
        below(head, value, indent, unit).join("\n")
    };
    let end = start + head_and(&text[start..end]);
    Ok(put(text, &(start..end), &new))
}

/// The length of a text without the blanks and line breaks at its end.
fn head_and(text: &str) -> usize {
    text.trim_end_matches([' ', '\t', '\n']).len()
}

/// A key as it is written, with its colon.
fn key_head(text: &str, entry: &Entry) -> Result<String, String> {
    let after = &text[entry.key_span.end..];
    let colon = after.len() - after.trim_start_matches([' ', '\t']).len();
    if !after[colon..].starts_with(':') {
        return Err(format!(
            "the key `{}` is written in a way that is not edited here",
            entry.key
        ));
    }
    Ok(text[entry.key_span.start..=entry.key_span.end + colon].to_owned())
}

/// Where the dash of an item is.
fn dash(text: &str, item: &Node) -> Result<usize, String> {
    let before = text[..item.span.start].trim_end_matches([' ', '\t']);
    match before.strip_suffix('-') {
        Some(before) => Ok(before.len()),
        None => Err("an item of a list is written in a way that is not edited here".to_owned()),
    }
}

/// Where a value ends, without the line break of a block.
fn end_of(text: &str, node: &Node) -> usize {
    let end = match &node.kind {
        Kind::Map(entries) if !node.is_flow => entries.last().map_or(node.span.end, |it| {
            end_of(text, &it.node).max(it.key_span.end + 1)
        }),
        Kind::List(list) if !node.is_flow => list.last().map_or(node.span.end, |it| end_of(text, it)),
        _ => node.span.end,
    };
    let start = node.span.start.min(end);
    start + head_and(&text[start..end])
}

fn rest_of_line(text: &str, at: usize) -> &str {
    text[at..].lines().next().unwrap_or_default()
}

/// Whether there may be a comment in a text: what is within quotes is not looked at apart.
fn has_comment(text: &str) -> bool {
    text.starts_with('#') || text.contains(" #") || text.contains("\t#") || text.contains("\n#")
}

/// The whole lines of an item or key with its value.
fn whole_lines(text: &str, start: usize, node: &Node, least: usize) -> Range<usize> {
    let line = text[..start].rfind('\n').map_or(0, |it| it + 1);
    let end = end_of(text, node).max(least);
    let end = text[end..].find('\n').map_or(text.len(), |it| end + it + 1);
    line..end
}

/// Adds a key or an item below the last one.
fn add(text: &str, node: &Node, step: &Step, value: &Json) -> Result<String, String> {
    let unit = unit(text);
    let (indent, last, new) = match (&node.kind, step) {
        (Kind::Map(entries), Step::Key(key)) => {
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
                return Err("an empty map is written in a way that is not edited here".to_owned());
            };
            let indent = column(text, first.key_span.start);
            let colon = last.key_span.end + 1;
            let lines_of_last = whole_lines(text, last.key_span.start, &last.node, colon.min(text.len()));
            let head = format!("{}{}:", " ".repeat(indent), plain_or_quoted(key));
            (indent, lines_of_last, below(head, value, indent, unit))
        }
        (Kind::List(items), _) => {
            let (Some(first), Some(last)) = (items.first(), items.last()) else {
                return Err("an empty list is written in a way that is not edited here".to_owned());
            };
            let indent = column(text, dash(text, first)?);
            let dash = dash(text, last)?;
            let lines_of_last = whole_lines(text, dash, last, dash + 1);
            (
                indent,
                lines_of_last,
                lines(&Json::Array(vec![value.clone()]), indent, unit),
            )
        }
        _ => return Err("it is of another sort".to_owned()),
    };
    if text[..last.end]
        .lines()
        .last()
        .is_some_and(|it| it.contains('\t') && it.trim_start_matches(' ').starts_with('\t'))
    {
        return Err(format!(
            "the lines are indented by tabs, and {indent} blanks are needed"
        ));
    }
    let end = if text[..last.end].ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let after = if end.is_empty() { "\n" } else { "" };
    Ok(put(
        text,
        &(last.end..last.end),
        &format!("{end}{}{after}", new.join("\n")),
    ))
}

/// Takes a key or an item out, with its lines.
fn take_out(text: &str, above: &Node, step: &Step) -> Result<String, String> {
    if above.is_flow {
        one_line(text, above)?;
        return Ok(flow::take_out(text, above, step));
    }
    let (start, node, is_only, least) = match (&above.kind, step) {
        (Kind::Map(entries), Step::Key(key)) => {
            let Some(entry) = entries.iter().find(|it| it.key == *key) else {
                return Ok(text.to_owned());
            };
            (
                entry.key_span.start,
                &entry.node,
                entries.len() == 1,
                entry.key_span.end + 1,
            )
        }
        (Kind::List(list), Step::Index(index)) => {
            let Some(node) = list.get(*index) else {
                return Ok(text.to_owned());
            };
            let dash = dash(text, node)?;
            (dash, node, list.len() == 1, dash + 1)
        }
        _ => return Ok(text.to_owned()),
    };
    let lines = whole_lines(text, start, node, least.min(text.len()));
    if is_only {
        // What is empty has to say of which sort it is.
        let empty = if matches!(above.kind, Kind::Map(_)) {
            "{}"
        } else {
            "[]"
        };
        if !begins_line(text, start) {
            let end = end_of(text, node).max(least);
            return Ok(put(text, &(start..end), empty));
        }
        let indent = " ".repeat(column(text, start).max(1));
        return Ok(put(text, &lines, &format!("{indent}{empty}\n")));
    }
    if !begins_line(text, start) {
        return Err(
            "it is the first of a map in a list, which would have to be laid out in another way".to_owned(),
        );
    }
    Ok(put(text, &lines, ""))
}
