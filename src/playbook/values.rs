//! YAML nodes as values with templates, expressions and variables.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::read::{Reading, truthy_word};
use crate::source::{Place, Spanned};
use crate::template::Variables;
use crate::template::{Expression, Form, SyntaxError};
use crate::value::{Map, Value};
use crate::yaml::{Kind, Node, Text};

/// Names that mean something of their own in templates.
pub(super) const RESERVED: &[&str] = &[
    "host", "hosts", "group", "groups", "facts", "result", "results", "item", "loop", "run", "secrets",
    "failed", "omit",
];

impl Reading<'_> {
    /// A node as the value of a variable: it may have none.
    pub(super) fn variable(&mut self, node: &Node) -> Spanned<Form> {
        match &node.kind {
            Kind::Str(text) => {
                let form = Form::of_variable(&text.text, text.place.clone(), Some(self.folder(node.span)));
                Spanned::new(self.made(node, form), node.span)
            }
            _ => match self.each(node) {
                Some(each) => each,
                None => self.form(node),
            },
        }
    }

    fn made(&mut self, node: &Node, form: Result<Form, SyntaxError>) -> Form {
        match form {
            Ok(form) if self.sources.source(node.span.source).is_hidden => Form::Secret(Box::new(form)),
            Ok(form) => form,
            Err(error) => {
                self.syntax(Code::TemplateSyntax, error);
                Form::Literal(Value::Null)
            }
        }
    }

    /// A node as a value; templates in its texts are compiled.
    pub(super) fn form(&mut self, node: &Node) -> Spanned<Form> {
        let form = match &node.kind {
            Kind::Str(text) => {
                let form = Form::of_text_in(&text.text, text.place.clone(), Some(self.folder(node.span)));
                self.made(node, form)
            }
            Kind::Seq(items) => list(items.iter().map(|item| self.form(item)).collect()),
            Kind::Map(entries) => map(entries
                .iter()
                .map(|(name, value)| (name.value.clone(), self.form(value)))
                .collect()),
            Kind::Refused => {
                self.broken += 1;
                Form::Literal(Value::Null)
            }
            Kind::Int(_) | Kind::Uint(_) | Kind::Float(_)
                if self.sources.source(node.span.source).is_hidden =>
            {
                Form::Secret(Box::new(Form::Literal(scalar(node))))
            }
            _ => Form::Literal(scalar(node)),
        };
        Spanned::new(form, node.span)
    }

    /// A node as one expression that decides something.
    pub(super) fn condition(&mut self, key: &str, node: &Node) -> Option<Expression> {
        match &node.kind {
            Kind::Bool(it) => self.compile(&it.to_string(), Place::whole(node.span)),
            Kind::Str(text) => {
                if let Some(meant) = truthy_word(&text.text, text.style) {
                    self.truthy(&text.text, meant, node.span);
                    return None;
                }
                self.expression(text)
            }
            Kind::Null => {
                self.null(key, node);
                None
            }
            _ => {
                self.wrong_type(key, "an expression, or a list of them", node);
                None
            }
        }
    }

    /// A text as an expression.
    pub(super) fn expression(&mut self, text: &Text) -> Option<Expression> {
        self.compile(&text.text, text.place.clone())
    }

    fn compile(&mut self, text: &str, place: Place) -> Option<Expression> {
        let folder = self.folder(place.whole);
        match Expression::new_in(text, place, Some(folder)) {
            Ok(expression) => Some(expression),
            Err(error) => {
                let mixed = text.contains("{{") || text.contains("{%");
                let code = if mixed {
                    Code::MixedExpression
                } else {
                    Code::ExpressionSyntax
                };
                self.syntax(code, error);
                None
            }
        }
    }

    /// Says what is wrong with a template or expression.
    pub(super) fn syntax(&mut self, code: Code, error: SyntaxError) {
        self.broken += 1;
        let mut diagnostic = Diagnostic::error(code, error.message).at(error.span);
        diagnostic.help = error.help;
        self.diagnostics.push(diagnostic);
    }

    /// A map of variables. Null is a value here.
    pub(super) fn variables(&mut self, key: &str, node: Option<&Node>) -> Arc<Variables> {
        let Some(node) = node else {
            return Arc::default();
        };
        let Kind::Map(entries) = &node.kind else {
            self.wrong_type(key, "a map of names to values", node);
            return Arc::default();
        };
        let mut variables = Variables::with_capacity(entries.len());
        for (name, value) in entries {
            let form = self.variable(value);
            if self.variable_name(name) {
                variables.insert(name.value.clone(), form);
            }
        }
        Arc::new(variables)
    }

    /// Whether a variable may have this name; says why not.
    pub(super) fn variable_name(&mut self, name: &Spanned<String>) -> bool {
        if RESERVED.contains(&name.value.as_str()) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::ReservedName,
                    format!("`{}` cannot be the name of a variable", name.value),
                )
                .at(name.span)
                .help("Templates know it as something else: choose another name."),
            );
            return false;
        }
        self.identifier("a variable", name)
    }
}

/// A list; literal if all of it is.
pub(super) fn list(items: Vec<Spanned<Form>>) -> Form {
    let literals: Option<Vec<_>> = items.iter().map(|it| it.value.literal().cloned()).collect();
    match literals {
        Some(values) => Form::Literal(Value::List(values)),
        None => Form::List(items),
    }
}

/// A map; literal if all of it is.
pub(super) fn map(entries: IndexMap<String, Spanned<Form>>) -> Form {
    let literals: Option<Map> = entries
        .iter()
        .map(|(name, it)| Some((name.clone(), it.value.literal()?.clone())))
        .collect();
    match literals {
        Some(values) => Form::Literal(Value::Map(values)),
        None => Form::Map(entries),
    }
}

/// A scalar that is not text.
fn scalar(node: &Node) -> Value {
    match node.kind {
        Kind::Bool(it) => it.into(),
        Kind::Int(it) => it.into(),
        Kind::Uint(it) => it.into(),
        Kind::Float(it) => it.into(),
        _ => Value::Null,
    }
}

/// A node as data, templates as their text.
pub(super) fn data(node: &Node) -> Value {
    match &node.kind {
        Kind::Str(text) => Value::Str(text.text.clone()),
        Kind::Seq(items) => Value::List(items.iter().map(data).collect()),
        Kind::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(name, value)| (name.value.clone(), data(value)))
                .collect(),
        ),
        _ => scalar(node),
    }
}
