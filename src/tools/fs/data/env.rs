//! Setting values in files of `KEY=value`.

use serde_json::Value as Json;

use crate::tools::fs::data::{Place, Set, Step};

/// Whether a place and a value are such as these files have.
///
/// # Errors
/// Says why not.
pub(super) fn check(place: &Place, value: Option<&Json>) -> Result<(), String> {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|it: char| it.is_ascii_digit())
            && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
    };
    match &place.0[..] {
        [Step::Key(name)] if is_name(name) => {}
        _ => return Err(format!("`{place}` is not the name of a variable")),
    }
    value.map_or(Ok(()), |value| text_of(value).map(drop))
}

fn text_of(value: &Json) -> Result<String, String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(_) | Json::Bool(_) => value.to_string(),
        _ => return Err("the value must be text, a number or a boolean".to_owned()),
    };
    if text.contains(char::is_control) {
        return Err("the value must be one line".to_owned());
    }
    Ok(text)
}

/// What is before the value, the value as it is written, and what follows it; of a line that sets a variable.
fn read<'a>(line: &'a str, key: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let text = line.trim_start();
    let name = text.strip_prefix("export ").map_or(text, str::trim_start);
    let value = name.strip_prefix(key)?.strip_prefix('=')?;
    let head = &line[..line.len() - value.len()];
    let length = written(value);
    Some((head, &value[..length], &value[length..]))
}

/// How much of a text is the value: up to a blank that is not within quotes.
fn written(text: &str) -> usize {
    let (mut quote, mut is_escaped) = (None, false);
    for (at, it) in text.char_indices() {
        match (quote, it) {
            _ if is_escaped => is_escaped = false,
            (None | Some('"'), '\\') => is_escaped = true,
            (None, '\'' | '"') => quote = Some(it),
            (Some(open), it) if it == open => quote = None,
            (None, ' ' | '\t')
                if text[at..].trim_start().is_empty() || text[at..].trim_start().starts_with('#') =>
            {
                return at;
            }
            _ => {}
        }
    }
    text.len()
}

/// What a written value comes to.
fn meant(written: &str) -> String {
    let (mut text, mut quote) = (String::new(), None);
    let mut all = written.chars();
    while let Some(it) = all.next() {
        match (quote, it) {
            (None, '\'' | '"') => quote = Some(it),
            (Some(open), it) if it == open => quote = None,
            (None | Some('"'), '\\') => match all.next() {
                Some(next) if quote.is_none() || "\"\\$`".contains(next) => text.push(next),
                Some(next) => text.extend(['\\', next]),
                None => text.push('\\'),
            },
            _ => text.push(it),
        }
    }
    text
}

/// A value in the quotes of the old one, or in those that it needs.
fn quoted(text: &str, old: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "_./:@%+,-=".contains(it);
    let needs_none = text.chars().all(is_plain);
    if old.starts_with('\'') && !text.contains('\'') {
        return format!("'{text}'");
    }
    if needs_none && !old.starts_with('"') {
        return text.to_owned();
    }
    let mut all = String::from('"');
    for it in text.chars() {
        if "\"\\$`".contains(it) {
            all.push('\\');
        }
        all.push(it);
    }
    all.push('"');
    all
}

/// The text with what is set, and what was there.
///
/// # Errors
/// Where the variable is there twice.
pub(super) fn set(text: &str, set: &Set) -> Result<(String, Json), String> {
    let Some(Step::Key(key)) = set.place.0.first() else {
        return Err("a variable has a name".to_owned());
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let found: Vec<usize> = (0..lines.len())
        .filter(|at| read(&lines[*at], key).is_some())
        .collect();
    if let [_, second, ..] = found[..] {
        return Err(format!(
            "line {}: the variable `{key}` is there twice",
            second + 1
        ));
    }
    let old = found.first().and_then(|at| Some((*at, read(&lines[*at], key)?)));
    let before = old.map_or(Json::Null, |(_, (_, written, _))| Json::String(meant(written)));
    let is_same = |value: &String| before.as_str() == Some(value);
    let wanted = set.value.as_ref().map(text_of).transpose()?;
    match (wanted, old) {
        (None, None) => return Ok((text.to_owned(), before)),
        (Some(value), Some(_)) if is_same(&value) => return Ok((text.to_owned(), before)),
        (None, Some((at, _))) => drop(lines.remove(at)),
        (Some(value), Some((at, (head, written, rest)))) => {
            lines[at] = format!("{head}{}{rest}", quoted(&value, written));
        }
        (Some(value), None) => lines.push(format!("{key}={}", quoted(&value, ""))),
    }
    let mut after = lines.join("\n");
    if !after.is_empty() && (text.ends_with('\n') || set.value.is_some()) {
        after.push('\n');
    }
    Ok((after, before))
}
