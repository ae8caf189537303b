//! Tools without their types, as a host knows them: what does the work, and nothing that checks or explains it.

use std::collections::BTreeMap;

use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::foresee::foresee;
use crate::tool::{Access, Area, Describe as _, Finding, Pending, Place, Spoils, Tool, home};
use crate::value::{Map, Value};

/// What came of a call on the host.
#[derive(Debug, Clone)]
pub struct Served {
    /// Whether something changed, or in check mode would.
    pub changed: bool,
    /// Whether, in check mode, nobody can say what would come of it: it would have to be waited for, or somebody on the
    /// host has to be asked who decides it.
    pub unknown: bool,
    /// In which way, if that was asked for.
    pub diff: Vec<Diff>,
    /// The typed fields; empty where the change was not made and cannot be foreseen.
    pub fields: Map,
    /// In check mode: the call that decides what would come of this one; nothing where that is known.
    pub because: Option<u64>,
    /// In check mode: the fields that are left out since they are known only once the call is made.
    pub unsure: Vec<String>,
}

/// Whether a pending change is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apply {
    /// Only look.
    No,
    /// Make it.
    Yes,
}

/// How often a call begins again when somebody else changed what it had looked at: each time, somebody got on.
const ATTEMPTS: u32 = 100;

/// Does a tool's work: with its arguments, whether to act, and whether the diff is wanted.
pub(super) type Serve = fn(Value, Apply, bool, &Writer<'_>) -> Result<Served, Failure>;

/// What does a tool's work.
pub struct Server {
    /// `namespace.method`.
    pub name: &'static str,
    /// What it does to a host in principle.
    pub access: Access,
    /// Where it does its work.
    pub place: Place,
    serve: Serve,
    spoil: fn(Value, &Writer<'_>, u64) -> bool,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// That of a tool.
    pub fn of<T: Tool>() -> Self {
        Self {
            name: T::NAME,
            access: T::ACCESS,
            place: T::PLACE,
            serve: serve::<T>,
            spoil: spoil::<T>,
        }
    }

    /// What has no typed arguments and result.
    pub const fn untyped(name: &'static str, access: Access, serve: Serve) -> Self {
        Self {
            name,
            access,
            place: Place::Host,
            serve,
            spoil: |_, _, _| false,
        }
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

impl Server {
    /// In check mode: makes unknown what a call may make different, of which nobody knows whether it would be made. Gives
    /// whether that could be said.
    pub fn spoil(&self, args: &[u8], host: &Writer<'_>, why: u64) -> bool {
        rmp_serde::from_slice(args).is_ok_and(|args| (self.spoil)(args, host, why))
    }
}

fn spoil<T: Tool>(args: Value, host: &Writer<'_>, why: u64) -> bool {
    let args = home::parse::<T::Args>(args, host);
    args.is_ok_and(|args| {
        let Ok(args) = args else { return false };
        T::spoils(&args).spoil(host, why);
        true
    })
}

/// All servers by the names of their tools.
#[derive(Debug, Default)]
pub struct Servers(BTreeMap<&'static str, Server>);

impl Servers {
    /// That of a tool.
    pub fn get(&self, tool: &str) -> Option<&Server> {
        self.0.get(tool)
    }
}

impl FromIterator<Server> for Servers {
    fn from_iter<I: IntoIterator<Item = Server>>(servers: I) -> Self {
        Self(servers.into_iter().map(|server| (server.name, server)).collect())
    }
}

// Arguments go through `Value` on both sides, so that each tool's types are compiled for one format and not for two.

pub(super) fn wrong_args(tool: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Kind::Invalid, format!("arguments of `{tool}`: {error}"))
}

fn serve<T: Tool>(args: Value, apply: Apply, diff: bool, host: &Writer<'_>) -> Result<Served, Failure> {
    let parsed = home::parse(args, host);
    if let (Err(_), Some(why)) = (&parsed, host.raised()) {
        // Where it would write depends on an account of which nobody knows whether it would be there.
        if T::ACCESS == Access::Writes {
            Spoils::of(Area::Everything).spoil(host, why);
        }
        return Ok(Served::unknown(why));
    }
    let args: T::Args = parsed?.map_err(|error| wrong_args(T::NAME, &error))?;
    for _ in 1..ATTEMPTS {
        match attempt::<T>(&args, apply, diff, host) {
            Err(failure) if failure.kind == Kind::Raced => host.check_canceled()?,
            done => return done,
        }
    }
    attempt::<T>(&args, apply, diff, host)
}

fn attempt<T: Tool>(args: &T::Args, apply: Apply, diff: bool, host: &Writer<'_>) -> Result<Served, Failure> {
    if let Some(id) = host.foreseeing() {
        return foresee::<T>(args, apply, diff, host, id);
    }
    let reader: &Reader<'_> = host;
    match T::inspect(args, reader)? {
        Finding::Settled(output) => Served::settled(&output),
        Finding::Pending(change) => {
            let pending = change.pending();
            let mut diff = if diff { change.diff() } else { Vec::new() };
            let mut changed = match pending {
                Pending::Change => true,
                Pending::Doubtful => apply == Apply::Yes,
                Pending::Unknown | Pending::Nothing => false,
            };
            let fields = match apply {
                Apply::No => Map::new(),
                Apply::Yes => {
                    host.check_canceled()?;
                    let output = T::apply(args, change, host)?;
                    if changed && !T::is_changed(&output) {
                        changed = false;
                        diff.clear();
                    }
                    fields(&output)?
                }
            };
            Ok(Served {
                changed,
                unknown: matches!(pending, Pending::Unknown | Pending::Doubtful) && apply == Apply::No,
                diff,
                fields,
                ..Served::nothing()
            })
        }
    }
}

impl Served {
    /// Nothing was to be done.
    pub(super) fn settled(output: &impl serde::Serialize) -> Result<Self, Failure> {
        Ok(Self {
            fields: fields(output)?,
            ..Self::nothing()
        })
    }

    /// Nothing has come of it, and no fields are known.
    pub fn nothing() -> Self {
        Self {
            changed: false,
            unknown: false,
            diff: Vec::new(),
            fields: Map::new(),
            because: None,
            unsure: Vec::new(),
        }
    }

    /// The call with this number decides what would come of it.
    pub fn unknown(because: u64) -> Self {
        Self {
            unknown: true,
            because: Some(because),
            ..Self::nothing()
        }
    }
}

pub(super) fn fields<T: serde::Serialize>(output: &T) -> Result<Map, Failure> {
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
