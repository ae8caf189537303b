//! Inputs: typed declarations of variables, and the gate that holds values to them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::{SourceMap, Span, Spanned};
use crate::template::{Admitted, Declared, Form, Gate, Variables};
use crate::tool::Type;
use crate::value::Value;

/// The inputs of a file, by name.
pub type Inputs = IndexMap<String, Input>;

/// A variable that a file declares: what may be given for it, and what it is where nothing is given.
#[derive(Debug)]
pub struct Input {
    /// Where its name is.
    pub span: Span,
    /// Its type.
    pub of: Type,
    /// What is said of its text beyond the type.
    pub meaning: Meaning,
    /// The values that it may have; empty: any of its type.
    pub choices: Vec<Value>,
    /// What it is where nothing is given, below all other variables; `None`: it is required.
    pub default: Option<Spanned<Form>>,
}

impl Input {
    /// One that takes anything.
    pub(super) const fn any(span: Span) -> Self {
        Self {
            span,
            of: Type::Any,
            meaning: Meaning::Plain,
            choices: Vec::new(),
            default: None,
        }
    }
}

/// What the text of an input means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What its type says.
    Plain,
    /// A path on the controller, counted from the file in which it is written.
    File,
    /// A secret: never shown.
    Secret,
}

impl Input {
    /// Whether a value may be that of the input.
    pub fn accepts(&self, value: &Value) -> bool {
        self.of.accepts(value) && (self.choices.is_empty() || self.choices.contains(value))
    }

    /// What it takes, in words.
    pub fn wanted(&self) -> String {
        match self.meaning {
            Meaning::File => return "the path of a file".to_owned(),
            Meaning::Secret => return "a secret text".to_owned(),
            Meaning::Plain => {}
        }
        if self.choices.is_empty() {
            return self.of.to_string();
        }
        let choices = self
            .choices
            .iter()
            .map(|it| serde_json::to_string(it).unwrap_or_default());
        format!("{} of {}", self.of, choices.collect::<Vec<_>>().join(" | "))
    }

    /// The value that a text of the command line means: what is no text is read as its type says.
    pub fn of_text(&self, text: &str) -> Value {
        let read = match &self.of {
            Type::Integer => text
                .parse::<i64>()
                .map(Value::Int)
                .or_else(|_| text.parse::<u64>().map(Value::Uint))
                .ok(),
            Type::Number => (text.parse::<i64>().map(Value::Int).ok()).or_else(|| {
                text.parse::<f64>()
                    .ok()
                    .filter(|it| it.is_finite())
                    .map(Value::Float)
            }),
            Type::Boolean => text.parse::<bool>().map(Value::Bool).ok(),
            Type::List(_) | Type::Map(_) => serde_json::from_str(text).ok(),
            _ => None,
        };
        read.unwrap_or_else(|| text.into())
    }
}

/// The edge of a file: what it declares, and what is given for it.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) is_open: bool,
    pub(super) inputs: Arc<Inputs>,
    pub(super) given: Arc<Variables>,
    pub(super) sources: Arc<SourceMap>,
}

impl Gate for Door {
    fn is_open(&self) -> bool {
        self.is_open
    }

    fn declared(&self, name: &str) -> Option<Declared<'_>> {
        let input = self.inputs.get(name)?;
        Some(Declared {
            given: self.given.get(name),
            default: input.default.as_ref(),
        })
    }

    fn names(&self) -> Vec<&str> {
        self.inputs.keys().map(String::as_str).collect()
    }

    fn admit(&self, name: &str, value: Value, written: Option<Span>) -> Result<Admitted, String> {
        let input = &self.inputs[name];
        let mut value = match (written, value) {
            (None, Value::Str(text)) => input.of_text(&text),
            (_, value) => value,
        };
        if !input.accepts(&value) {
            // Never the value itself: it may have been made of a secret.
            return Err(format!(
                "the input `{name}` takes {}, not this {}",
                input.wanted(),
                value.type_name()
            ));
        }
        if let (Meaning::File, Value::Str(path)) = (input.meaning, &mut value) {
            let folder = written.map_or(Path::new("."), |span| self.sources.folder(span.source));
            *path = absolute(folder, path).to_string_lossy().into_owned();
        }
        Ok(Admitted {
            value,
            secret: input.meaning == Meaning::Secret,
        })
    }
}

/// A path that counts from a directory, so that it means the same everywhere.
pub(super) fn absolute(folder: &Path, path: &str) -> PathBuf {
    let joined = folder.join(path);
    let mut made = std::path::absolute(&joined).unwrap_or(joined);
    // A slash at the end means something.
    if path.ends_with('/') {
        made.push("");
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn input(of: Type) -> Input {
        let source: SourceId = SourceMap::default().add(Path::new("unit.yml"), "");
        Input {
            span: Span::new(source, 0, 0),
            of,
            meaning: Meaning::Plain,
            choices: Vec::new(),
            default: None,
        }
    }

    #[test]
    fn a_text_of_the_command_line_is_read_as_its_type_says() {
        let list = || Type::List(Box::new(Type::Any));
        for (of, text, expected) in [
            (Type::Integer, "8080", Value::Int(8080)),
            (Type::Integer, "18446744073709551615", Value::Uint(u64::MAX)),
            (Type::Integer, "8080.5", Value::from("8080.5")),
            (Type::Number, "1.50", Value::Float(1.5)),
            (Type::Number, "nan", Value::from("nan")),
            (Type::Boolean, "true", Value::Bool(true)),
            (Type::Boolean, "yes", Value::from("yes")),
            (list(), "[1]", Value::List(vec![Value::Int(1)])),
            (Type::String, "8080", Value::from("8080")),
            (Type::Any, "8080", Value::from("8080")),
        ] {
            assert_eq!(input(of).of_text(text), expected, "{text}");
        }
    }

    #[test]
    fn choices_hold_beside_the_type() {
        let input = Input {
            choices: vec![Value::Int(1), Value::Int(2)],
            ..input(Type::Integer)
        };
        assert!(input.accepts(&Value::Int(2)));
        assert!(!input.accepts(&Value::Int(3)));
        assert_eq!(input.wanted(), "integer of 1 | 2");
    }

    #[test]
    fn paths_are_made_absolute_once() {
        let made = absolute(Path::new("/srv/units"), "files/a/");
        assert_eq!(made.to_str(), Some("/srv/units/files/a/"));
        assert_eq!(absolute(Path::new("/else"), "/srv/a").to_str(), Some("/srv/a"));
    }
}
