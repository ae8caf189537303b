//! Tools without their types, as the controller knows them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::failure::Failure;
use crate::system::Target;
use crate::tool::server::wrong_args;
use crate::tool::{Access, Controller, Footprint, Place, Server, Signature, Tool};
use crate::value::{self, Value};

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

/// A tool without its types.
pub struct Entry {
    /// `namespace.method`.
    pub name: Cow<'static, str>,
    /// What it does to a host in principle.
    pub access: Access,
    /// Where it works.
    pub place: Place,
    /// The argument that a bare scalar gives.
    pub shorthand: Option<Cow<'static, str>>,
    /// A call in YAML.
    pub example: Cow<'static, str>,
    args: OnceLock<Signature>,
    output: OnceLock<Signature>,
    signatures: [fn() -> Signature; 2],
    check: fn(Value) -> Result<Footprint, value::Error>,
    prepare: fn(Value, Controller<'_>) -> Result<Ready, Failure>,
    server: Server,
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
            name: T::NAME.into(),
            access: T::ACCESS,
            place: T::PLACE,
            shorthand: T::SHORTHAND.map(Cow::Borrowed),
            example: T::EXAMPLE.into(),
            args: OnceLock::new(),
            output: OnceLock::new(),
            signatures: [Signature::of::<T::Args>, Signature::of::<T::Output>],
            check: |args| args.parse::<T::Args>().map(|args| T::footprint(&args)),
            prepare: prepare::<T>,
            server: Server::of::<T>(),
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
        let args = rmp_serde::to_vec(&ready.args).map_err(|error| wrong_args(&self.name, &error))?;
        Ok(Prepared {
            args,
            footprint: ready.footprint,
            target: ready.target,
        })
    }

    /// What does its work.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

/// What a tool makes of its arguments on the controller.
struct Ready {
    args: Value,
    footprint: Footprint,
    target: Option<Target>,
}

fn prepare<T: Tool>(args: Value, controller: Controller<'_>) -> Result<Ready, Failure> {
    let args: T::Args = args.parse().map_err(|error| wrong_args(T::NAME, &error))?;
    let args = T::prepare(args, controller)?;
    Ok(Ready {
        footprint: T::footprint(&args),
        target: T::target(&args),
        args: Value::of(&args).map_err(|error| wrong_args(T::NAME, &error))?,
    })
}

/// All tools by name.
#[derive(Debug, Default)]
pub struct Registry {
    entries: BTreeMap<Cow<'static, str>, Arc<Entry>>,
}

impl Registry {
    /// A tool by name.
    pub fn get(&self, name: &str) -> Option<&Arc<Entry>> {
        self.entries.get(name)
    }

    /// Every tool, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().map(Arc::as_ref)
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.entries.keys().map(Cow::as_ref)
    }
}

impl FromIterator<Entry> for Registry {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let named = |entry: Entry| (entry.name.clone(), Arc::new(entry));
        Self {
            entries: entries.into_iter().map(named).collect(),
        }
    }
}
