//! Fails where a condition does not hold.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::argument::OneOrMany;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Place, Tool};
use crate::value::Value;

/// `assert.that`.
#[derive(Debug)]
pub(crate) struct That;

/// Fails unless every condition holds. A condition is an expression that gives a boolean; anything else is an error.
/// It keeps its place: what is written after it runs only if it holds.
///
/// Check mode: the same; a condition that depends on something that did not happen is unknown.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The condition, or a list of them.
    #[schemars(with = "OneOrMany<String>", extend("x-role" = "expression"))]
    that: OneOrMany<Condition>,
    /// What to say where one does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// An expression and what it came to.
#[derive(Debug, Serialize)]
struct Condition {
    /// Its text.
    expression: String,
    /// Its value; nothing where it was not evaluated yet.
    value: Option<Value>,
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        match Value::deserialize(deserializer)? {
            Value::Str(expression) => Ok(Self {
                expression,
                value: None,
            }),
            Value::Bool(it) => Ok(Self {
                expression: it.to_string(),
                value: Some(Value::Bool(it)),
            }),
            Value::Map(mut map) => match (map.swap_remove("expression"), map.swap_remove("value")) {
                (Some(Value::Str(expression)), Some(value)) if map.is_empty() => Ok(Self {
                    expression,
                    value: Some(value),
                }),
                _ => Err(D::Error::custom("an expression is text, not a map")),
            },
            other => Err(D::Error::custom(format!(
                "invalid type: {}, expected an expression",
                other.type_name()
            ))),
        }
    }
}

/// Nothing.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {}

impl Tool for That {
    const NAME: &'static str = "assert.that";
    const ACCESS: Access = Access::Fence;
    const PLACE: Place = Place::Controller;
    const SHORTHAND: Option<&'static str> = Some("that");
    const EXAMPLE: &'static str =
        "assert.that: { that: \"facts.os.family == 'debian'\", message: this playbook is for Debian }";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(args: &Args, _: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        for Condition { expression, value } in &args.that.0 {
            match value {
                Some(Value::Bool(true)) => {}
                Some(Value::Bool(false)) => {
                    let message = args.message.as_deref().map_or_else(
                        || format!("`{expression}` is false"),
                        |message| format!("{message} (`{expression}` is false)"),
                    );
                    return Err(Failure::new(Kind::Invalid, message));
                }
                other => {
                    let found = other.as_ref().map_or("not evaluated", Value::type_name);
                    return Err(Failure::new(
                        Kind::Invalid,
                        format!("`{expression}` is {found}, not a boolean"),
                    ));
                }
            }
        }
        Ok(Finding::Settled(Output {}))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
