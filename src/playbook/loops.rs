//! Loops as written.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::model::{Loop, MOST_ITEMS};
use crate::playbook::read::Reading;
use crate::source::Spanned;
use crate::template::Form;
use crate::value::Value;
use crate::yaml::{Kind, Node};

impl Reading<'_> {
    /// A loop, with what it runs over.
    pub(super) fn repeat(&mut self, node: &Node) -> Option<Loop> {
        self.repeat_as("loop", node)
    }

    /// The same of another key.
    pub(super) fn repeat_as(&mut self, key: &str, node: &Node) -> Option<Loop> {
        let items = written_items(node);
        if items > MOST_ITEMS {
            let message = format!("the loop has {items} items, and {MOST_ITEMS} are the most");
            let help = "Give the tool one list where it takes one, or split the loop.";
            let error = Diagnostic::error(Code::InvalidValue, message);
            self.diagnostics.push(error.at(node.span).help(help));
        }
        let over = match &node.kind {
            Kind::Map(entries) => entries
                .iter()
                .filter_map(|(name, value)| {
                    let good = name.value == "item" || self.variable_name(name);
                    let items = self.items(&name.value, value);
                    good.then(|| (name.clone(), items))
                })
                .collect(),
            _ => vec![(Spanned::new("item".to_owned(), node.span), self.items(key, node))],
        };
        if over.is_empty() && !matches!(&node.kind, Kind::Map(entries) if !entries.is_empty()) {
            self.wrong_type(key, "an expression, a list, or a map of names to them", node);
            return None;
        }
        Some(Loop { over })
    }

    /// What a loop runs over: an expression, or a list or map as it is. What is wrong is nothing, so that the name is
    /// there all the same.
    fn items(&mut self, key: &str, node: &Node) -> Spanned<Form> {
        match &node.kind {
            Kind::Seq(_) | Kind::Map(_) => return self.form(node),
            Kind::Str(text) => {
                if let Some(expression) = self.expression(text) {
                    return Spanned::new(Form::Expression(Arc::new(expression)), node.span);
                }
            }
            Kind::Null => self.null(key, node),
            _ => self.wrong_type(key, "an expression or a list", node),
        }
        self.broken += 1;
        Spanned::new(Form::Literal(Value::Null), node.span)
    }
}

/// How many items a loop has at least, by what is written out.
fn written_items(node: &Node) -> usize {
    match &node.kind {
        Kind::Seq(items) => items.len(),
        Kind::Map(entries) => {
            let counts = entries.iter().map(|(_, node)| match &node.kind {
                Kind::Seq(items) => items.len(),
                Kind::Map(pairs) => pairs.len(),
                // It may have none.
                _ => 0,
            });
            counts.fold(1, usize::saturating_mul)
        }
        _ => 0,
    }
}
