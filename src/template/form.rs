//! Values as written.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::{Place, Span, Spanned};
use crate::template::{Reads, Scope};
use crate::value::Value;

/// A value as it stands in a playbook.
#[derive(Debug, Clone)]
pub enum Form {
    /// No template in it.
    Literal(Value),
    /// Text with templates in it: gives text.
    Template(Arc<Template>),
    /// One `{{ expression }}` and nothing else: keeps the expression's type.
    Expression(Arc<Expression>),
    /// A list in which something is not literal.
    List(Vec<Spanned<Form>>),
    /// A map in which something is not literal. Keys are never templates.
    Map(IndexMap<String, Spanned<Form>>),
}

/// Text with templates in it.
#[derive(Debug)]
pub struct Template {}

/// An expression.
#[derive(Debug)]
pub struct Expression {}

/// Why a template or expression cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, lower case, without a final period.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to do.
    pub help: Option<String>,
}

/// What a rendering came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Rendering {
    /// A value.
    Known {
        /// It.
        value: Value,
        /// Whether a secret was read to make it: then all of it is secret.
        secret: bool,
    },
    /// It depends on something that did not happen (check mode).
    Unknown {
        /// The call that did not happen.
        because: String,
    },
}

/// What a condition came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It depends on something that did not happen (check mode).
    Unknown {
        /// The call that did not happen.
        because: String,
    },
}

/// Why a rendering failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RenderError {
    /// What is wrong, lower case, without a final period.
    pub message: String,
    /// Where: the part of the template, as exactly as it is known.
    pub span: Span,
    /// The variables through which the failing part was reached, innermost first: their names and where they are defined.
    pub through: Vec<(String, Span)>,
    /// What to do.
    pub help: Option<String>,
}

impl Form {
    /// The form of a text: literal, template or lone expression.
    pub fn of_text(text: &str, place: Place) -> Result<Self, SyntaxError> {
        let _ = (text, place);
        unimplemented!()
    }

    /// The value, where nothing in it is a template.
    pub fn literal(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Everything that is read to render it.
    pub fn reads(&self) -> Reads {
        unimplemented!()
    }

    /// What it comes to in a scope.
    ///
    /// # Errors
    /// Undefined names, wrong types, a template that does not end.
    pub fn render(&self, scope: &Arc<Scope>) -> Result<Rendering, RenderError> {
        let _ = scope;
        unimplemented!()
    }
}

impl Template {
    /// Compiles a template file's text, as `template.file` renders it: blocks trimmed, the last newline kept.
    pub fn of_file(text: &str, place: Place) -> Result<Self, SyntaxError> {
        let _ = (text, place);
        unimplemented!()
    }
}

impl Expression {
    /// Compiles an expression, bare or wholly in `{{ }}`; a mixture is an error.
    pub fn new(text: &str, place: Place) -> Result<Self, SyntaxError> {
        let _ = (text, place);
        unimplemented!()
    }

    /// Its text, without `{{ }}`.
    pub fn text(&self) -> &str {
        unimplemented!()
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        unimplemented!()
    }

    /// What it reads.
    pub fn reads(&self) -> &Reads {
        unimplemented!()
    }

    /// What it comes to.
    ///
    /// # Errors
    /// As [`Form::render`].
    pub fn evaluate(&self, scope: &Arc<Scope>) -> Result<Rendering, RenderError> {
        let _ = scope;
        unimplemented!()
    }

    /// Whether it holds; anything but a boolean is an error.
    ///
    /// # Errors
    /// As [`Form::render`], and where it is no boolean.
    pub fn holds(&self, scope: &Arc<Scope>) -> Result<Truth, RenderError> {
        let _ = scope;
        unimplemented!()
    }
}
