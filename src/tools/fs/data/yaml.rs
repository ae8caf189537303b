//! Reading YAML with the places of its values.

use std::collections::HashMap;

use serde_json::Value as Json;
use serde_yaml::granit_parser::{self, Event, Parser, ScalarStyle, StructureStyle};

use crate::tools::fs::data::tree::{Entry, Kind, Node, check_twice, line_of};

/// Deeper than this nothing is read.
const DEEPEST: usize = 128;
/// So many values are read at most, second names counted.
const MOST: usize = 1_000_000;

struct Open {
    start: usize,
    is_flow: bool,
    anchor: usize,
    is_shared: bool,
    kind: Sort,
}

enum Sort {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<Node>),
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    root: Option<Node>,
    named: HashMap<usize, Json>,
    count: usize,
}

/// What a text holds; nothing where it holds no value.
///
/// # Errors
/// Says what is wrong, with the line.
pub(super) fn parse(text: &str) -> Result<Option<Node>, String> {
    let options = granit_parser::options! { emit_comments: false };
    let mut reader = Reader::default();
    let mut documents = 0;
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, at) = next.map_err(|error| format!("this is not YAML: {error}"))?;
        let range = at.byte_range().unwrap_or(0..0);
        let wrong = |what: &str| format!("line {}: {what}", line_of(text, range.start));
        let is_tagged = at.tag_start().is_some();
        match event {
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    return Err(wrong("a second document begins here"));
                }
            }
            Event::Scalar(written, style, anchor, _) => {
                let value = match style {
                    ScalarStyle::Plain if !is_tagged => plain(&written),
                    _ => Json::String(written.into_owned()),
                };
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let node = Node {
                    span: range.clone(),
                    kind: Kind::Scalar(value),
                    is_flow: !is_block,
                    is_shared: anchor > 0 || is_tagged,
                };
                reader.put(text, node, anchor)?;
            }
            Event::Alias(id) => {
                let Some(value) = reader.named.get(&id).cloned() else {
                    return Err(wrong("a value holds itself"));
                };
                reader.count += size(&value);
                let node = Node {
                    span: range.clone(),
                    kind: fixed(value, range.start),
                    is_flow: true,
                    is_shared: true,
                };
                reader.put(text, node, 0)?;
            }
            Event::SequenceStart(style, anchor, _) => {
                reader.begin(range.start, style, anchor, is_tagged, Sort::List(Vec::new()));
            }
            Event::MappingStart(style, anchor, _) => {
                reader.begin(range.start, style, anchor, is_tagged, Sort::Map(Vec::new(), None));
            }
            Event::SequenceEnd | Event::MappingEnd => reader.end(text, range.end)?,
            _ => {}
        }
        if reader.open.len() > DEEPEST || reader.count > MOST {
            return Err(wrong("it is nested too deep, or holds too much"));
        }
    }
    Ok(reader
        .root
        .filter(|it| !matches!(it.kind, Kind::Scalar(Json::Null))))
}

fn size(value: &Json) -> usize {
    match value {
        Json::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Json::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// What stands for a value that is written elsewhere.
fn fixed(value: Json, at: usize) -> Kind {
    let node = |value| Node {
        span: at..at,
        kind: fixed(value, at),
        is_flow: true,
        is_shared: true,
    };
    match value {
        Json::Array(list) => Kind::List(list.into_iter().map(node).collect()),
        Json::Object(map) => Kind::Map(
            map.into_iter()
                .map(|(key, value)| Entry {
                    key,
                    key_span: at..at,
                    node: node(value),
                })
                .collect(),
        ),
        scalar => Kind::Scalar(scalar),
    }
}

impl Reader {
    fn begin(&mut self, start: usize, style: StructureStyle, anchor: usize, is_tagged: bool, kind: Sort) {
        self.open.push(Open {
            start,
            is_flow: style == StructureStyle::Flow,
            anchor,
            is_shared: anchor > 0 || is_tagged,
            kind,
        });
    }

    fn end(&mut self, text: &str, end: usize) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let last = match &open.kind {
            Sort::List(list) => list.last().map(|it| it.span.end),
            Sort::Map(entries, _) => entries.last().map(|it| it.node.span.end.max(it.key_span.end)),
        };
        // A block ends with what is last in it.
        let end = if open.is_flow {
            end
        } else {
            last.unwrap_or(open.start)
        };
        let kind = match open.kind {
            Sort::List(items) => Kind::List(items),
            Sort::Map(entries, _) => {
                check_twice(text, &entries)?;
                Kind::Map(entries)
            }
        };
        let node = Node {
            span: open.start..end,
            kind,
            is_flow: open.is_flow,
            is_shared: open.is_shared,
        };
        self.put(text, node, open.anchor)
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, text: &str, node: Node, anchor: usize) -> Result<(), String> {
        self.count += 1;
        if anchor > 0 {
            self.named.insert(anchor, node.value());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.kind {
            Sort::List(list) => list.push(node),
            Sort::Map(entries, key) => match key.take() {
                None => *key = Some(node),
                Some(found) => {
                    let Kind::Scalar(value) = &found.kind else {
                        let line = line_of(text, found.span.start);
                        return Err(format!("line {line}: a key is not text"));
                    };
                    let key = match value {
                        Json::String(text) => text.clone(),
                        other => text
                            .get(found.span.clone())
                            .map_or_else(|| other.to_string(), str::to_owned),
                    };
                    if key == "<<" {
                        let line = line_of(text, found.span.start);
                        return Err(format!(
                            "line {line}: `<<` takes in another map, which is not edited here"
                        ));
                    }
                    entries.push(Entry {
                        key,
                        key_span: found.span,
                        node,
                    });
                }
            },
        }
        Ok(())
    }
}

/// What a text without quotes is, by the core schema of YAML 1.2.
fn plain(text: &str) -> Json {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Json::Null,
        "true" | "True" | "TRUE" => return Json::Bool(true),
        "false" | "False" | "FALSE" => return Json::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.is_empty()
        && digits.bytes().all(|it| it.is_ascii_digit())
        && let Ok(number) = text.trim_start_matches('+').parse::<i64>()
    {
        return number.into();
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(number) = text
            .strip_prefix(prefix)
            .and_then(|it| i64::from_str_radix(it, radix).ok())
        {
            return number.into();
        }
    }
    let is_number = digits.starts_with(|it: char| it.is_ascii_digit() || it == '.')
        && digits
            .bytes()
            .all(|it| it.is_ascii_digit() || b".eE+-".contains(&it))
        && digits.bytes().any(|it| it.is_ascii_digit());
    if is_number
        && let Ok(number) = text.parse::<f64>()
        && let Some(number) = serde_json::Number::from_f64(number)
    {
        return Json::Number(number);
    }
    Json::String(text.to_owned())
}
