//! Regular expressions.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands its arguments over"
)]

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, Value};
use regex::{Regex, RegexBuilder};

use super::invalid;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &["regex_escape", "regex_findall", "regex_replace", "regex_search"];
/// The names of the tests.
pub(super) const TESTS: &[&str] = &["match", "regex", "search"];

/// How many compiled expressions are kept.
const KEPT: usize = 256;

/// Adds the filters and tests.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("regex_search", regex_search);
    engine.add_filter("regex_replace", regex_replace);
    engine.add_filter("regex_findall", regex_findall);
    engine.add_filter("regex_escape", |text: &str| regex::escape(text));
    engine.add_test("match", |text: &str, pattern: &str, options: Kwargs| {
        let regex = Flags::of(options)?.compile(pattern)?;
        Ok::<_, Error>(regex.find_at(text, 0).is_some_and(|found| found.start() == 0))
    });
    let search = |text: &str, pattern: &str, options: Kwargs| {
        Ok::<_, Error>(Flags::of(options)?.compile(pattern)?.is_match(text))
    };
    engine.add_test("search", search);
    engine.add_test("regex", search);
}

/// Why a text is not a regular expression.
pub(super) fn pattern_error(text: &str) -> Option<String> {
    let flags = Flags {
        ignorecase: false,
        multiline: false,
    };
    let error = flags.compile(text).err()?;
    error.detail().map(str::to_owned)
}

/// How an expression is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Flags {
    ignorecase: bool,
    multiline: bool,
}

impl Flags {
    fn of(options: Kwargs) -> Result<Self, Error> {
        let flags = Self {
            ignorecase: options.get::<Option<bool>>("ignorecase")?.unwrap_or(false),
            multiline: options.get::<Option<bool>>("multiline")?.unwrap_or(false),
        };
        options.assert_all_used()?;
        Ok(flags)
    }

    fn compile(self, pattern: &str) -> Result<Regex, Error> {
        static COMPILED: LazyLock<Mutex<HashMap<(String, Flags), Regex>>> = LazyLock::new(Mutex::default);
        let key = (pattern.to_owned(), self);
        let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(regex) = compiled.get(&key) {
            return Ok(regex.clone());
        }
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(self.ignorecase)
            .multi_line(self.multiline)
            .size_limit(1 << 20)
            .build()
            .map_err(|error| {
                let reason = error.to_string();
                let reason = reason
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ");
                invalid(format!(
                    "`{pattern}` is not a regular expression (regex): {reason}"
                ))
            })?;
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.insert(key, regex.clone());
        Ok(regex)
    }
}

/// `\1` and `\g<name>`, as they are written elsewhere, in the words of the regex crate.
fn replacement(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '$' => out.push_str("$$"),
            '\\' => {
                let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let name = rest.strip_prefix("g<").and_then(|name| name.split_once('>'));
                if digits > 0 {
                    out.extend(["${", &rest[..digits], "}"]);
                    rest = &rest[digits..];
                } else if let Some((name, after)) = name {
                    out.extend(["${", name, "}"]);
                    rest = after;
                } else if let Some(next) = rest.chars().next() {
                    rest = &rest[next.len_utf8()..];
                    match next {
                        'n' => out.push('\n'),
                        't' => out.push('\t'),
                        '\\' => out.push('\\'),
                        other => out.extend(['\\', other]),
                    }
                } else {
                    out.push('\\');
                }
            }
            other => out.push(other),
        }
    }
    out
}

fn regex_replace(text: &str, pattern: &str, with: Option<&str>, options: Kwargs) -> Result<String, Error> {
    let count = options.get::<Option<usize>>("count")?.unwrap_or(0);
    let regex = Flags::of(options)?.compile(pattern)?;
    Ok(regex
        .replacen(text, count, replacement(with.unwrap_or("")).as_str())
        .into_owned())
}

/// What was found, or the groups that were asked for as `\1`; null where nothing was found.
fn regex_search(text: &str, pattern: &str, groups: Rest<Value>, options: Kwargs) -> Result<Value, Error> {
    let regex = Flags::of(options)?.compile(pattern)?;
    let Some(found) = regex.captures(text) else {
        return Ok(Value::from(()));
    };
    if groups.is_empty() {
        return Ok(Value::from(&found[0]));
    }
    let part = |group: &Value| {
        let written = group.as_str().unwrap_or_default();
        let name = written
            .strip_prefix("\\g<")
            .and_then(|name| name.strip_suffix('>'));
        let number = written.strip_prefix('\\').and_then(|number| number.parse().ok());
        let part = match (name, number) {
            (Some(name), _) => regex
                .capture_names()
                .flatten()
                .any(|it| it == name)
                .then(|| found.name(name)),
            (None, Some(number)) => (number < found.len()).then(|| found.get(number)),
            (None, None) => None,
        };
        match part {
            Some(part) => Ok(part.map_or(Value::from(()), |part| Value::from(part.as_str()))),
            None => Err(invalid(format!("`{written}` is not a group of `{pattern}`"))),
        }
    };
    groups.iter().map(part).collect()
}

/// All that was found; of expressions with groups, the groups.
fn regex_findall(text: &str, pattern: &str, options: Kwargs) -> Result<Value, Error> {
    let regex = Flags::of(options)?.compile(pattern)?;
    let group = |part: Option<regex::Match<'_>>| part.map_or("", |part| part.as_str()).to_owned();
    Ok(regex
        .captures_iter(text)
        .map(|found| match found.len() {
            1 => Value::from(group(found.get(0))),
            2 => Value::from(group(found.get(1))),
            _ => found.iter().skip(1).map(group).collect(),
        })
        .collect())
}
