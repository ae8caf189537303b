//! Values as written.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::{Place, Span, Spanned};
use crate::template::Refusal;
use crate::template::engine::Whitespace;
use crate::template::header;
use crate::template::lone::{Around, lone};
use crate::template::program::{Program, Sort};
use crate::template::render::Render;
use crate::template::{Chosen, Each, Files, Reads, Scope, Secrecy, Sketch, Step};
use crate::value::Value;

/// A value as it is in a playbook.
#[derive(Debug, Clone)]
pub enum Form {
    /// No template in it.
    Literal(Value),
    /// Text with templates in it: gives text.
    Template(Arc<Template>),
    /// One `{{ expression }}` and nothing else but white space: keeps the expression's type. The white space is a part of
    /// it where it is text.
    Expression(Arc<Expression>),
    /// A list in which something is not literal.
    List(Vec<Spanned<Self>>),
    /// A map in which something is not literal. Keys are never templates.
    Map(IndexMap<String, Spanned<Self>>),
    /// A list or map that is made of another: all of a variable.
    Each(Arc<Each>),
    /// A variable of files of which one is chosen.
    Chosen(Arc<Chosen>),
    /// What cannot be used, and why: an error wherever it is read, and nowhere else.
    Refused(Arc<Refusal>),
    /// A secret: whatever reads it is secret as a whole.
    Secret(Box<Self>),
}

/// Text with templates in it.
#[derive(Debug)]
pub struct Template {
    pub(super) program: Program,
}

/// An expression.
#[derive(Debug)]
pub struct Expression {
    pub(super) program: Arc<Program>,
    /// The white space around it; what decides something has none.
    pub(super) around: Around,
}

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
        /// Whether a secret was read to make it.
        secrecy: Secrecy,
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
    ///
    /// # Errors
    /// Wrong syntax; unknown filters, tests and functions.
    pub fn of_text(text: &str, place: Place) -> Result<Self, SyntaxError> {
        Self::of_text_in(text, place, None)
    }

    /// The same; relative paths of `file()` in it count from `folder`.
    ///
    /// # Errors
    /// As [`Form::of_text`].
    pub fn of_text_in(text: &str, place: Place, folder: Option<Arc<Path>>) -> Result<Self, SyntaxError> {
        if !has_syntax(text) {
            return Ok(Self::Literal(Value::from(text)));
        }
        if let Some(lone) = lone(text, &place) {
            let mut expression = Expression::of(lone.inner, lone.place, folder)?;
            expression.around = lone.around;
            return Ok(Self::Expression(Arc::new(expression)));
        }
        let sort = Sort::Template(Whitespace::default());
        let program = Program::new(text, sort, place, folder, None)?;
        Ok(Self::Template(Arc::new(Template { program })))
    }

    /// A list; literal if all of it is.
    pub fn list(items: Vec<Spanned<Self>>) -> Self {
        if items.iter().any(|item| item.value.literal().is_none()) {
            return Self::List(items);
        }
        let items = items.into_iter().filter_map(|item| item.value.into_literal());
        Self::Literal(Value::List(items.collect()))
    }

    /// A map; literal if all of it is.
    pub fn map(entries: IndexMap<String, Spanned<Self>>) -> Self {
        if entries.values().any(|entry| entry.value.literal().is_none()) {
            return Self::Map(entries);
        }
        let entries = entries
            .into_iter()
            .filter_map(|(key, entry)| Some((key, entry.value.into_literal()?)));
        Self::Literal(Value::Map(entries.collect()))
    }

    /// The value, where nothing in it is a template.
    pub fn literal(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Whether a part of it is a secret by itself, whatever it reads.
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::List(items) => items.iter().any(|item| item.value.is_secret()),
            Self::Map(entries) => entries.values().any(|entry| entry.value.is_secret()),
            Self::Each(each) => each.value.value.is_secret(),
            Self::Chosen(chosen) => chosen.is_secret(),
            Self::Literal(_) | Self::Template(_) | Self::Expression(_) | Self::Refused(_) => false,
        }
    }

    fn into_literal(self) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Everything that is read to render it.
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        self.add_reads(&mut reads);
        reads
    }

    fn add_reads(&self, reads: &mut Reads) {
        match self {
            Self::Literal(_) | Self::Refused(_) => {}
            Self::Template(template) => reads.extend(&template.program.reads),
            Self::Expression(expression) => reads.extend(&expression.program.reads),
            Self::List(items) => items.iter().for_each(|item| item.value.add_reads(reads)),
            Self::Map(entries) => entries.values().for_each(|entry| entry.value.add_reads(reads)),
            Self::Secret(form) => form.add_reads(reads),
            Self::Each(each) => reads.extend(&each.reads()),
            Self::Chosen(chosen) => reads.extend(&chosen.reads()),
        }
    }

    /// What it comes to in a scope.
    ///
    /// # Errors
    /// Undefined names, wrong types, a template that does not end.
    pub fn render(&self, scope: &Arc<Scope>) -> Result<Rendering, RenderError> {
        match self {
            Self::Literal(value) => Ok(Rendering::Known {
                value: value.clone(),
                secrecy: Secrecy::Public,
            }),
            Self::Template(template) => template.render(scope),
            Self::Expression(expression) => expression.evaluate(scope),
            Self::List(_)
            | Self::Map(_)
            | Self::Secret(_)
            | Self::Each(_)
            | Self::Chosen(_)
            | Self::Refused(_) => Render::new(scope).form(self),
        }
    }
}

impl Template {
    /// Compiles a template file's text, as `template.file` renders it: blocks trimmed, or as its `#jinja2:` line says,
    /// which is no part of it; the last newline kept.
    ///
    /// # Errors
    /// As [`Form::of_text`].
    pub fn of_file(text: &str, place: Place) -> Result<Self, SyntaxError> {
        Self::compiled(text, place, None, None)
    }

    /// The same; relative paths in it count from `folder`, and it may bring in other `files`.
    ///
    /// # Errors
    /// As [`Form::of_text`], of all these files; and where there is none of a name.
    pub fn of_file_in(
        text: &str,
        place: Place,
        folder: Arc<Path>,
        files: &mut dyn Files,
    ) -> Result<Self, SyntaxError> {
        Self::compiled(text, place, Some(folder), Some(files))
    }

    fn compiled(
        text: &str,
        place: Place,
        folder: Option<Arc<Path>>,
        files: Option<&mut dyn Files>,
    ) -> Result<Self, SyntaxError> {
        let head = header::read(text, &place)?;
        let place = match head.length {
            0 => place,
            length => place.part(length, text.len() - length),
        };
        let text = &text[head.length..];
        let sort = Sort::Template(head.whitespace.unwrap_or_default());
        let program = Program::new(text, sort, place, folder, files)?;
        Ok(Self { program })
    }

    /// What it does, step by step.
    pub fn steps(&self) -> Vec<Step> {
        self.program.steps()
    }

    /// Every `{{ expression }}` in it that is outside of loops and macros.
    pub fn sketches(&self) -> Vec<Sketch> {
        self.program.sketches()
    }

    /// The text that it gives.
    ///
    /// # Errors
    /// As [`Form::render`].
    pub fn render(&self, scope: &Arc<Scope>) -> Result<Rendering, RenderError> {
        Render::new(scope).program(&self.program)
    }
}

impl Expression {
    /// Compiles an expression, bare or wholly in `{{ }}`; a mixture is an error.
    ///
    /// # Errors
    /// As [`Form::of_text`].
    pub fn new(text: &str, place: Place) -> Result<Self, SyntaxError> {
        Self::new_in(text, place, None)
    }

    /// The same; relative paths of `file()` in it count from `folder`.
    ///
    /// # Errors
    /// As [`Form::of_text`].
    pub fn new_in(text: &str, place: Place, folder: Option<Arc<Path>>) -> Result<Self, SyntaxError> {
        if let Some(lone) = lone(text, &place) {
            return Self::of(lone.inner, lone.place, folder);
        }
        if text.trim().is_empty() {
            return Err(SyntaxError {
                message: "the expression is empty".to_owned(),
                span: place.whole,
                help: None,
            });
        }
        let outer = place.clone();
        Self::of(text, place, folder).map_err(|error| match text.find("{{").or(text.find("{%")) {
            Some(at) => SyntaxError {
                message: "an expression and `{{ }}` are mixed".to_owned(),
                span: outer.span(at, at + 2),
                help: Some("Write the whole expression bare: names need no `{{ }}` here.".to_owned()),
            },
            None => error,
        })
    }

    pub(super) fn of(text: &str, place: Place, folder: Option<Arc<Path>>) -> Result<Self, SyntaxError> {
        let program = Program::new(text, Sort::Expression, place, folder, None)?;
        Ok(Self {
            program: Arc::new(program),
            around: Around::default(),
        })
    }

    /// Its text, without `{{ }}`.
    pub fn text(&self) -> &str {
        self.program.piece.text.trim()
    }

    /// Where it is.
    pub fn span(&self) -> Span {
        self.program.piece.place.whole
    }

    /// What it does, for the type of what it gives.
    pub fn sketch(&self) -> Option<Sketch> {
        self.program.sketches().pop()
    }

    /// What it reads.
    pub fn reads(&self) -> &Reads {
        &self.program.reads
    }

    /// What it comes to.
    ///
    /// # Errors
    /// As [`Form::render`].
    pub fn evaluate(&self, scope: &Arc<Scope>) -> Result<Rendering, RenderError> {
        Render::new(scope).expression(self)
    }

    /// Whether it holds; anything but a boolean is an error.
    ///
    /// # Errors
    /// As [`Form::render`], and where it is no boolean.
    pub fn holds(&self, scope: &Arc<Scope>) -> Result<Truth, RenderError> {
        match self.evaluate(scope)? {
            Rendering::Known {
                value: Value::Bool(true),
                ..
            } => Ok(Truth::True),
            Rendering::Known {
                value: Value::Bool(false),
                ..
            } => Ok(Truth::False),
            Rendering::Known { value, .. } => Err(RenderError {
                message: format!(
                    "the condition returns a value of type {}, expected a boolean",
                    value.type_name()
                ),
                span: self.span(),
                through: Vec::new(),
                help: Some("Write a comparison, or `| bool`.".to_owned()),
            }),
            Rendering::Unknown { because } => Ok(Truth::Unknown { because }),
        }
    }
}

fn has_syntax(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}
