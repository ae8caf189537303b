//! Fields of what is not a variable: facts, results, the host, the run.

use crate::diagnostic::{Code, Diagnostic};
use crate::failure::Failure;
use crate::playbook::model::{Action, Entry};
use crate::protocol::Facts;
use crate::template::Access;
use crate::tool::{self, Field, Registry, Signature, Type};

/// What is known of fields, made once.
#[derive(Debug)]
pub(super) struct Shapes {
    facts: Type,
    envelope: Vec<Field>,
}

impl Shapes {
    /// Makes it.
    pub(super) fn new() -> Self {
        let error = Type::Record(Signature::of::<Failure>().fields);
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
        }
    }

    /// Checks what is taken of `facts`; `path` begins after it.
    pub(super) fn facts(&self, access: &Access, path: &[String], what: &str) -> Option<Diagnostic> {
        walk(&self.facts, what, path, access)
    }

    /// Checks what is taken of an entry's result.
    pub(super) fn result(
        &self,
        registry: &Registry,
        entry: &Entry,
        access: &Access,
        path: &[String],
        what: &str,
    ) -> Option<Diagnostic> {
        let tool = match &entry.action {
            Action::Call(call) => registry.get(call.tool),
            _ => None,
        };
        let whole = match (tool, &entry.repeat) {
            (Some(tool), None) => self.fields(Some(tool), false)?,
            (Some(tool), Some(_)) => {
                let item = self.fields(Some(tool), true).map_or(Type::Any, Type::Record);
                let mut fields = self.envelope.clone();
                for field in fields.iter_mut().filter(|it| it.name == "items") {
                    field.of = Type::List(Box::new(item.clone()));
                }
                fields
            }
            _ => self.envelope.clone(),
        };
        let error = walk(&Type::Record(whole), what, path, access)?;
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

    /// Checks what is taken of `result`, in the call's own conditions.
    pub(super) fn own_result(
        &self,
        entry: &Entry,
        tool: &tool::Entry,
        access: &Access,
    ) -> Option<Diagnostic> {
        let fields = self.fields(Some(tool), entry.repeat.is_some())?;
        walk(&Type::Record(fields), "result", &access.path[1..], access)
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
            fields.extend(output.fields.iter().cloned());
        }
        Some(fields)
    }
}

fn field(name: &str, of: Type) -> Field {
    Field {
        name: name.to_owned(),
        of,
        required: false,
        default: None,
        doc: String::new(),
        role: None,
    }
}

/// Checks one step that takes one of a closed list of names.
pub(super) fn one_of(access: &Access, at: usize, what: &str, known: &[&str]) -> Option<Diagnostic> {
    let name = access.path.get(at)?;
    (!known.contains(&name.as_str())).then(|| unknown(access, what, name, known.iter().copied()))
}

fn walk(of: &Type, what: &str, path: &[String], access: &Access) -> Option<Diagnostic> {
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
        Type::Any => None,
        Type::String if name.parse::<i64>().is_ok() => None,
        other => Some(
            Diagnostic::error(
                Code::UnknownField,
                format!("`{what}` has no field `{name}`: it is {}", shown(other)),
            )
            .at(access.span),
        ),
    }
}

fn shown(of: &Type) -> String {
    match of {
        Type::List(_) => "a list".to_owned(),
        Type::Boolean => "`true` or `false`".to_owned(),
        Type::Integer | Type::Number => "a number".to_owned(),
        _ => "a text".to_owned(),
    }
}

fn unknown<'n>(
    access: &Access,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let error = Diagnostic::error(Code::UnknownField, format!("`{what}` has no field `{name}`"))
        .at(access.span)
        .did_you_mean(name, known.clone());
    if error.help.is_some() {
        return error;
    }
    let known: Vec<_> = known.map(|it| format!("`{it}`")).collect();
    error.help(format!("It has {}.", known.join(", ")))
}
