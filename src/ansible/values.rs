//! Values of inventories as forms: their texts are templates. What cannot be used is an error only where it is read.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::ansible::Reading;
use crate::diagnostic::{Code, Diagnostic};
use crate::secret::Keys;
use crate::source::{Place, Span, Spanned};
use crate::template::{Form, Refusal, SyntaxError, Variables};
use crate::value::Value;
use crate::yaml::{Kind, Node};

/// How a vaulted text begins.
const VAULT: &str = "$ANSIBLE_VAULT;";
/// Names that templates know as something else.
const TAKEN: [&str; 13] = [
    "host", "hosts", "group", "groups", "facts", "result", "results", "item", "loop", "run", "secrets",
    "failed", "omit",
];

/// A text that may be a template: all of a variable, which may have no value then, or a part of one.
fn text(text: &str, place: Place, is_whole: bool) -> Form {
    let form = if is_whole {
        Form::of_variable(text, place, None)
    } else {
        Form::of_text(text, place)
    };
    form.unwrap_or_else(|error| {
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

/// Makes forms of values, and opens what is vaulted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    /// What opens ciphertexts; nothing: they stay closed.
    pub(super) keys: Option<&'a Keys>,
    /// Whether all texts are secrets: they stand in a file that was encrypted.
    pub(super) is_hidden: bool,
}

impl Values<'_> {
    /// What stands for a ciphertext: the secret, or why it stays closed.
    pub(super) fn sealed(self, ciphertext: &str, span: Span) -> Form {
        let opened = match self.keys {
            None => Err("is vaulted, and no password was given".to_owned()),
            Some(keys) => keys.open("a value", ciphertext.as_bytes()),
        };
        let opened =
            opened.and_then(|it| String::from_utf8(it).map_err(|_| "is vaulted, and no text".to_owned()));
        match opened {
            Ok(opened) => Form::Secret(Box::new(text(&opened, Place::whole(span), false))),
            Err(why) => {
                let error = SyntaxError {
                    message: format!("the value {why}"),
                    span,
                    help: Some("Give --vault-password-file.".to_owned()),
                };
                Form::Refused(Arc::new(Refusal { error, written: None }))
            }
        }
    }

    /// A node of YAML.
    pub(super) fn node(self, node: &Node) -> Spanned<Form> {
        let form = match &node.kind {
            // What was refused was told.
            Kind::Null | Kind::Refused => Form::Literal(Value::Null),
            Kind::Bool(it) => Form::Literal((*it).into()),
            Kind::Int(it) => self.fixed((*it).into()),
            Kind::Uint(it) => self.fixed((*it).into()),
            Kind::Float(it) => self.fixed((*it).into()),
            Kind::Str(it) => self.text(&it.text, it.place.clone()),
            Kind::Tagged(tag, it) if tag == "!unsafe" => self.literal(&it.text),
            Kind::Tagged(_, it) => self.sealed(&it.text, node.span),
            Kind::Seq(items) => Form::list(items.iter().map(|it| self.node(it)).collect()),
            Kind::Map(entries) => Self::map(
                entries
                    .iter()
                    .map(|(key, value)| (key.value.clone(), self.node(value)))
                    .collect(),
            ),
        };
        Spanned::new(form, node.span)
    }

    /// A node that is all of a variable.
    fn variable(self, node: &Node) -> Spanned<Form> {
        match &node.kind {
            Kind::Str(it) => Spanned::new(self.whole(&it.text, it.place.clone(), true), node.span),
            _ => self.node(node),
        }
    }

    /// A text: a ciphertext, a template, or itself.
    pub(super) fn text(self, it: &str, place: Place) -> Form {
        self.whole(it, place, false)
    }

    fn whole(self, it: &str, place: Place, is_whole: bool) -> Form {
        if is_vaulted(it) {
            return self.sealed(it, place.whole);
        }
        let form = text(it, place, is_whole);
        if self.is_hidden {
            return Form::Secret(Box::new(form));
        }
        form
    }

    fn literal(self, it: &str) -> Form {
        self.fixed(it.into())
    }

    /// What is no template: of a hidden file it is a secret, whatever its type.
    fn fixed(self, it: Value) -> Form {
        let form = Form::Literal(it);
        if self.is_hidden {
            return Form::Secret(Box::new(form));
        }
        form
    }

    /// A map; one that JSON has for text that is no template is that.
    fn map(entries: IndexMap<String, Spanned<Form>>) -> Form {
        if entries.len() == 1
            && let Some((key, value)) = entries.first()
            && matches!(key.as_str(), "__ansible_vault" | "__ansible_unsafe")
        {
            return value.value.clone();
        }
        Form::map(entries)
    }

    /// Data whose texts are templates: what Python or JSON gave.
    pub(super) fn data(self, value: Value, span: Span) -> Form {
        match value {
            Value::Str(it) => self.text(&it, Place::whole(span)),
            Value::List(items) => Form::list(
                items
                    .into_iter()
                    .map(|item| Spanned::new(self.data(item, span), span))
                    .collect(),
            ),
            Value::Map(entries) => {
                let unsafe_text = entries.get("__ansible_unsafe").filter(|_| entries.len() == 1);
                if let Some(Value::Str(it)) = unsafe_text {
                    return self.literal(it);
                }
                Self::map(
                    entries
                        .into_iter()
                        .map(|(key, item)| (key, Spanned::new(self.data(item, span), span)))
                        .collect(),
                )
            }
            Value::Null | Value::Bool(_) => Form::Literal(value),
            other => self.fixed(other),
        }
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

    /// What makes forms of the values of a source.
    pub(super) fn values(&self, of: Span) -> Values<'_> {
        Values {
            keys: self.keys,
            is_hidden: self.sources.source(of.source).is_hidden,
        }
    }

    /// The text that a vaulted file holds.
    ///
    /// # Errors
    /// Why it stays closed.
    pub(super) fn open(&self, file: &Path, sealed: &str) -> Result<String, String> {
        let Some(keys) = self.keys else {
            return Err("is vaulted, and no password was given".to_owned());
        };
        let opened = keys.open(&file.display().to_string(), sealed.as_bytes())?;
        String::from_utf8(opened).map_err(|_| "is vaulted, and holds no UTF-8 text".to_owned())
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
            let form = self.values(map.span).variable(value);
            variables.insert(key.value.clone(), form);
        }
        variables
    }
}
