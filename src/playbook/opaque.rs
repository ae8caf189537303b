//! What is only on calls that run what the playbook's author wrote.

use crate::diagnostic::Code;
use crate::playbook::argument::suited;
use crate::playbook::read::Reading;
use crate::source::Spanned;
use crate::template::Form;
use crate::tool::Type;
use crate::yaml::{Kind, Node};

impl Reading<'_> {
    /// Variables of the environment.
    pub(super) fn environment(&mut self, node: &Node) -> Spanned<Form> {
        match &node.kind {
            Kind::Map(entries) => {
                for (name, value) in entries {
                    if !matches!(value.kind, Kind::Str(_)) {
                        self.wrong_type(&name.value, "a text", value);
                    }
                    if name.value.is_empty() || name.value.contains(['=', '\0']) {
                        let message = format!(
                            "`{}` cannot be the name of an environment variable",
                            name.value.escape_debug()
                        );
                        self.error(Code::InvalidName, message, name.span);
                    }
                }
            }
            Kind::Str(text) if text.text.trim_start().starts_with("{{") => {}
            _ => self.wrong_type("env", "a map of names to texts", node),
        }
        let of = Type::Map(Box::new(Type::String));
        self.form(node).map(|form| suited(&of, form))
    }

    /// Absolute paths on the host: one, or a list of them.
    pub(super) fn paths(&mut self, key: &str, node: &Node) -> Spanned<Form> {
        let items = match &node.kind {
            Kind::Seq(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for item in items {
            match &item.kind {
                Kind::Str(text) if text.text.starts_with(['/', '{']) => {}
                Kind::Str(text) => self.error(
                    Code::InvalidArgument,
                    format!("`{key}` takes absolute paths, not `{}`", text.text.escape_debug()),
                    item.span,
                ),
                _ => self.wrong_type(key, "a list of absolute paths", item),
            }
        }
        let form = self.form(node);
        match (&node.kind, &form.value) {
            (Kind::Seq(_), _) | (_, Form::Expression(_)) => form,
            _ => Spanned::new(crate::playbook::values::list(vec![form]), node.span),
        }
    }
}
