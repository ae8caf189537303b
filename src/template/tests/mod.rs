//! Tests of rendering as a whole, and what they share.

mod cases;
mod dice;
mod gate;
mod scope;
mod space;
mod text;

pub(crate) use dice::Dice;

use std::path::Path;
use std::sync::Arc;

use crate::source::{Place, SourceId, SourceMap, Span, Spanned};
use crate::template::Variables;
use crate::template::{Form, Lookup, RenderError, Rendering, Root, Scope};
use crate::value::Value;

/// A text as a source of its own.
pub(super) fn place(text: &str) -> Place {
    let source: SourceId = SourceMap::default().add(Path::new("test.yml"), text);
    Place {
        whole: Span::new(source, 0, text.len()),
        lines: vec![(0, 0)],
    }
}

pub(super) fn form(text: &str) -> Form {
    Form::of_text(text, place(text)).unwrap_or_else(|error| panic!("{text}: {}", error.message))
}

pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Variables from JSON; texts in it are templates.
pub(super) fn variables(text: &str) -> Arc<Variables> {
    fn of(value: &Value, span: Span) -> Spanned<Form> {
        let made = match value {
            Value::Str(text) => form(text),
            Value::List(items) => Form::list(items.iter().map(|item| of(item, span)).collect()),
            Value::Map(map) => Form::map(
                map.iter()
                    .map(|(key, value)| (key.clone(), of(value, span)))
                    .collect(),
            ),
            other => Form::Literal(other.clone()),
        };
        Spanned::new(made, span)
    }
    let span = place("").whole;
    let map = json(text);
    let entries = map.as_map().unwrap().iter();
    Arc::new(
        entries
            .map(|(name, value)| (name.clone(), of(value, span)))
            .collect(),
    )
}

pub(super) fn scope(text: &str) -> Arc<Scope> {
    Scope::new(Arc::default()).with(variables(text))
}

/// What a text comes to with some variables, as JSON.
pub(super) fn check(text: &str, vars: &str, expected: &str) {
    match form(text).render(&scope(vars)) {
        Ok(Rendering::Known { value, .. }) => assert_eq!(value, json(expected), "{text}"),
        Ok(Rendering::Unknown { because }) => panic!("{text}: unknown because of {because}"),
        Err(error) => panic!("{text}: {error}"),
    }
}

pub(super) fn failure(text: &str, vars: &str) -> RenderError {
    match form(text).render(&scope(vars)) {
        Ok(rendering) => panic!("{text}: {rendering:?}"),
        Err(error) => error,
    }
}

/// The message of a failing rendering and the text that it points at.
pub(super) fn check_error(text: &str, vars: &str, message: &str, marked: &str) {
    let error = failure(text, vars);
    assert_eq!(error.message, message, "{text}");
    assert_eq!(
        &text[error.span.start as usize..error.span.end as usize],
        marked,
        "{text}"
    );
}

#[derive(Debug)]
pub(super) struct Results;

impl Lookup for Results {
    fn get(&self, key: &str) -> Option<Root> {
        Some(match key {
            "ran" => Root::Value(json(r#"{"stdout": "hi", "rc": 0}"#)),
            "later" => Root::Unknown("build".to_owned()),
            "skipped" => Root::Gap("`skipped` was skipped on web1".to_owned()),
            "password" => Root::Secret(Value::from("hunter22")),
            "deep" => Root::Lookup(Arc::new(Self)),
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<String> {
        ["ran", "later"].map(str::to_owned).to_vec()
    }
}

pub(super) fn with_results(vars: &str) -> Arc<Scope> {
    scope(vars).bind("results", Root::Lookup(Arc::new(Results)))
}
