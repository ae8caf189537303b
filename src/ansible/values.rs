//! Values of inventories as forms: their texts are templates. What cannot be used is an error only where it is read.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ansible::Reading;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Place, Span, Spanned};
use crate::template::{Form, Refusal, SyntaxError, Variables};
use crate::value::Value;
use crate::yaml::{Kind, Node, Text};

/// How a vaulted text begins.
const VAULT: &str = "$ANSIBLE_VAULT;";
/// Names that templates know as something else.
const TAKEN: [&str; 11] = [
    "host", "hosts", "group", "groups", "facts", "result", "results", "item", "loop", "run", "secrets",
];

/// A text that may be a template.
pub(super) fn text(text: &str, place: Place) -> Form {
    Form::of_text(text, place).unwrap_or_else(|error| {
        Form::Refused(Arc::new(Refusal {
            error,
            written: Some(text.to_owned()),
        }))
    })
}

/// Whether a text is a ciphertext of Ansible's vault.
pub(super) fn is_vaulted(text: &str) -> bool {
    text.trim_start().starts_with(VAULT)
}

/// What stands for a ciphertext that nobody can read.
pub(super) fn sealed(span: Span) -> Form {
    let error = SyntaxError {
        message: "the value is vaulted, and no password was given".to_owned(),
        span,
        help: Some("Give --vault-password-file.".to_owned()),
    };
    Form::Refused(Arc::new(Refusal { error, written: None }))
}

/// A node of YAML.
pub(super) fn node(node: &Node) -> Spanned<Form> {
    let form = match &node.kind {
        // What was refused was told.
        Kind::Null | Kind::Refused => Form::Literal(Value::Null),
        Kind::Bool(it) => Form::Literal((*it).into()),
        Kind::Int(it) => Form::Literal((*it).into()),
        Kind::Uint(it) => Form::Literal((*it).into()),
        Kind::Float(it) => Form::Literal((*it).into()),
        Kind::Str(it) => text_of(it, node.span),
        Kind::Tagged(tag, it) if tag == "!unsafe" => Form::Literal(Value::Str(it.text.clone())),
        Kind::Tagged(..) => sealed(node.span),
        Kind::Seq(items) => Form::list(items.iter().map(self::node).collect()),
        Kind::Map(entries) => map(entries
            .iter()
            .map(|(key, value)| (key.value.clone(), self::node(value)))
            .collect()),
    };
    Spanned::new(form, node.span)
}

fn text_of(it: &Text, span: Span) -> Form {
    if is_vaulted(&it.text) {
        return sealed(span);
    }
    text(&it.text, it.place.clone())
}

/// A map; one that JSON has for a ciphertext, or for text that is no template, is that.
fn map(entries: IndexMap<String, Spanned<Form>>) -> Form {
    if entries.len() == 1
        && let Some((key, value)) = entries.first()
    {
        match key.as_str() {
            "__ansible_vault" => return sealed(value.span),
            "__ansible_unsafe" => return value.value.clone(),
            _ => {}
        }
    }
    Form::map(entries)
}

/// Data whose texts are templates: what Python or JSON gave.
pub(super) fn data(value: Value, span: Span) -> Form {
    match value {
        Value::Str(it) if is_vaulted(&it) => sealed(span),
        Value::Str(it) => text(&it, Place::whole(span)),
        Value::List(items) => Form::list(
            items
                .into_iter()
                .map(|item| Spanned::new(data(item, span), span))
                .collect(),
        ),
        Value::Map(entries) => {
            let unsafe_text = entries.get("__ansible_unsafe").filter(|_| entries.len() == 1);
            if let Some(Value::Str(it)) = unsafe_text {
                return Form::Literal(Value::Str(it.clone()));
            }
            map(entries
                .into_iter()
                .map(|(key, item)| (key, Spanned::new(data(item, span), span)))
                .collect())
        }
        other => Form::Literal(other),
    }
}

impl Reading<'_> {
    /// Says what is odd about the name of a variable.
    pub(super) fn variable_name(&mut self, name: &str, span: Span) {
        let mut letters = name.chars();
        let is_plain = letters
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
        let (code, message) = if TAKEN.contains(&name) {
            let message = format!("templates know `{name}` as something else than this variable");
            (Code::ReservedName, message)
        } else if is_plain {
            return;
        } else {
            let message = format!("templates cannot name the variable `{}`", name.escape_debug());
            (Code::InvalidName, message)
        };
        self.diagnostics.push(
            Diagnostic::warning(code, message)
                .at(span)
                .help(format!("`host.vars['{}']` reads it.", name.escape_debug())),
        );
    }

    /// A map of variables.
    pub(super) fn variables(&mut self, map: &Node, what: &str) -> Variables {
        let entries = match &map.kind {
            Kind::Map(entries) => entries,
            Kind::Null => return Variables::default(),
            _ => {
                let message = format!("{what} must be a map, not {}", map.type_name());
                self.error(Code::InventoryFormat, message, map.span);
                return Variables::default();
            }
        };
        let mut variables = Variables::with_capacity(entries.len());
        for (key, value) in entries {
            self.variable_name(&key.value, key.span);
            variables.insert(key.value.clone(), node(value));
        }
        variables
    }
}
