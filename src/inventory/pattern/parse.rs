//! The text of a pattern to its parts.

use std::net::Ipv6Addr;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::inventory::pattern::{Part, Pattern, PatternError, Role, Subscript, What};

/// How much memory one compiled expression may take, in bytes.
const REGEX_LIMIT: usize = 1 << 20;

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Malformed parts, each with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<PatternError>> {
        let mut parts = Vec::new();
        let mut errors = Vec::new();
        for range in split(text) {
            match part(text, range) {
                Ok(part) => parts.push(part),
                Err(error) => errors.push(error),
            }
        }
        if parts.is_empty() && errors.is_empty() {
            errors.push(PatternError {
                message: "the host pattern is empty".into(),
                range: 0..text.len(),
                help: Some("Name hosts or groups, or write `all`.".into()),
                unknown: None,
            });
        }
        if errors.is_empty() {
            Ok(Self {
                text: text.to_owned(),
                parts,
            })
        } else {
            Err(errors)
        }
    }
}

/// The parts' bytes without surrounding space: between commas, or where there is none, between colons.
fn split(text: &str) -> Vec<Range<usize>> {
    if text.trim().parse::<Ipv6Addr>().is_ok() {
        return trimmed(text, 0..text.len()).into_iter().collect();
    }
    let commas = split_at(text, b',');
    if commas.len() > 1 {
        commas
    } else {
        split_at(text, b':')
    }
    .into_iter()
    .filter_map(|range| trimmed(text, range))
    .collect()
}

/// Splits outside of square brackets; inside a regular expression outside of every bracket.
fn split_at(text: &str, separator: u8) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let mut is_regex = false;
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if std::mem::take(&mut is_escaped) {
            continue;
        }
        match byte {
            b'\\' if is_regex => is_escaped = true,
            b'~' if text[start..at].trim_matches([' ', '&', '!']).is_empty() => is_regex = true,
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'(' | b'{' if is_regex => depth += 1,
            b')' | b'}' if is_regex => depth = depth.saturating_sub(1),
            _ if byte == separator && depth == 0 => {
                ranges.push(start..at);
                start = at + 1;
                is_regex = false;
            }
            _ => {}
        }
    }
    ranges.push(start..text.len());
    ranges
}

fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    let end = start + part.trim().len();
    (start < end).then_some(start..end)
}

fn part(text: &str, range: Range<usize>) -> Result<Part, PatternError> {
    let written = &text[range.clone()];
    let (role, body) = match written.as_bytes()[0] {
        b'&' => (Role::Intersection, &written[1..]),
        b'!' => (Role::Exclusion, &written[1..]),
        _ => (Role::Union, written),
    };
    let body = body.trim_start();
    let offset = range.end - body.len();
    let error = |message: String, range: Range<usize>, help: Option<String>| PatternError {
        message,
        range,
        help,
        unknown: None,
    };
    if body.is_empty() {
        return Err(error(format!("nothing follows `{written}`"), range, None));
    }
    if let Some(expression) = body.strip_prefix('~') {
        let regex = compile(&format!("^(?:{expression})")).map_err(|cause| {
            let message = format!("`{body}` is not a regular expression");
            error(message, offset..range.end, Some(cause))
        })?;
        return Ok(Part {
            role,
            what: What::Matching(regex),
            subscript: None,
            range,
        });
    }
    if body.contains(char::is_whitespace) {
        let help = "Separate hosts and groups by commas.".to_owned();
        return Err(error(
            format!("`{body}` contains space"),
            offset..range.end,
            Some(help),
        ));
    }
    let (name, subscript) = subscript(body);
    let what = match name {
        "all" | "*" => What::All,
        _ if name.contains(['*', '?', '[']) => {
            let expression = glob(name).ok_or_else(|| {
                let help = "Close the `[`, as in `web[abc]`.".to_owned();
                error(
                    format!("`{name}` has a `[` without its `]`"),
                    offset..range.end,
                    Some(help),
                )
            })?;
            What::Matching(compile(&expression).map_err(|cause| {
                error(
                    format!("`{name}` is not a pattern of names"),
                    offset..range.end,
                    Some(cause),
                )
            })?)
        }
        _ => What::Name(name.to_owned()),
    };
    Ok(Part {
        role,
        what,
        subscript,
        range,
    })
}

/// The compiled expression, or the cause in a sentence.
fn compile(expression: &str) -> Result<Regex, String> {
    RegexBuilder::new(expression)
        .size_limit(REGEX_LIMIT)
        .build()
        .map_err(|error| {
            let text = error.to_string();
            let cause = text.lines().last().unwrap_or_default();
            format!(
                "The expression has a fault: {}.",
                cause.trim_start_matches("error: ").trim_end_matches('.')
            )
        })
}

/// Takes `[1]`, `[-1]`, `[1:2]` or `[1:]` off the end.
fn subscript(text: &str) -> (&str, Option<Subscript>) {
    let parse = || {
        let (name, inside) = text.strip_suffix(']')?.rsplit_once('[')?;
        if name.is_empty() {
            return None;
        }
        if let Ok(one) = inside.parse::<i64>() {
            return (!inside.starts_with('+')).then_some((name, Subscript::One(one)));
        }
        // Ansible takes `[0-2]` as well.
        let (begin, end) = inside.split_once(':').or_else(|| inside.split_once('-'))?;
        if !(begin.chars().chain(end.chars())).all(|c| c.is_ascii_digit() || c == '-')
            || begin.len() + end.len() == 0
        {
            return None;
        }
        let number = |text: &str, missing| {
            if text.is_empty() {
                Some(missing)
            } else {
                text.parse().ok()
            }
        };
        Some((name, Subscript::Slice(number(begin, 0)?, number(end, -1)?)))
    };
    match parse() {
        Some((name, subscript)) => (name, Some(subscript)),
        None => (text, None),
    }
}

/// The regular expression of a shell glob; `None` where a `[` is not closed.
fn glob(text: &str) -> Option<String> {
    let mut expression = String::from("^");
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '[' => {
                let inside = rest.as_str();
                let first = inside.strip_prefix('!').map_or(0, |_| 1);
                // A `]` that is first is one of the set.
                let close = inside.get(first + 1..)?.find(']')? + first + 1;
                let set = regex::escape(&inside[first..close]).replace("\\-", "-");
                expression.push_str(if first == 1 { "[^" } else { "[" });
                expression.push_str(&set);
                expression.push(']');
                rest = inside[close + 1..].chars();
            }
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    Some(expression)
}
