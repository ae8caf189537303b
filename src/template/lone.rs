//! Texts that are one `{{ expression }}` and nothing else but white space.

use std::sync::Arc;

use minijinja::machinery::ast::Stmt;
use minijinja::value::ValueKind;

use crate::source::{Place, Spanned};
use crate::template::engine::Whitespace;
use crate::template::{Expression, Form, room};

/// The white space around a lone expression, and when it is a part of what the expression gives.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    before: Box<str>,
    after: Box<str>,
    /// Whether a number or a boolean is text there, too.
    is_text: bool,
}

impl Around {
    pub(super) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// It around what is written between.
    pub(super) fn text(&self, inner: &str) -> String {
        [&self.before, inner, &self.after].concat()
    }

    /// Whether a number or a boolean is text there, too.
    pub(super) fn is_text(&self) -> bool {
        self.is_text && !self.is_empty()
    }
}

/// A lone expression.
pub(super) struct Lone<'a> {
    /// What is between `{{` and `}}`.
    pub(super) inner: &'a str,
    /// Where.
    pub(super) place: Place,
    /// What is around them: nothing on the side of a `-`.
    pub(super) around: Around,
}

/// The one expression in a text, where nothing else is in it.
pub(super) fn lone<'a>(text: &'a str, place: &Place) -> Option<Lone<'a>> {
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix("{{")?.strip_suffix("}}")?;
    let (inner, trims_before) = inner.strip_prefix('-').map_or((inner, false), |it| (it, true));
    // A `-` before `}}` always trims: an expression cannot end with one.
    let (inner, trims_after) = inner.strip_suffix('-').map_or((inner, false), |it| (it, true));
    let is_one = || match minijinja::machinery::parse(trimmed, "", Whitespace::default().syntax()) {
        Ok(Stmt::Template(parsed)) => matches!(parsed.children.as_slice(), [Stmt::EmitExpr(_)]),
        Ok(_) => false,
        Err(_) => !inner.contains("}}"),
    };
    if room::too_long(trimmed, false).is_some() || !room::with_room(trimmed, is_one) {
        return None;
    }
    let offset = inner.as_ptr().addr() - text.as_ptr().addr();
    let begin = text.len() - text.trim_start().len();
    let end = text.trim_end().len();
    let around = Around {
        before: if trims_before { "" } else { &text[..begin] }.into(),
        after: if trims_after { "" } else { &text[end..] }.into(),
        is_text: false,
    };
    Some(Lone {
        inner,
        place: place.part(offset, inner.len()),
        around,
    })
}

impl Expression {
    /// Whether white space is around it that is a part of a text that it gives.
    pub fn has_space(&self) -> bool {
        !self.around.is_empty()
    }

    /// Whether a number or a boolean that it gives is text, for the same reason.
    pub fn makes_text(&self) -> bool {
        self.around.is_text()
    }
}

impl Form {
    /// The same where text is wanted, whatever it comes to: white space around a lone expression stays, as any other text
    /// around it does.
    #[must_use]
    pub fn as_text(self) -> Self {
        self.around(|around| Around {
            is_text: true,
            ..around
        })
    }

    /// The same where something else than free text is wanted: white space around a lone expression means nothing.
    #[must_use]
    pub fn as_data(self) -> Self {
        self.around(|_| Around::default())
    }

    fn around(self, change: impl Fn(Around) -> Around) -> Self {
        match self {
            Self::Expression(expression) if !expression.around.is_empty() => {
                Self::Expression(Arc::new(Expression {
                    program: Arc::clone(&expression.program),
                    around: change(expression.around.clone()),
                }))
            }
            Self::Secret(form) => Self::Secret(Box::new(form.around(change))),
            other => other,
        }
    }

    /// The parts of a list or map, each made another.
    #[must_use]
    pub fn each_part(self, change: impl Fn(Option<&str>, Self) -> Self) -> Self {
        match self {
            Self::List(items) => Self::List(
                items
                    .into_iter()
                    .map(|item| Spanned::new(change(None, item.value), item.span))
                    .collect(),
            ),
            Self::Map(entries) => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, part)| {
                        let value = change(Some(&key), part.value);
                        (key, Spanned::new(value, part.span))
                    })
                    .collect(),
            ),
            other => other,
        }
    }
}

impl Expression {
    /// What it gives, with the white space around it where that is text.
    pub(super) fn surround(&self, value: minijinja::Value) -> minijinja::Value {
        match (value.kind(), value.as_str()) {
            _ if self.around.is_empty() => value,
            (_, Some(text)) => self.around.text(text).into(),
            (ValueKind::Number | ValueKind::Bool, _) if self.around.is_text() => {
                self.around.text(&value.to_string()).into()
            }
            _ => value,
        }
    }
}
