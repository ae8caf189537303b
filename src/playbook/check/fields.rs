//! Fields of what is not a variable: facts, results, the host, the run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic};
use crate::failure::Failure;
use crate::playbook::check::typing::{field, shown};
use crate::playbook::foreign;
use crate::playbook::model::{Action, Entry};
use crate::protocol::Facts;
use crate::template::Access;
use crate::tool::{self, Field, Signature, Type};

/// What is known of fields, made once.
#[derive(Debug)]
pub(super) struct Shapes {
    facts: Type,
    envelope: Vec<Field>,
    /// The types of results, by the tool's place in memory, and whether there is a loop: all calls of a tool have the same.
    results: RefCell<Results>,
}

type Results = HashMap<(Option<*const tool::Entry>, bool), Option<Rc<Type>>>;

impl Shapes {
    /// Makes it.
    pub(super) fn new() -> Self {
        let mut error = Signature::of::<Failure>().fields;
        // Of a group: which of its calls it was.
        error.push(field("call", Type::String));
        let error = Type::Record(error);
        let list = |of| Type::List(Box::new(of));
        let envelope = [
            ("status", Type::String),
            ("changed", Type::Boolean),
            ("failed", Type::Boolean),
            ("skipped", Type::Boolean),
            ("error", error),
            ("warnings", list(Type::String)),
            ("diff", list(Type::Any)),
            ("items", list(Type::Any)),
            ("attempts", Type::Integer),
        ];
        Self {
            facts: Type::Record(Signature::of::<Facts>().fields),
            envelope: envelope.into_iter().map(|(name, of)| field(name, of)).collect(),
            results: RefCell::default(),
        }
    }

    /// Checks what is taken of `facts`; `path` begins after it.
    pub(super) fn facts(&self, access: &Access, path: &[String], what: &str) -> Option<Diagnostic> {
        walk(&self.facts, what, path, access)
    }

    /// Checks what is taken of an entry's result.
    pub(super) fn result(
        &self,
        entry: &Entry,
        access: &Access,
        path: &[String],
        what: &str,
    ) -> Option<Diagnostic> {
        let tool = match &entry.action {
            Action::Call(call) => Some(&*call.tool),
            _ => None,
        };
        let of = self.result_type(entry)?;
        let error = walk(&of, what, path, access)?;
        let of_item =
            tool.is_some_and(|it| path.first().is_some_and(|name| it.output().field(name).is_some()));
        Some(match &entry.repeat {
            Some(_) if of_item => error.help(format!(
                "Of a loop, each item has its own result: `{what}.items[0].{}`.",
                path.first().map_or("", String::as_str)
            )),
            _ => error,
        })
    }

    /// The type of `facts`.
    pub(super) fn facts_type(&self) -> &Type {
        &self.facts
    }

    /// The type of an entry's result; `None` where any field may be there.
    pub(super) fn result_type(&self, entry: &Entry) -> Option<Rc<Type>> {
        let tool = match &entry.action {
            Action::Call(call) => Some(&*call.tool),
            _ => None,
        };
        let key = (tool.map(std::ptr::from_ref), entry.repeat.is_some());
        let known = self.results.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let of = self.type_of(tool, entry.repeat.is_some()).map(Rc::new);
            self.results.borrow_mut().insert(key, of.clone());
            of
        })
    }

    fn type_of(&self, tool: Option<&tool::Entry>, has_loop: bool) -> Option<Type> {
        Some(Type::Record(match (tool, has_loop) {
            (Some(tool), false) => self.fields(Some(tool), false)?,
            (Some(tool), true) => {
                let item = self.fields(Some(tool), true).map_or(Type::Any, Type::Record);
                let mut fields = self.envelope.clone();
                for field in fields.iter_mut().filter(|it| it.name == "items") {
                    field.of = Type::List(Box::new(item.clone()));
                }
                fields
            }
            (None, _) => self.envelope.clone(),
        }))
    }

    /// The type of `result` in a call's own conditions; `None` where any field may be there.
    pub(super) fn own_type(&self, entry: &Entry, tool: &tool::Entry) -> Option<Type> {
        self.fields(Some(tool), entry.repeat.is_some()).map(Type::Record)
    }

    /// Checks what is taken of `result`, in the call's own conditions.
    pub(super) fn own_result(
        &self,
        entry: &Entry,
        tool: &tool::Entry,
        access: &Access,
    ) -> Option<Diagnostic> {
        walk(&self.own_type(entry, tool)?, "result", &access.path[1..], access)
    }

    /// The fields of a result; `None` where any field may be there.
    fn fields(&self, tool: Option<&tool::Entry>, is_item: bool) -> Option<Vec<Field>> {
        let mut fields = self.envelope.clone();
        if is_item {
            fields.push(field("item", Type::Any));
            fields.push(field("index", Type::Integer));
        }
        if let Some(tool) = tool {
            let output = tool.output();
            let open = output
                .schema
                .get("additionalProperties")
                .is_some_and(|it| it != false);
            let is_closed = matches!(
                output.schema.get("type").and_then(serde_json::Value::as_str),
                Some("object" | "null")
            );
            if open || !is_closed {
                return None;
            }
            fields.retain(|it| output.field(&it.name).is_none());
            fields.extend(output.fields.iter().cloned().map(|it| Field {
                of: it.of.as_result(),
                ..it
            }));
        }
        Some(fields)
    }
}

/// The type of an entry's result; `None` where any field may be there.
pub(in crate::playbook) fn result_type(entry: &Entry) -> Option<Rc<Type>> {
    Shapes::new().result_type(entry)
}

/// The type of `facts`.
pub(in crate::playbook) fn facts_type() -> Type {
    Shapes::new().facts
}

/// Checks one step that takes one of a closed list of names.
pub(super) fn one_of(access: &Access, at: usize, what: &str, known: &[&str]) -> Option<Diagnostic> {
    let name = access.path.get(at)?;
    (!known.contains(&name.as_str())).then(|| unknown(access, what, name, known.iter().copied()))
}

/// Checks the steps into a value of a type.
pub(super) fn walk(of: &Type, what: &str, path: &[String], access: &Access) -> Option<Diagnostic> {
    let (name, rest) = path.split_first()?;
    let deeper = format!("{what}.{name}");
    match of {
        Type::Record(fields) => match fields.iter().rev().find(|field| field.name == *name) {
            Some(field) => walk(&field.of, &deeper, rest, access),
            None => Some(unknown(
                access,
                what,
                name,
                fields.iter().map(|it| it.name.as_str()),
            )),
        },
        Type::List(of) if name.parse::<i64>().is_ok() => walk(of, &format!("{what}[{name}]"), rest, access),
        Type::Union(options) => {
            let mut error = None;
            for option in options.iter().filter(|it| **it != Type::Null) {
                error = Some(walk(option, what, path, access)?);
            }
            error
        }
        Type::Map(of) => walk(of, &deeper, rest, access),
        Type::Any | Type::Null => None,
        Type::String | Type::Enum(_) | Type::Mode | Type::Duration if name.parse::<i64>().is_ok() => None,
        other => Some(
            Diagnostic::error(
                Code::UnknownField,
                format!("`{what}` has no field `{name}`: it is {}", shown(other)),
            )
            .at(access.span),
        ),
    }
}

fn unknown<'n>(
    access: &Access,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let error =
        Diagnostic::error(Code::UnknownField, format!("`{what}` has no field `{name}`")).at(access.span);
    if let Some(instead) = foreign::field(what, name) {
        return error.help(instead);
    }
    let error = error.did_you_mean(name, known.clone());
    if error.help.is_some() {
        return error;
    }
    let known: Vec<_> = known.map(|it| format!("`{it}`")).collect();
    error.help(format!("It has {}.", known.join(", ")))
}
