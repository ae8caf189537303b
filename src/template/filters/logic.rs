//! Choices, types, and what became of a call.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands its arguments over"
)]

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::{data, invalid};
use crate::template::names;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &["comment", "mandatory", "ternary", "type_debug"];
/// The names of the tests.
pub(super) const TESTS: &[&str] = &[
    "change",
    "changed",
    "failed",
    "failure",
    "falsy",
    "skip",
    "skipped",
    "succeeded",
    "success",
    "truthy",
    "unreachable",
    "vault_encrypted",
];

/// Adds the filters and tests.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("ternary", ternary);
    engine.add_filter("mandatory", mandatory);
    engine.add_filter("type_debug", type_debug);
    engine.add_filter("bool", bool);
    engine.add_filter("default", default);
    engine.add_filter("d", default);
    engine.add_filter(names::KEEP, keep);
    engine.add_function(names::KEPT, |state: &mut State<'_, '_>| {
        state.get_temp(names::KEPT).unwrap_or_default()
    });
    engine.add_filter("comment", super::comment::comment);
    for (field, names) in [
        ("failed", ["failed", "failure"]),
        ("changed", ["changed", "change"]),
        ("skipped", ["skipped", "skip"]),
    ] {
        for name in names {
            engine.add_test(name, move |value: &Value| flag(value, field));
        }
    }
    // A host that is lost while it makes a call has lost the call.
    engine.add_test("unreachable", |value: &Value| {
        let status = super::part::part(defined(value)?, &"status".into())?;
        Ok::<_, Error>(status.as_str() == Some("lost"))
    });
    engine.add_test("vault_encrypted", |value: &Value| {
        defined(value).map(|it| it.as_str().is_some_and(|it| it.starts_with("$ANSIBLE_VAULT;")))
    });
    let succeeded =
        |value: &Value| Ok::<_, Error>(!flag(value, "failed")? && !flag(value, "skipped").unwrap_or(false));
    engine.add_test("succeeded", succeeded);
    engine.add_test("success", succeeded);
    engine.add_test("truthy", |value: &Value| defined(value).map(Value::is_true));
    engine.add_test("falsy", |value: &Value| {
        defined(value).map(|value| !value.is_true())
    });
}

fn defined(value: &Value) -> Result<&Value, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    Ok(value)
}

/// A boolean of a call's result.
fn flag(value: &Value, name: &str) -> Result<bool, Error> {
    let part = super::part::part(defined(value)?, &name.into())?;
    match part.kind() {
        ValueKind::Bool => Ok(part.is_true()),
        _ => Err(invalid(format!(
            "`is {name}` needs a call's result: there is no boolean `{name}` in it"
        ))),
    }
}

fn ternary(value: &Value, yes: Value, no: Value, null: Option<Value>) -> Result<Value, Error> {
    Ok(match null {
        Some(null) if value.is_none() => null,
        _ if defined(value)?.is_true() => yes,
        _ => no,
    })
}

fn mandatory(value: &Value, message: Option<&str>) -> Result<Value, Error> {
    match message {
        Some(message) if value.is_undefined() => Err(invalid(message)),
        _ => defined(value).cloned(),
    }
}

fn type_debug(value: &Value) -> Result<&'static str, Error> {
    data(value).map(|value| value.type_name())
}

/// A boolean from how people write one.
fn bool(value: &Value) -> Result<bool, Error> {
    match defined(value)?.as_str() {
        None => Ok(value.is_true()),
        Some(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" | "y" | "t" => Ok(true),
            "false" | "no" | "off" | "0" | "n" | "f" | "" => Ok(false),
            _ => Err(invalid(format!("`{text}` is no boolean"))),
        },
    }
}

/// Whether a value is there: where it is, `default` needs nothing else. It is kept for the function next to this one.
fn keep(state: &mut State<'_, '_>, value: &Value, lax: bool) -> bool {
    let is_there = !value.is_undefined() && (!lax || value.is_true());
    if is_there {
        state.set_temp(names::KEPT, value.clone());
    }
    is_there
}

fn default(value: &Value, args: Rest<Value>, options: Kwargs) -> Result<Value, Error> {
    if args.len() > 2 {
        return Err(ErrorKind::TooManyArguments.into());
    }
    let named: Option<Value> = options.get("boolean")?;
    let named_value: Option<Value> = options.get("default_value")?;
    options.assert_all_used()?;
    let lax = match args.get(1).or(named.as_ref()) {
        Some(lax) => defined(lax)?.is_true(),
        None => false,
    };
    // What is instead may be undefined too: another `default` may follow.
    let other = args.first().cloned().or(named_value);
    Ok(if value.is_undefined() || (lax && !value.is_true()) {
        other.unwrap_or_else(|| Value::from(""))
    } else {
        value.clone()
    })
}
