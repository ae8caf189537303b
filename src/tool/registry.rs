//! The one place where tools lose their types.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Target, Writer};
use crate::tool::{Access, Controller, Describe as _, Finding, Footprint, Pending, Place, Signature, Tool};
use crate::value::{self, Map, Value};

/// Arguments that are ready to be sent.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// As `MessagePack`, blobs in place of content.
    pub args: Vec<u8>,
    /// What the call will touch.
    pub footprint: Footprint,
    /// Where on the controller the files that it brings are written.
    pub target: Option<Target>,
}

/// What came of a call on the host.
#[derive(Debug, Clone)]
pub struct Served {
    /// Whether something changed, or in check mode would.
    pub changed: bool,
    /// Whether, in check mode, nobody can say what would come of it: it would have to be waited for.
    pub unknown: bool,
    /// In which way, if that was asked for.
    pub diff: Vec<Diff>,
    /// The typed fields; empty where the change was not made.
    pub fields: Map,
}

/// A tool without its types.
pub struct Entry {
    /// `namespace.method`.
    pub name: &'static str,
    /// What it does to a host in principle.
    pub access: Access,
    /// Where it works.
    pub place: Place,
    /// The argument that a bare scalar gives.
    pub shorthand: Option<&'static str>,
    /// A call in YAML.
    pub example: &'static str,
    args: OnceLock<Signature>,
    output: OnceLock<Signature>,
    signatures: [fn() -> Signature; 2],
    check: fn(Value) -> Result<Footprint, value::Error>,
    prepare: fn(Value, Controller<'_>) -> Result<Ready, Failure>,
    serve: fn(Value, Apply, bool, &Writer<'_>) -> Result<Served, Failure>,
}

/// Whether a pending change is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apply {
    /// Only look.
    No,
    /// Make it.
    Yes,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// A tool as an entry.
    pub fn of<T: Tool>() -> Self {
        Self {
            name: T::NAME,
            access: T::ACCESS,
            place: T::PLACE,
            shorthand: T::SHORTHAND,
            example: T::EXAMPLE,
            args: OnceLock::new(),
            output: OnceLock::new(),
            signatures: [Signature::of::<T::Args>, Signature::of::<T::Output>],
            check: |args| args.parse::<T::Args>().map(|args| T::footprint(&args)),
            prepare: prepare::<T>,
            serve: serve::<T>,
        }
    }

    /// Its arguments.
    pub fn args(&self) -> &Signature {
        self.args.get_or_init(self.signatures[0])
    }

    /// The fields of its result.
    pub fn output(&self) -> &Signature {
        self.output.get_or_init(self.signatures[1])
    }

    /// Whether whole literal arguments are right, and what such a call touches.
    ///
    /// # Errors
    /// The path of the argument and what is wrong with it.
    pub fn check(&self, args: Value) -> Result<Footprint, value::Error> {
        (self.check)(args)
    }

    /// Types rendered arguments and makes them ready to be sent.
    ///
    /// # Errors
    /// `invalid` for arguments of a wrong type; whatever the tool finds wrong with the controller's files.
    pub fn prepare(&self, args: Value, controller: Controller<'_>) -> Result<Prepared, Failure> {
        let ready = (self.prepare)(args, controller)?;
        let args = rmp_serde::to_vec(&ready.args).map_err(|error| wrong_args(self.name, &error))?;
        Ok(Prepared {
            args,
            footprint: ready.footprint,
            target: ready.target,
        })
    }

    /// Inspects and, if that is asked for, applies.
    ///
    /// # Errors
    /// Whatever the tool fails with. A panic of the tool goes through: the caller catches it.
    pub fn serve(&self, args: &[u8], apply: Apply, diff: bool, host: &Writer<'_>) -> Result<Served, Failure> {
        let args = rmp_serde::from_slice(args).map_err(|error| wrong_args(self.name, &error))?;
        (self.serve)(args, apply, diff, host)
    }
}

/// What a tool makes of its arguments on the controller.
struct Ready {
    args: Value,
    footprint: Footprint,
    target: Option<Target>,
}

fn wrong_args(tool: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Kind::Invalid, format!("arguments of `{tool}`: {error}"))
}

// Arguments go through `Value` on both sides, so that each tool's types are compiled for one format and not for two.

fn prepare<T: Tool>(args: Value, controller: Controller<'_>) -> Result<Ready, Failure> {
    let args: T::Args = args.parse().map_err(|error| wrong_args(T::NAME, &error))?;
    let args = T::prepare(args, controller)?;
    Ok(Ready {
        footprint: T::footprint(&args),
        target: T::target(&args),
        args: Value::of(&args).map_err(|error| wrong_args(T::NAME, &error))?,
    })
}

fn serve<T: Tool>(args: Value, apply: Apply, diff: bool, host: &Writer<'_>) -> Result<Served, Failure> {
    let args: T::Args = args.parse().map_err(|error| wrong_args(T::NAME, &error))?;
    let reader: &Reader<'_> = host;
    match T::inspect(&args, reader)? {
        Finding::Settled(output) => Ok(Served {
            changed: false,
            unknown: false,
            diff: Vec::new(),
            fields: fields(&output)?,
        }),
        Finding::Pending(change) => {
            let pending = change.pending();
            let diff = if diff { change.diff() } else { Vec::new() };
            let fields = match apply {
                Apply::No => Map::new(),
                Apply::Yes => {
                    host.check_canceled()?;
                    fields(&T::apply(&args, change, host)?)?
                }
            };
            Ok(Served {
                changed: pending == Pending::Change,
                unknown: pending == Pending::Unknown && apply == Apply::No,
                diff,
                fields,
            })
        }
    }
}

fn fields<T: serde::Serialize>(output: &T) -> Result<Map, Failure> {
    match Value::of(output) {
        Ok(Value::Map(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(other) => Ok(Map::from([("value".to_owned(), other)])),
        Err(error) => Err(Failure::new(
            Kind::Invalid,
            format!("the result cannot be sent: {error}"),
        )),
    }
}

/// All tools by name.
#[derive(Debug, Default)]
pub struct Registry {
    entries: BTreeMap<&'static str, Entry>,
}

impl Registry {
    /// A tool by name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// Every tool, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.entries.keys().copied()
    }
}

impl FromIterator<Entry> for Registry {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self {
            entries: entries.into_iter().map(|entry| (entry.name, entry)).collect(),
        }
    }
}
