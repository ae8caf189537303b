//! The contract that every tool keeps: three verbs at three places.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::blob::Blobs;
use crate::failure::Failure;
use crate::system::{Reader, Target, Writer};
use crate::tool::{Describe, Footprint, Spoils};

/// What a tool does to its host in principle, known before its arguments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It only looks: it runs in check mode too and is never `changed`.
    Reads,
    /// It looks first and changes only what differs: safe to repeat.
    Writes,
    /// It runs what the playbook's author wrote; `reads` and `writes` on the call say what that touches.
    Opaque,
    /// It looks until something comes true, and keeps its place against everything before and after it. It is never
    /// `changed`; in check mode it looks once.
    Waits,
    /// It keeps its place against everything before and after it, on whatever it looks.
    Fence,
}

/// Where a tool does its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the host, in the agent.
    Host,
    /// In the agent that the connection leads to, whoever the call acts as: it is about that agent, and takes no time.
    Agent,
    /// In the controller, once its arguments are known; the host is never asked.
    Controller,
}

/// What `inspect` found.
#[derive(Debug)]
pub enum Finding<T: Tool> {
    /// Nothing is to be done, and this is the result.
    Settled(T::Output),
    /// This is to be done.
    Pending(T::Change),
}

/// What `prepare` may use on the controller.
#[derive(Debug, Clone, Copy)]
pub struct Controller<'a> {
    /// Content that hosts may ask for.
    pub blobs: &'a Blobs,
}

/// A tool. Check mode is not its concern: whoever runs it calls `inspect`, and `apply` only if it may write.
///
/// The doc comment of `Args` is the tool's manual: what it does, then its behaviour in check mode. The doc comments of
/// the fields of `Args` and `Output` describe arguments and results.
pub trait Tool: Sized + 'static {
    /// `namespace.method`.
    const NAME: &'static str;
    /// What it does to a host in principle.
    const ACCESS: Access;
    /// Where it works.
    const PLACE: Place = Place::Host;
    /// The argument that a bare scalar (or, for a list argument, a bare list) gives: `exec.shell: uptime`.
    const SHORTHAND: Option<&'static str> = None;
    /// A call as it is in a playbook, in YAML. A test validates it.
    const EXAMPLE: &'static str;

    /// Whether `predict` says what `apply` would do. Not where that needs programs, the network, or time.
    const FORESEES: bool = true;

    /// Whether it is known only afterwards whether what it does has made a difference.
    const KNOWS_LATE: bool = false;

    /// The arguments. `deny_unknown_fields`; optional ones are `Option` or have a serde default.
    type Args: DeserializeOwned + Serialize + schemars::JsonSchema;
    /// What is to be done, between `inspect` and `apply`.
    type Change: Describe;
    /// The typed fields of the result.
    type Output: Serialize + schemars::JsonSchema;

    /// What a call with these arguments reads and writes.
    fn footprint(args: &Self::Args) -> Footprint;

    /// Whether arguments fit together, as far as they alone can say it: asked at the desk where all of them are literal, and
    /// before each call. Gives the argument that is wrong, and what is wrong with it. Of a rule over several arguments it names
    /// the others too, after blanks: `hold state`; a rule of which none is to blame begins with a blank.
    fn verify(_args: &Self::Args) -> Result<(), (&'static str, String)> {
        Ok(())
    }

    /// On the controller, once for equal arguments: reads local files into blobs, refuses what makes no sense.
    fn prepare(args: Self::Args, _controller: Controller<'_>) -> Result<Self::Args, Failure> {
        Ok(args)
    }

    /// Where on the controller what the host sends is written, for a tool that brings files.
    fn target(_args: &Self::Args) -> Option<Target> {
        None
    }

    /// On the host: looks.
    fn inspect(args: &Self::Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure>;

    /// On the host: does what `inspect` found to be done.
    fn apply(args: &Self::Args, change: Self::Change, host: &Writer<'_>) -> Result<Self::Output, Failure>;

    /// In check mode, on the host as it would be: what `apply` would do. Programs are not run there, so that a tool that
    /// needs them for its change says here what they would do; where it does not, what it `spoils` is unknown afterwards.
    fn predict(args: &Self::Args, change: Self::Change, host: &Writer<'_>) -> Result<Self::Output, Failure> {
        Self::apply(args, change, host)
    }

    /// What a call may make different, where that cannot be foreseen. Nothing for tools that change nothing, and for opaque
    /// ones, whose calls say it.
    fn spoils(args: &Self::Args) -> Spoils {
        match Self::ACCESS {
            Access::Writes => Spoils::of(Self::footprint(args).writes),
            Access::Reads | Access::Opaque | Access::Waits | Access::Fence => Spoils::default(),
        }
    }

    /// What stays unknown after a call of which it is not known what it would find, where what its arguments name is known
    /// afterwards all the same: `predict` makes it so, as far as the look has come. Nothing where it is not.
    fn establishes(_args: &Self::Args) -> Option<Spoils> {
        None
    }

    /// What `spoils` says, of one change, where the look could say more.
    fn spoils_by(args: &Self::Args, _change: &Self::Change) -> Spoils {
        Self::spoils(args)
    }

    /// Whether what `apply` did made a difference, for tools that know it only then.
    fn is_changed(_output: &Self::Output) -> bool {
        true
    }
}
