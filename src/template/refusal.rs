//! Values that cannot be used, and values as they are written.

use crate::template::{Form, SyntaxError};
use crate::value::Value;

/// A value that cannot be used.
#[derive(Debug)]
pub struct Refusal {
    /// Why.
    pub error: SyntaxError,
    /// It as it is written, where that may be shown.
    pub written: Option<String>,
}

impl Form {
    /// Why it cannot be used, where it or a part of it cannot.
    pub fn refusal(&self) -> Option<&SyntaxError> {
        match self {
            Self::Refused(why) => Some(&why.error),
            Self::List(items) => items.iter().find_map(|item| item.value.refusal()),
            Self::Map(entries) => entries.values().find_map(|entry| entry.value.refusal()),
            Self::Secret(form) => form.refusal(),
            Self::Literal(_) | Self::Template(_) | Self::Expression(_) | Self::Each(_) | Self::Chosen(_) => {
                None
            }
        }
    }

    /// It as it is written; `mask` stands for what may not be shown.
    pub fn written(&self, mask: &str) -> Value {
        match self {
            Self::Literal(value) => value.clone(),
            Self::Template(template) => template.program.piece.text.into(),
            Self::Expression(expression) => expression
                .around
                .text(&format!("{{{{ {} }}}}", expression.text()))
                .into(),
            Self::List(items) => Value::List(items.iter().map(|it| it.value.written(mask)).collect()),
            Self::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, it)| (key.clone(), it.value.written(mask)))
                    .collect(),
            ),
            Self::Each(each) => each.written(mask),
            Self::Chosen(chosen) => Value::Map(
                chosen
                    .of
                    .iter()
                    .map(|(file, it)| (file.clone(), it.value.written(mask)))
                    .collect(),
            ),
            Self::Secret(_) => mask.into(),
            Self::Refused(why) => why.written.as_deref().unwrap_or(mask).into(),
        }
    }

    /// The part that this key of a map leads to.
    pub fn part(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.get(key).map(|entry| &entry.value),
            _ => None,
        }
    }
}
