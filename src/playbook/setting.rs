//! Keys whose values may be expressions: as written, or as variables, facts and the run say.

use std::sync::Arc;
use std::time::Duration;

use crate::argument;
use crate::source::Spanned;
use crate::template::{Form, RenderError, Rendering, Scope};
use crate::value::Value;

/// The value of a key.
#[derive(Debug, Clone)]
pub enum Setting<T> {
    /// As written.
    Fixed(T),
    /// What this comes to on a host, where the entry is.
    Asked(Spanned<Form>),
    /// What the entry around it says, which is an expression.
    Outer,
}

/// What a key may be set to.
pub trait Settable: Clone {
    /// What it is, for messages.
    const WANTED: &'static str;

    /// From what an expression came to.
    ///
    /// # Errors
    /// What is wrong with it: what follows "takes".
    fn of(value: &Value) -> Result<Self, String>;
}

impl Settable for bool {
    const WANTED: &'static str = "`true` or `false`";

    fn of(value: &Value) -> Result<Self, String> {
        match value {
            Value::Bool(it) => Ok(*it),
            other => Err(format!("a boolean, not {}", shown(other))),
        }
    }
}

impl Settable for u32 {
    const WANTED: &'static str = "a whole number";

    fn of(value: &Value) -> Result<Self, String> {
        let number = match value {
            Value::Int(it) => Self::try_from(*it).ok(),
            Value::Uint(it) => Self::try_from(*it).ok(),
            _ => None,
        };
        number.ok_or_else(|| format!("a whole number from 0 upward, not {}", shown(value)))
    }
}

impl Settable for Duration {
    const WANTED: &'static str = "a duration such as `30s`";

    fn of(value: &Value) -> Result<Self, String> {
        let text = value.as_str().map(str::parse::<argument::Duration>);
        match text {
            Some(Ok(it)) => Ok(it.0),
            _ => Err(format!("a duration such as `30s`, not {}", shown(value))),
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) if text.chars().count() <= 40 => format!("the text `{}`", text.escape_debug()),
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
            format!(
                "the number `{}`",
                serde_json::to_string(value).unwrap_or_default()
            )
        }
        other => format!("a value of type {}", other.type_name()),
    }
}

impl<T> Setting<T> {
    /// The form that is evaluated, where it is no fixed value.
    pub const fn form(&self) -> Option<&Spanned<Form>> {
        match self {
            Self::Asked(form) => Some(form),
            Self::Fixed(_) | Self::Outer => None,
        }
    }
}

impl<T: Settable> Setting<T> {
    /// What it comes to in a scope; nothing where that depends on what was not done, or only what is around it says it.
    ///
    /// # Errors
    /// Where it cannot be evaluated, or is something else than `key` takes.
    pub fn resolve(&self, key: &str, scope: &Arc<Scope>) -> Result<Option<T>, RenderError> {
        let form = match self {
            Self::Fixed(it) => return Ok(Some(it.clone())),
            Self::Outer => return Ok(None),
            Self::Asked(form) => form,
        };
        match form.value.render(scope)? {
            Rendering::Known { value, .. } => T::of(&value).map(Some).map_err(|wrong| RenderError {
                message: format!("`{key}` takes {wrong}"),
                span: form.span,
                through: Vec::new(),
                help: None,
            }),
            Rendering::Unknown { .. } => Ok(None),
        }
    }
}

impl Setting<bool> {
    /// Whether it is said for certain.
    pub const fn is(&self) -> bool {
        matches!(self, Self::Fixed(true))
    }

    /// Whether it may be so on some host.
    pub const fn may_be(&self) -> bool {
        matches!(self, Self::Fixed(true) | Self::Asked(_))
    }
}
