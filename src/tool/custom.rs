//! Tools that a playbook or unit brings along: what is declared of them, as data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::blob::Blob;
use crate::failure::{Failure, Kind};
use crate::tool::server::wrong_args;
use crate::tool::{Controller, Field, Given, Type};
use crate::value::{self, Map, Value};

/// The server that runs them on hosts. It is no tool that a playbook can name.
pub const SERVER: &str = "custom.run";
/// An executable larger than this is refused.
pub const LARGEST: u64 = 64 << 20;

/// What a host is told to run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// `namespace.method`, for messages.
    pub name: String,
    /// Its only argument.
    pub method: String,
    /// The executable.
    pub file: Blob,
    /// What it reads: the arguments of the call as JSON.
    pub input: Blob,
    /// Variables added to its environment.
    pub env: BTreeMap<String, Text>,
    /// Whether it can be asked in check mode what it would change.
    pub checks: bool,
}

/// An argument, or a field of a result.
#[derive(Debug)]
pub struct Declared {
    /// Its name, type and default.
    pub field: Field,
    /// The values that it may have; empty: any of its type.
    pub choices: Vec<Value>,
}

/// A method of a tool that a playbook or unit brings along.
#[derive(Debug)]
pub struct Custom {
    /// The executable on the controller.
    pub src: PathBuf,
    /// The method.
    pub method: String,
    /// What it takes.
    pub args: Vec<Declared>,
    /// What it gives.
    pub returns: Vec<Declared>,
    /// Whether it can be asked in check mode what it would change.
    pub checks: bool,
}

impl Custom {
    /// Whether values are right for the arguments that they are given for.
    pub(super) fn check(&self, args: &Value) -> Result<(), value::Error> {
        for (name, value) in args.as_map().into_iter().flatten() {
            let declared = self.args.iter().find(|it| it.field.name == *name);
            let error = |message| value::Error {
                path: name.clone(),
                message,
            };
            match declared {
                None => return Err(error("there is no such argument".to_owned())),
                Some(declared) => declared.check(value).map_err(error)?,
            }
            if !value.is_json() {
                return Err(error(
                    "an infinite number, or one that is none, cannot be given to it: JSON has none"
                        .to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// What a host is told, and what stands for arguments that are not given.
    pub(super) fn order(
        &self,
        name: &str,
        given: Given,
        controller: Controller<'_>,
    ) -> Result<Order, Failure> {
        let Value::Map(mut args) = given.args else {
            return Err(wrong_args(name, &"they are no map"));
        };
        let invalid = |message: String| Failure::new(Kind::Invalid, message);
        for declared in &self.args {
            let field = &declared.field;
            if let (None, Some(default)) = (args.get(&field.name), &field.default) {
                let default = serde_json::from_value(default.clone())
                    .map_err(|error| invalid(format!("the default of `{}`: {error}", field.name)))?;
                args.insert(field.name.clone(), default);
            }
            if field.required && !args.contains_key(&field.name) {
                return Err(invalid(format!("`{name}` needs `{}`", field.name)));
            }
        }
        let args = Value::Map(args);
        self.check(&args).map_err(|error| wrong_args(name, &error))?;
        let input = serde_json::to_vec(&args)
            .map_err(|error| invalid(format!("the arguments of `{name}` cannot be sent: {error}")))?;
        let file = controller.blobs.file_by_reference(&self.src)?;
        if file.size > LARGEST {
            let shown = self.src.display();
            return Err(invalid(format!(
                "`{shown}` is too large for a tool: {} bytes",
                file.size
            )));
        }
        let env: BTreeMap<String, Text> = Value::Map(given.env)
            .parse()
            .map_err(|error| invalid(format!("`env` of `{name}`: {error}")))?;
        Ok(Order {
            name: name.to_owned(),
            method: self.method.clone(),
            file,
            input: controller.blobs.bytes(input),
            env,
            checks: self.checks,
        })
    }

    /// Holds a result to what was declared. What was not declared is left out, with a warning.
    ///
    /// # Errors
    /// `invalid` for a field that is missing or of another type.
    pub fn returned(&self, name: &str, fields: &mut Map) -> Result<Vec<String>, Failure> {
        for declared in &self.returns {
            let field = &declared.field;
            let wrong = match fields.get(&field.name) {
                None | Some(Value::Null) if !field.required => continue,
                None => "it is not there".to_owned(),
                Some(value) => match declared.check(value) {
                    Ok(()) => continue,
                    Err(wrong) => wrong,
                },
            };
            let message = format!("the answer of `{name}` is wrong in `{}`: {wrong}", field.name);
            return Err(Failure::new(Kind::Invalid, message));
        }
        let is_declared = |field: &str| self.returns.iter().any(|it| it.field.name == field);
        let mut warnings = Vec::new();
        fields.retain(|field, _| {
            if !is_declared(field) && warnings.len() < 8 {
                warnings.push(format!(
                    "`{name}` answered with `{}`, which its `returns` does not declare: it is left out",
                    short(field)
                ));
            }
            is_declared(field)
        });
        Ok(warnings)
    }
}

/// Holds the result of a tool that is built in to its signature. A host says what it likes: what the tool does not have is
/// left out. `unsure`: what need not be there yet.
///
/// # Errors
/// `invalid` for a field that is missing or of another type.
pub(super) fn held_to(
    name: &str,
    declared: &[Field],
    fields: &mut Map,
    unsure: &[String],
) -> Result<(), Failure> {
    for field in declared {
        let wrong = match fields.get(&field.name) {
            None if field.required && !unsure.contains(&field.name) => "it is not there".to_owned(),
            None => continue,
            Some(Value::Null) if !field.required => continue,
            Some(value) => match mismatch(&field.of, value) {
                None => continue,
                Some(Mismatch { path, wanted, found }) => {
                    format!("`{}{path}` is to be of type {wanted}, not {found}", field.name)
                }
            },
        };
        let message = format!("the answer of `{name}` is wrong in `{}`: {wrong}", field.name);
        return Err(Failure::new(Kind::Invalid, message));
    }
    fields.retain(|name, _| declared.iter().any(|it| it.name == *name));
    Ok(())
}

fn short(name: &str) -> &str {
    &name[..name.floor_char_boundary(60)]
}

impl Declared {
    /// Whether a value is right, and why not. The value itself is never said: it may be a secret.
    fn check(&self, value: &Value) -> Result<(), String> {
        let found = match mismatch(&self.field.of, value) {
            None if self.choices.is_empty() || self.choices.contains(value) => return Ok(()),
            None => {
                let choices = self.choices.iter().map(serde_json::to_string);
                let choices: Vec<_> = choices.filter_map(Result::ok).collect();
                format!("it is to be {}", choices.join(" | "))
            }
            Some(Mismatch { path, wanted, found }) if path.is_empty() => {
                format!("it is to be of type {wanted}, not {found}")
            }
            Some(Mismatch { path, wanted, found }) => {
                format!(
                    "`{}{path}` is to be of type {wanted}, not {found}",
                    self.field.name
                )
            }
        };
        Err(found)
    }
}

/// Where a value first differs from a type, and in what.
struct Mismatch<'t> {
    path: String,
    wanted: &'t Type,
    found: &'static str,
}

fn mismatch<'t>(of: &'t Type, value: &Value) -> Option<Mismatch<'t>> {
    let within = |step: String, found: Mismatch<'t>| Mismatch {
        path: step + &found.path,
        ..found
    };
    match (of, value) {
        (Type::List(of), Value::List(items)) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(at, item)| Some(within(format!("[{at}]"), mismatch(of, item)?)))
        }
        (Type::Map(of), Value::Map(entries)) => {
            let mut entries = entries.iter();
            entries.find_map(|(key, item)| Some(within(format!(".{}", short(key)), mismatch(of, item)?)))
        }
        _ if of.accepts(value) => None,
        _ => Some(Mismatch {
            path: String::new(),
            wanted: of,
            found: value.type_name(),
        }),
    }
}
