//! Versions compared part by part.

use std::cmp::Ordering;

use minijinja::{Environment, Error, Value};

use super::invalid;

/// The names of the tests.
pub(super) const TESTS: &[&str] = &["version", "version_compare"];

/// Adds the tests.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_test("version", version);
    engine.add_test("version_compare", version);
}

fn version(value: &Value, other: &Value, operator: Option<&str>) -> Result<bool, Error> {
    if value.is_undefined() || other.is_undefined() {
        return Err(minijinja::ErrorKind::UndefinedError.into());
    }
    let order = compare(&value.to_string(), &other.to_string());
    Ok(match operator.unwrap_or("==") {
        "==" | "=" | "eq" => order.is_eq(),
        "!=" | "<>" | "ne" => order.is_ne(),
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        bad => return Err(invalid(format!("`version` does not know the operator `{bad}`"))),
    })
}

/// A run of digits or of letters.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Word(&'a str),
    Number(&'a str),
}

impl Part<'_> {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Part::Number(a), Part::Number(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            (Part::Word(a), Part::Word(b)) => a.cmp(b),
            (Part::Word(_), Part::Number(_)) => Ordering::Less,
            (Part::Number(_), Part::Word(_)) => Ordering::Greater,
        }
    }

    /// Against nothing: `1.0` is `1`, `1.0.1` is above it, `1.0rc1` below.
    fn order_alone(&self) -> Ordering {
        match self {
            Part::Number("") => Ordering::Equal,
            Part::Number(_) => Ordering::Greater,
            Part::Word(_) => Ordering::Less,
        }
    }
}

fn parts(version: &str) -> Vec<Part<'_>> {
    let version = version.trim().trim_start_matches(['v', 'V']);
    // What is after `+` does not count.
    let version = version.split('+').next().unwrap_or("");
    let mut parts = Vec::new();
    for piece in version.split(|c: char| !c.is_alphanumeric()) {
        let mut rest = piece;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest
                .find(|c: char| c.is_ascii_digit() != digits)
                .unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            parts.push(if digits {
                Part::Number(part.trim_start_matches('0'))
            } else {
                Part::Word(part)
            });
            rest = after;
        }
    }
    parts
}

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (parts(a), parts(b));
    let longest = a.len().max(b.len());
    (0..longest)
        .map(|at| match (a.get(at), b.get(at)) {
            (Some(a), Some(b)) => a.order(b),
            (Some(a), None) => a.order_alone(),
            (None, Some(b)) => b.order_alone().reverse(),
            (None, None) => Ordering::Equal,
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
