//! Readings of keys whose values may be expressions.

use crate::playbook::read::{Fields, Reading};
use crate::source::Spanned;
use crate::template::Form;
use crate::yaml::{Kind, Node};

impl Reading<'_> {
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
