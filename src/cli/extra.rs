//! The variables of `-e`: they win over all others, and are never templates.

use std::path::Path;
use std::sync::Arc;

use crate::cli::error::CliError;
use crate::diagnostic::{Diagnostics, Format, render};
use crate::source::{LARGEST_TEXT, SourceMap, Span, Spanned, read_text};
use crate::template::{Form, Variables};
use crate::value::{Map, Value};
use crate::yaml::{Kind, Node};

/// Reads them: `name=text` pairs, a JSON object, or `@` and a file of YAML or JSON. Text of pairs is text, whatever it
/// looks like; the others keep their types.
///
/// # Errors
/// Where an argument is none of these.
pub(super) fn extra(words: &[String]) -> Result<Arc<Variables>, CliError> {
    let mut sources = SourceMap::default();
    let source = sources.add(Path::new("-e"), "");
    let mut variables = Variables::new();
    for word in words {
        for (name, value) in pairs(word)? {
            variables.insert(name, Spanned::new(Form::Literal(value), Span::new(source, 0, 0)));
        }
    }
    Ok(Arc::new(variables))
}

fn pairs(word: &str) -> Result<Map, CliError> {
    if let Some(path) = word.strip_prefix('@') {
        return file(Path::new(path));
    }
    if word.trim_start().starts_with('{') {
        return serde_json::from_str(word)
            .map_err(|error| CliError::usage(format!("`-e {word}` is not a JSON object: {error}")));
    }
    let wrong = || {
        CliError::usage(format!("`-e {word}` is not name=value"))
            .help("Write `-e name=text`, `-e @file.yml`, or a JSON object as in `-e '{\"count\": 3}'`.")
    };
    let mut found = Map::new();
    // One pair takes the whole argument, unless each word of it is a pair.
    let parts: Vec<&str> = word.split_whitespace().collect();
    let is_pair = |part: &&str| part.split_once('=').is_some_and(|(name, _)| is_name(name));
    let parts = if parts.len() > 1 && parts.iter().all(is_pair) {
        parts
    } else {
        vec![word]
    };
    for part in parts {
        match part.split_once('=') {
            Some((name, value)) if is_name(name) => found.insert(name.to_owned(), value.into()),
            _ => return Err(wrong()),
        };
    }
    Ok(found)
}

fn file(path: &Path) -> Result<Map, CliError> {
    let shown = path.display();
    let text = read_text(path, LARGEST_TEXT)
        .map_err(|error| CliError::invalid(format!("`-e @{shown}`: the file cannot be read: {error}")))?;
    let mut sources = SourceMap::default();
    let mut found = Diagnostics::default();
    let source = sources.add(path, text);
    let node = Node::parse(source, &sources, &mut found);
    if found.has_errors() {
        let text = render(&found, &sources, Format::Human { color: false });
        return Err(CliError::invalid(format!("`-e @{shown}` is not valid:\n{text}")));
    }
    match node.map(|node| data(&node)) {
        Some(Value::Map(map)) => match map.keys().find(|name| !is_name(name)) {
            None => Ok(map),
            Some(name) => Err(CliError::invalid(format!(
                "`-e @{shown}`: `{name}` cannot be the name of a variable"
            ))),
        },
        _ => Err(CliError::invalid(format!(
            "`-e @{shown}` is not a map of variables"
        ))),
    }
}

fn data(node: &Node) -> Value {
    match &node.kind {
        Kind::Null | Kind::Refused => Value::Null,
        Kind::Bool(it) => (*it).into(),
        Kind::Int(it) => (*it).into(),
        Kind::Uint(it) => (*it).into(),
        Kind::Float(it) => (*it).into(),
        Kind::Str(text) | Kind::Tagged(_, text) => text.text.as_str().into(),
        Kind::Seq(items) => Value::List(items.iter().map(data).collect()),
        Kind::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.value.clone(), data(value)))
                .collect(),
        ),
    }
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
