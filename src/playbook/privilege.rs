//! `become`: as whom calls act, and how they come to.

use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::{Answer, Privilege};
use crate::login::{Method, is_user};
use crate::playbook::keys::Site;
use crate::playbook::read::{Fields, Reading, truthy_word};
use crate::source::Spanned;
use crate::template::Form;
use crate::value::Value;
use crate::yaml::{Kind, Node, Text};

const WANTED: &str = "`true`, `false`, a user, or a map of `user`, `method` and `password`";

/// What a map without `user` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Where hosts are described: only how, where calls say that they become another user.
    Host,
    /// In the playbook, for all its calls.
    Playbook,
    /// In a round or an entry, for its calls; what is said there may be a template.
    Calls,
}

impl Reading<'_> {
    /// What `become` says at a level; nothing where it is not written.
    pub(super) fn privilege(&mut self, fields: &Fields<'_>, level: Level) -> Privilege {
        let Some(node) = fields.get("become") else {
            return Privilege::default();
        };
        match &node.kind {
            Kind::Bool(is_on) => Privilege {
                is_on: Some(*is_on),
                ..Privilege::default()
            },
            Kind::Str(text) => match truthy_word(&text.text, text.style) {
                Some(meant) => {
                    self.truthy(&text.text, meant, node.span);
                    Privilege::default()
                }
                None => named(self.user(node, text, level)),
            },
            Kind::Map(_) => {
                let Some(fields) = self.fields(Site::Become, "become", node) else {
                    return Privilege::default();
                };
                self.privilege_fields(&fields, level)
            }
            _ => {
                self.wrong_type("become", WANTED, node);
                Privilege::default()
            }
        }
    }

    fn privilege_fields(&mut self, fields: &Fields<'_>, level: Level) -> Privilege {
        let user = match fields.get("user").map(|node| (node, &node.kind)) {
            Some((node, Kind::Str(text))) => self.user(node, text, level),
            Some((node, _)) => {
                self.wrong_type("user", "a text", node);
                None
            }
            None => None,
        };
        let method = self.text(fields, "method").and_then(|written| {
            let method = Method::named(&written.value);
            if method.is_none() {
                let message = format!(
                    "there is no way `{}` to become another user",
                    written.value.escape_debug()
                );
                let names = Method::ALL.map(Method::program);
                self.diagnostics.push(
                    Diagnostic::error(Code::WrongType, message)
                        .at(written.span)
                        .did_you_mean(&written.value, names)
                        .help("It is `sudo`, `doas` or `su`."),
                );
            }
            method
        });
        let password = self.text(fields, "password").map(|it| it.map(Answer::Secret));
        let is_on = (level != Level::Host || user.is_some()).then_some(true);
        Privilege {
            is_on,
            user,
            method,
            password,
        }
    }

    fn user(&mut self, node: &Node, text: &Text, level: Level) -> Option<Spanned<Form>> {
        if level == Level::Calls && text.text.contains("{{") {
            return Some(self.form(node).map(Form::as_data));
        }
        let name = self.text_of("become", node)?;
        if !is_user(&name.value) {
            let message = format!("`{}` cannot be a user", name.value.escape_debug());
            self.error(Code::InvalidName, message, name.span);
            return None;
        }
        Some(Spanned::new(Form::Literal(Value::Str(name.value)), name.span))
    }
}

fn named(user: Option<Spanned<Form>>) -> Privilege {
    Privilege {
        is_on: user.is_some().then_some(true),
        user,
        ..Privilege::default()
    }
}
