//! Tools without their types, as the controller knows them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::failure::{Failure, Kind};
use crate::system::{Target, Writer};
use crate::tool::custom::{self, Custom};
use crate::tool::partial::{self, Refused};
use crate::tool::server::wrong_args;
use crate::tool::{Access, Apply, Controller, Footprint, Place, Role, Served, Server, Signature, Tool};
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

/// What a call is given, once it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Its arguments: a map.
    pub args: Value,
    /// What the call's `env` adds to the environment of the program that it starts.
    pub env: Map,
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
    /// A call in YAML; empty for those that a playbook brings along.
    pub example: Cow<'static, str>,
    /// Of an opaque tool: what a call touches that does not say it itself.
    pub touches: Footprint,
    args: LazyLock<Signature, Make>,
    output: LazyLock<Signature, Make>,
    work: Work,
}

type Make = Box<dyn FnOnce() -> Signature + Send>;

/// What is behind a tool.
enum Work {
    BuiltIn {
        check: fn(Value) -> Result<Footprint, Refused>,
        prepare: fn(Value, Controller<'_>) -> Result<Ready, Failure>,
        server: Server,
    },
    Custom(Custom),
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
            touches: Footprint::EVERYTHING,
            args: LazyLock::new(Box::new(Signature::of::<T::Args>)),
            output: LazyLock::new(Box::new(Signature::of::<T::Output>)),
            work: Work::BuiltIn {
                check: check::<T>,
                prepare: prepare::<T>,
                server: Server::of::<T>(),
            },
        }
    }

    /// A method that a playbook or unit brings along, by its full name.
    pub fn of_custom(name: String, doc: String, touches: Footprint, custom: Custom) -> Self {
        let args = Signature::of_fields(doc, custom.args.iter().map(|it| it.field.clone()));
        let output = custom.returns.iter().map(|it| it.field.clone().or_null());
        let output = Signature::of_fields(String::new(), output);
        Self {
            name: name.into(),
            access: Access::Opaque,
            place: Place::Host,
            shorthand: custom.args.first().map(|it| it.field.name.clone().into()),
            example: "".into(),
            touches,
            args: LazyLock::new(Box::new(|| args)),
            output: LazyLock::new(Box::new(|| output)),
            work: Work::Custom(custom),
        }
    }

    /// Its arguments.
    pub fn args(&self) -> &Signature {
        &self.args
    }

    /// The fields of its result.
    pub fn output(&self) -> &Signature {
        &self.output
    }

    /// What was declared of it, where a playbook or unit brings it along.
    pub fn custom(&self) -> Option<&Custom> {
        match &self.work {
            Work::BuiltIn { .. } => None,
            Work::Custom(custom) => Some(custom),
        }
    }

    /// Holds a result to what the tool declares, whoever says it; gives what its owner should know.
    ///
    /// # Errors
    /// `invalid` for a field that is missing or of another type.
    pub fn returned(&self, fields: &mut Map, unsure: &[String]) -> Result<Vec<String>, Failure> {
        match &self.work {
            Work::Custom(custom) => custom.returned(&self.name, fields),
            Work::BuiltIn { .. } => {
                custom::held_to(&self.name, &self.output().fields, fields, unsure).map(|()| Vec::new())
            }
        }
    }

    /// The name of the server that does its work on hosts.
    pub fn served_by(&self) -> &str {
        match &self.work {
            Work::BuiltIn { server, .. } => server.name,
            Work::Custom(_) => custom::SERVER,
        }
    }

    /// Whether preparing it reads files of the controller.
    pub fn reads_files(&self) -> bool {
        let is_file = |role| matches!(role, Some(Role::ControllerFile | Role::ControllerTarget));
        self.custom().is_some() || self.args().fields.iter().any(|field| is_file(field.role))
    }

    /// Whether whole literal arguments are right, and what such a call touches.
    ///
    /// # Errors
    /// The path of the argument and what is wrong with it.
    pub fn check(&self, args: Value) -> Result<Footprint, value::Error> {
        match &self.work {
            Work::BuiltIn { check, .. } => check(args).map_err(|it| it.error),
            Work::Custom(custom) => custom.check(&args).map(|()| self.touches.clone()),
        }
    }

    /// What is wrong with those arguments of a call that are known, whatever the `unknown` ones come to: each is held to
    /// its own type, and all to the rules that are about them alone.
    pub fn check_known(&self, known: &Map, unknown: &[&str]) -> Vec<value::Error> {
        match &self.work {
            Work::BuiltIn { check, .. } => partial::check(*check, self.args(), known, unknown),
            Work::Custom(custom) => custom
                .check(&Value::Map(known.clone()))
                .err()
                .into_iter()
                .collect(),
        }
    }

    /// Types what a call is given and makes it ready to be sent.
    ///
    /// # Errors
    /// `invalid` for arguments of a wrong type; whatever the tool finds wrong with the controller's files.
    pub fn prepare(&self, given: Given, controller: Controller<'_>) -> Result<Prepared, Failure> {
        let wrong = |error: &dyn std::fmt::Display| wrong_args(&self.name, error);
        let ready = match &self.work {
            Work::BuiltIn { prepare, .. } => prepare(given.merged(), controller)?,
            Work::Custom(custom) => Ready {
                args: Value::of(&custom.order(&self.name, given, controller)?)
                    .map_err(|error| wrong(&error))?,
                footprint: self.touches.clone(),
                target: None,
            },
        };
        Ok(Prepared {
            args: rmp_serde::to_vec(&ready.args).map_err(|error| wrong(&error))?,
            footprint: ready.footprint,
            target: ready.target,
        })
    }

    /// Does its work here.
    ///
    /// # Errors
    /// Whatever it fails with; `unsupported` for what only agents do.
    pub fn serve(
        &self,
        prepared: &Prepared,
        apply: Apply,
        diff: bool,
        host: &Writer<'_>,
    ) -> Result<Served, Failure> {
        match &self.work {
            Work::BuiltIn { server, .. } => server.serve(&prepared.args, apply, diff, host),
            Work::Custom(_) => Err(Failure::new(
                Kind::Unsupported,
                format!("`{}` is run by agents alone", self.name),
            )),
        }
    }
}

impl From<Value> for Given {
    fn from(args: Value) -> Self {
        let env = Map::new();
        Self { args, env }
    }
}

impl Given {
    /// The arguments of a tool that takes its environment among them.
    fn merged(self) -> Value {
        let Self { mut args, env } = self;
        if let (Value::Map(args), false) = (&mut args, env.is_empty()) {
            let merged = args.entry("env".to_owned()).or_insert_with(|| Map::new().into());
            if let Value::Map(merged) = merged {
                merged.extend(env);
            }
        }
        args
    }
}

/// What a tool makes of its arguments on the controller.
struct Ready {
    args: Value,
    footprint: Footprint,
    target: Option<Target>,
}

fn check<T: Tool>(args: Value) -> Result<Footprint, Refused> {
    let args = args.parse::<T::Args>().map_err(Refused::of_type)?;
    T::verify(&args).map_err(|(arguments, message)| Refused::by_rule(arguments, message))?;
    Ok(T::footprint(&args))
}

fn prepare<T: Tool>(args: Value, controller: Controller<'_>) -> Result<Ready, Failure> {
    let args: T::Args = args.parse().map_err(|error| wrong_args(T::NAME, &error))?;
    T::verify(&args).map_err(|(_, message)| Failure::new(Kind::Invalid, message))?;
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

    /// The first half of every name.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.names().filter_map(|name| Some(name.split_once('.')?.0))
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
