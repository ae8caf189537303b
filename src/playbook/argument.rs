//! One argument against its type: every part of it that cannot be right is marked where it is.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::playbook::read::{Reading, truthy_word, with_article};
use crate::playbook::values;
use crate::source::{Span, Spanned};
use crate::template::Form;
use crate::tool::{Field, Type};
use crate::value::Value;
use crate::yaml::{Kind, Node};

/// Whose argument is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    /// Its name in messages.
    pub(super) name: &'a str,
    /// The code of a value that has another type.
    pub(super) code: Code,
}

impl Reading<'_> {
    /// Whether a node has the type, as far as can be said of it; says where it has not.
    pub(super) fn typed(&mut self, owner: Owner<'_>, name: &str, of: &Type, node: &Node) -> bool {
        match (&node.kind, of) {
            (_, Type::Any) | (Kind::Refused, _) => true,
            (Kind::Null, _) => {
                self.null(name, node);
                false
            }
            (Kind::Str(text), _) if is_lone_expression(&text.text) => true,
            (Kind::Str(text), _) if is_template(&text.text) => {
                let good = gives_text(of);
                if !good {
                    self.mistyped(owner, name, of, node, "a template with text around it");
                }
                good
            }
            (Kind::Seq(items), Type::List(of)) => {
                let mut good = true;
                for item in items {
                    good &= self.typed(owner, name, of, item);
                }
                good
            }
            (Kind::Map(entries), Type::Map(of)) => {
                let mut good = true;
                for (key, item) in entries {
                    good &= self.typed(owner, &format!("{name}.{}", key.value), of, item);
                }
                good
            }
            (Kind::Map(entries), Type::Record(fields)) => {
                self.record(owner, name, fields, node.span, entries)
            }
            (_, Type::Union(options)) => self.one_of(owner, name, of, options, node),
            _ => {
                let good = of.accepts(&values::data(node));
                if !good {
                    self.mistyped(owner, name, of, node, &shown(node));
                }
                good
            }
        }
    }

    fn record(
        &mut self,
        owner: Owner<'_>,
        name: &str,
        fields: &[Field],
        span: Span,
        entries: &[(Spanned<String>, Node)],
    ) -> bool {
        let mut good = true;
        for (key, value) in entries {
            let path = format!("{name}.{}", key.value);
            match fields.iter().find(|field| field.name == key.value) {
                Some(field)
                    if matches!(value.kind, Kind::Null)
                        && !field.required
                        && field.of.accepts(&Value::Null) => {}
                Some(field) => good &= self.typed(owner, &path, &field.of, value),
                None => {
                    let known = fields.iter().map(|it| it.name.as_str());
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::UnknownArgument,
                            format!("`{name}` of `{}` has no field `{}`", owner.name, key.value),
                        )
                        .at(key.span)
                        .did_you_mean(&key.value, known),
                    );
                    good = false;
                }
            }
        }
        let names = || fields.iter().map(|it| it.name.as_str());
        let unknown = entries.iter().map(|(key, _)| key.value.as_str());
        let unknown = unknown.filter(|key| !names().any(|it| it == *key));
        let meant: Vec<_> = unknown.filter_map(|key| nearest(key, names())).collect();
        for field in fields.iter().filter(|it| it.required) {
            if entries.iter().any(|(key, _)| key.value == field.name) {
                continue;
            }
            good = false;
            if !meant.contains(&field.name.as_str()) {
                self.error(
                    Code::MissingArgument,
                    format!("`{name}` of `{}` needs `{}`", owner.name, field.name),
                    span,
                );
            }
        }
        good
    }

    /// A collection is checked against the one option that has its shape, so that messages name the part.
    fn one_of(&mut self, owner: Owner<'_>, name: &str, of: &Type, options: &[Type], node: &Node) -> bool {
        let mut shaped = options.iter().filter(|option| {
            matches!(
                (&node.kind, option),
                (Kind::Seq(_), Type::List(_)) | (Kind::Map(_), Type::Map(_) | Type::Record(_))
            )
        });
        if let (Some(option), None) = (shaped.next(), shaped.next()) {
            return self.typed(owner, name, option, node);
        }
        let good = of.accepts(&values::data(node));
        if !good {
            self.mistyped(owner, name, of, node, &shown(node));
        }
        good
    }

    fn mistyped(&mut self, owner: Owner<'_>, name: &str, of: &Type, node: &Node, written: &str) {
        if wants(of, &Type::Mode)
            && let Kind::Int(number) = node.kind
        {
            let written = number.to_string();
            let error = Diagnostic::error(
                Code::FileMode,
                format!("the file mode `{number}` has no leading zero"),
            )
            .at(node.span)
            .help(format!("Write `0{number}`: modes are octal."));
            let is_octal =
                matches!(written.len(), 3 | 4) && written.bytes().all(|it| matches!(it, b'0'..=b'7'));
            self.diagnostics.push(if is_octal {
                error.fixed_word(&written, &format!("0{written}"))
            } else {
                error
            });
            return;
        }
        if wants(of, &Type::Boolean)
            && let Kind::Str(text) = &node.kind
            && let Some(meant) = truthy_word(&text.text, text.style)
        {
            self.truthy(&text.text, meant, node.span);
            return;
        }
        let (code, help) = if wants(of, &Type::Duration)
            && matches!(node.kind, Kind::Int(_) | Kind::Float(_) | Kind::Str(_))
        {
            (
                Code::Duration,
                Some("Write a number with a unit, as in 250ms, 30s, 5m or 2h."),
            )
        } else if wants(of, &Type::Mode) && matches!(node.kind, Kind::Str(_)) {
            (
                Code::FileMode,
                Some("Write it in octal with a leading zero, as in 0644, or as a change, as in u=rw,go=r."),
            )
        } else if wants(of, &Type::String)
            && matches!(
                node.kind,
                Kind::Int(_) | Kind::Uint(_) | Kind::Float(_) | Kind::Bool(_)
            )
        {
            (owner.code, Some("Put it in quotes."))
        } else {
            (owner.code, None)
        };
        let mut error = Diagnostic::error(
            code,
            format!("`{name}` of `{}` takes {of}, not {written}", owner.name),
        )
        .at(node.span);
        if let (Type::Enum(names), Kind::Str(text)) = (of, &node.kind) {
            error = error.did_you_mean(&text.text, names.iter().map(String::as_str));
        }
        if let Some(help) = help {
            error = error.help(help);
        }
        self.diagnostics.push(error);
    }
}

/// A value as its type wants it: white space around a lone `{{ }}` is a part of free text, and means nothing elsewhere.
/// Where both may be meant, what it comes to decides.
pub(super) fn suited(of: &Type, form: Form) -> Form {
    match (of, &form) {
        (Type::String, _) => form.as_text(),
        (Type::Union(options), Form::Expression(_) | Form::Secret(_)) => {
            if options.iter().all(is_scalar_or_text) && options.iter().any(is_open) {
                form.as_text()
            } else if options.iter().any(is_open) {
                form
            } else {
                form.as_data()
            }
        }
        (Type::Union(options), Form::List(_) | Form::Map(_)) => {
            let shaped = options.iter().find(|option| {
                matches!(
                    (&form, option),
                    (Form::List(_), Type::List(_)) | (Form::Map(_), Type::Map(_) | Type::Record(_))
                )
            });
            match shaped {
                Some(option) => suited(option, form),
                None => form,
            }
        }
        (Type::List(of) | Type::Map(of), Form::List(_) | Form::Map(_)) => {
            form.each_part(|_, part| suited(of, part))
        }
        (Type::Record(fields), Form::Map(_)) => {
            form.each_part(
                |name, part| match fields.iter().find(|field| Some(field.name.as_str()) == name) {
                    Some(field) => suited(&field.of, part),
                    None => part,
                },
            )
        }
        (Type::Any, _) => form,
        _ => form.as_data(),
    }
}

fn is_scalar_or_text(of: &Type) -> bool {
    match of {
        Type::String | Type::Integer | Type::Number | Type::Boolean | Type::Null => true,
        Type::Union(options) => options.iter().all(is_scalar_or_text),
        _ => false,
    }
}

/// Whether free text may be given.
fn is_open(of: &Type) -> bool {
    match of {
        Type::String | Type::Any => true,
        Type::Union(options) => options.iter().any(is_open),
        _ => false,
    }
}

/// Whether the text is one `{{ expression }}`, which keeps its type.
fn is_lone_expression(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1 && !text.contains("{%")
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Whether a text that is not known yet can have the type.
fn gives_text(of: &Type) -> bool {
    match of {
        Type::Any | Type::String | Type::Enum(_) | Type::Mode | Type::Duration => true,
        Type::Union(options) => options.iter().any(gives_text),
        _ => false,
    }
}

fn wants(of: &Type, wanted: &Type) -> bool {
    match of {
        Type::Union(options) => options.iter().any(|it| wants(it, wanted)),
        it => it == wanted,
    }
}

fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Bool(it) => format!("`{it}`"),
        Kind::Int(it) => format!("`{it}`"),
        Kind::Uint(it) => format!("`{it}`"),
        Kind::Float(it) => format!("`{it}`"),
        Kind::Str(text) if text.text.chars().count() <= 40 => format!("`{}`", text.text.escape_debug()),
        _ => with_article(node.type_name()),
    }
}
