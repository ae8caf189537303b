//! Readings of keys whose values may be expressions.

use std::time::Duration;

use crate::playbook::read::{Fields, Reading};
use crate::playbook::setting::{Settable, Setting};
use crate::source::Spanned;
use crate::template::Form;
use crate::yaml::{Kind, Node};

impl Reading<'_> {
    /// A boolean key, or an expression.
    pub(super) fn flag_or_asked(&mut self, fields: &Fields<'_>, key: &str) -> Option<Setting<bool>> {
        if let Some(node) = templated(fields, key) {
            return self.asked(key, node);
        }
        self.flag(fields, key).map(Setting::Fixed)
    }

    /// A whole number, or an expression.
    pub(super) fn number_or_asked(&mut self, fields: &Fields<'_>, key: &str) -> Option<Setting<u32>> {
        if let Some(node) = templated(fields, key) {
            return self.asked(key, node);
        }
        self.number(fields, key, 0, u32::MAX).map(Setting::Fixed)
    }

    /// A length of time, or an expression.
    pub(super) fn duration_or_asked(&mut self, fields: &Fields<'_>, key: &str) -> Option<Setting<Duration>> {
        if let Some(node) = templated(fields, key) {
            let form = self.form(node).map(Form::as_data);
            return form.value.literal().is_none().then_some(Setting::Asked(form));
        }
        self.duration(fields, key).map(Setting::Fixed)
    }

    fn asked<T: Settable>(&mut self, key: &str, node: &Node) -> Option<Setting<T>> {
        let broken = self.broken;
        let form = self.lone(key, T::WANTED, node)?;
        (broken == self.broken).then_some(Setting::Asked(form))
    }

    /// A form that keeps the type of what it gives.
    pub(super) fn lone(&mut self, key: &str, wanted: &str, node: &Node) -> Option<Spanned<Form>> {
        let form = self.form(node).map(Form::as_data);
        if matches!(form.value, Form::Template(_)) {
            self.wrong_type(
                key,
                &format!("{wanted}, or one `{{{{ expression }}}}` that gives it"),
                node,
            );
            return None;
        }
        Some(form)
    }
}

/// The value of a key, where it is a text with a template in it.
pub(super) fn templated<'n>(fields: &Fields<'n>, key: &str) -> Option<&'n Node> {
    fields.get(key).filter(|node| is_templated(node))
}

/// Whether a node is a text with a template in it.
pub(super) fn is_templated(node: &Node) -> bool {
    matches!(&node.kind, Kind::Str(text) if text.text.contains("{{") || text.text.contains("{%"))
}
