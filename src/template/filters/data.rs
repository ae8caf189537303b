//! JSON and YAML.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands its arguments over"
)]

use minijinja::value::Kwargs;
use minijinja::{Environment, Error};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::{data, give, invalid};
use crate::value::Value;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &[
    "from_json",
    "from_yaml",
    "to_json",
    "to_nice_json",
    "to_nice_yaml",
    "to_yaml",
];

/// Adds the filters.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("from_json", from_json);
    engine.add_filter("from_yaml", from_yaml);
    engine.add_filter("to_json", to_json);
    // The engine's own writes `<` as `\u003c`, for HTML.
    engine.add_filter("tojson", to_json);
    engine.add_filter("to_nice_json", to_nice_json);
    engine.add_filter("to_yaml", to_yaml);
    engine.add_filter("to_nice_yaml", to_yaml);
}

fn from_json(text: &str) -> Result<minijinja::Value, Error> {
    let value: Value = serde_json::from_str(text).map_err(|error| invalid(format!("no JSON: {error}")))?;
    Ok(give(&value))
}

fn from_yaml(text: &str) -> Result<minijinja::Value, Error> {
    let options = serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    let value: Value = serde_yaml::from_str_with_options(text, options)
        .map_err(|error| invalid(format!("no YAML: {error}")))?;
    Ok(give(&value))
}

/// JSON on one line, with spaces after commas and colons.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }
    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }
    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        out.write_all(b": ")
    }
}

fn json(value: &Value, formatter: impl Formatter) -> Result<String, Error> {
    if !value.is_json() {
        return Err(invalid("an infinite number, or one that is none, is not JSON"));
    }
    let mut out = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut out, formatter))
        .map_err(|error| invalid(error.to_string()))?;
    String::from_utf8(out).map_err(|error| invalid(error.to_string()))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(sorted).collect()),
        Value::Map(mut map) => {
            map.sort_keys();
            Value::Map(map.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        other => other,
    }
}

/// What is to be written, and with which indentation.
fn options(value: &minijinja::Value, options: &Kwargs) -> Result<(Value, Option<usize>), Error> {
    let value = data(value)?;
    let sort: Option<bool> = options.get("sort_keys")?;
    let indent: Option<usize> = options.get("indent")?;
    options.assert_all_used()?;
    let value = if sort == Some(true) { sorted(value) } else { value };
    Ok((value, indent.map(|indent| indent.min(16))))
}

fn to_json(value: &minijinja::Value, kwargs: Kwargs) -> Result<String, Error> {
    match options(value, &kwargs)? {
        (value, None) => json(&value, Spaced),
        (value, Some(indent)) => json(
            &value,
            PrettyFormatter::with_indent(" ".repeat(indent).as_bytes()),
        ),
    }
}

fn to_nice_json(value: &minijinja::Value, kwargs: Kwargs) -> Result<String, Error> {
    let (value, indent) = options(value, &kwargs)?;
    json(
        &value,
        PrettyFormatter::with_indent(" ".repeat(indent.unwrap_or(4)).as_bytes()),
    )
}

fn to_yaml(value: &minijinja::Value, kwargs: Kwargs) -> Result<String, Error> {
    let (value, indent) = options(value, &kwargs)?;
    let written = match indent {
        Some(indent) => {
            let options = serde_yaml::ser_options! { indent_step: indent.max(1) };
            serde_yaml::to_string_with_options(&value, options)
        }
        None => serde_yaml::to_string(&value),
    };
    written.map_err(|error| invalid(error.to_string()))
}
