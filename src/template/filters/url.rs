//! Addresses of the web.

use std::fmt::Write as _;

use minijinja::{Environment, Error, Value};

use super::{data, invalid};
use crate::value;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &["urldecode", "urlencode", "urlsplit"];
/// The names of the tests.
pub(super) const TESTS: &[&str] = &["url"];

/// Adds the filters and tests.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("urlencode", urlencode);
    engine.add_filter("urldecode", urldecode);
    engine.add_filter("urlsplit", urlsplit);
    engine.add_test("url", |text: &str| {
        let parts = Parts::of(text);
        !parts.scheme.is_empty() && !parts.netloc.is_empty() && !text.contains(char::is_whitespace)
    });
}

fn percent(text: &str, safe: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(character) || safe.contains(character) {
            out.push(character);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A text with `/` left as it is; a map, or a list of pairs, as a query.
fn urlencode(value: &Value) -> Result<String, Error> {
    let text = |value: &value::Value| match value {
        value::Value::Str(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    let pair =
        |key: &str, value: &value::Value| format!("{}={}", percent(key, ""), percent(&text(value), ""));
    Ok(match data(value)? {
        value::Value::Map(map) => {
            let pairs: Vec<_> = map.iter().map(|(key, value)| pair(key, value)).collect();
            pairs.join("&")
        }
        value::Value::List(items) => {
            let pairs = items.iter().map(|item| match item {
                value::Value::List(two) if two.len() == 2 => Ok(pair(&text(&two[0]), &text(&two[1]).into())),
                _ => Err(invalid("`urlencode` of a list needs pairs of a name and a value")),
            });
            pairs.collect::<Result<Vec<_>, _>>()?.join("&")
        }
        other => percent(&text(&other), "/"),
    })
}

fn urldecode(text: &str) -> Result<String, Error> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).unwrap_or_default();
                let byte = u8::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 2);
                out.push(byte.ok_or_else(|| invalid(format!("`%{digits}` is no percent escape")))?);
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).map_err(|_| invalid("what is decoded is no UTF-8"))
}

/// The parts of a URL, as Python divides it.
struct Parts<'a> {
    scheme: String,
    netloc: &'a str,
    path: &'a str,
    query: &'a str,
    fragment: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_scheme = |it: &str| {
            it.starts_with(|c: char| c.is_ascii_alphabetic())
                && it.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), rest),
        };
        let (netloc, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        Self {
            scheme,
            netloc,
            path,
            query,
            fragment,
        }
    }
}

/// All parts, or the one of a name.
fn urlsplit(text: &str, wanted: Option<&str>) -> Result<Value, Error> {
    let parts = Parts::of(text);
    let (login, place) = match parts.netloc.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, parts.netloc),
    };
    let (user, password) = match login.map(|it| it.split_once(':').unwrap_or((it, ""))) {
        Some((user, password)) => (Some(user), Some(password).filter(|it| !it.is_empty())),
        None => (None, None),
    };
    let end = place.rfind(']').map_or(0, |it| it + 1);
    let (host, port) = match place[end..].find(':') {
        Some(at) => (&place[..end + at], place[end + at + 1..].parse::<u16>().ok()),
        None => (place, None),
    };
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase();
    let text = |it: Option<&str>| it.map_or_else(|| Value::from(()), Value::from);
    let all = [
        ("fragment", Value::from(parts.fragment)),
        ("hostname", text(Some(host.as_str()).filter(|it| !it.is_empty()))),
        ("netloc", Value::from(parts.netloc)),
        ("password", text(password)),
        ("path", Value::from(parts.path)),
        ("port", port.map_or_else(|| Value::from(()), Value::from)),
        ("query", Value::from(parts.query)),
        ("scheme", Value::from(parts.scheme)),
        ("username", text(user)),
    ];
    let Some(wanted) = wanted else {
        return Ok(Value::from_pairs(all));
    };
    let found = all.into_iter().find(|(name, _)| *name == wanted);
    found
        .map(|(_, value)| value)
        .ok_or_else(|| invalid(format!("a URL has no part `{wanted}`")))
}
