//! The event stream: the JSON Lines of `--output json`, and what every reporter reads.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::diff::Diff;
use crate::event::reference::{CallRef, RoundRef};
use crate::failure::Failure;
use crate::name::HostName;
use crate::protocol::{Facts, Mode};
use crate::system::{Level, Stream};
use crate::value::Map;

/// Raised whenever a reader of the stream would have to change.
pub const SCHEMA_VERSION: u32 = 1;

/// Something that happened. The last event of a run is `run_ended`; nothing follows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Counts from 0 without a gap.
    pub seq: u64,
    /// Seconds since the run began.
    pub at: f64,
    /// What happened.
    #[serde(flatten)]
    pub kind: Kind,
}

/// How a call ended on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing was to be done.
    Ok,
    /// Something was changed; in check mode: would be.
    Changed,
    /// It failed.
    Failed,
    /// Its conditions do not hold.
    Skipped,
    /// Check mode: it depends on something that did not happen yet.
    Unknown,
    /// The connection broke, and it may or may not have happened.
    Lost,
    /// It was sent ahead, and did not start because a call before it failed; or the run was interrupted.
    Canceled,
}

/// How a host came out of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HostOutcome {
    /// All that was for it was done.
    Ok,
    /// A call failed and nothing rescued it, or was lost with the connection and may have happened.
    Failed,
    /// It was not reached, or its connection was lost with nothing at stake.
    Unreachable,
    /// The run stopped before it had ended.
    Aborted,
    /// Nothing of the run was begun on it.
    NotStarted,
}

/// What a call changed, or would.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// In which lines; empty unless diffs were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<Diff>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Kind {
    /// First event.
    RunStarted {
        /// [`SCHEMA_VERSION`].
        schema: u32,
        /// The version of rmote-play.
        version: String,
        /// The run's own id.
        run: String,
        /// When, in RFC 3339.
        time: String,
        /// The playbook as it was named.
        playbook: String,
        /// Check or apply.
        mode: Mode,
        /// Whether diffs were asked for.
        diff: bool,
        /// Every host that some round is for, in the inventory's order.
        hosts: Vec<HostName>,
        /// The rounds in written order.
        rounds: Vec<RoundRef>,
    },
    /// The first host enters a round.
    RoundStarted {
        /// The round.
        round: String,
    },
    /// A batch of a round begins: a round with `serial` has one after the other.
    BatchStarted {
        /// The round.
        round: String,
        /// Which, counted from 1.
        batch: u32,
        /// How many there are.
        of: u32,
        /// Its hosts, in order.
        hosts: Vec<HostName>,
    },
    /// The last host has left a round.
    RoundEnded {
        /// The round.
        round: String,
    },
    /// A host enters a round.
    HostEntered {
        /// The host.
        host: HostName,
        /// The round.
        round: String,
    },
    /// A host has left a round.
    HostLeft {
        /// The host.
        host: HostName,
        /// The round.
        round: String,
        /// Whether it goes on to later rounds.
        outcome: HostOutcome,
    },
    /// A connection is being made.
    Connecting {
        /// The host.
        host: HostName,
    },
    /// A connection stands and its agent answers.
    Connected {
        /// The host.
        host: HostName,
        /// What it says of itself.
        facts: Box<Facts>,
        /// Seconds that it took.
        took: f64,
        /// Whether a connection of an earlier run was taken over.
        reused: bool,
        /// Whether the agent was sent.
        installed: bool,
    },
    /// A connection could not be made, or broke.
    Unreachable {
        /// The host.
        host: HostName,
        /// The sort of cause.
        cause: Cause,
        /// The cause in words.
        message: String,
        /// What to do about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        help: Option<String>,
    },
    /// A call was sent to its host, or begins on the controller.
    CallStarted {
        /// The call.
        call: Arc<CallRef>,
        /// The host.
        host: HostName,
        /// The host on which it is done, where `delegate_to` names another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delegate: Option<HostName>,
        /// The item of its loop, as people are shown it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<String>,
        /// Its arguments, where they were asked for (`-vv`, `--output json`): each as one short line of text. None where
        /// `no_log`, or a secret that cannot be looked for, hides them. Masked.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        #[schemars(with = "std::collections::BTreeMap<String, String>")]
        arguments: Map,
    },
    /// A child of a call has written something.
    CallOutput {
        /// The call.
        call: Arc<CallRef>,
        /// The host.
        host: HostName,
        /// The host on which it is done, where `delegate_to` names another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delegate: Option<HostName>,
        /// Where to.
        stream: Stream,
        /// What; bytes that are not UTF-8 as U+FFFD. Masked.
        text: String,
    },
    /// A call has logged something.
    CallLog {
        /// The call.
        call: Arc<CallRef>,
        /// The host.
        host: HostName,
        /// The host on which it is done, where `delegate_to` names another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delegate: Option<HostName>,
        /// How much it matters.
        level: Level,
        /// The record. Masked.
        message: String,
    },
    /// A call is made again after `delay`.
    CallRetried {
        /// The call.
        call: Arc<CallRef>,
        /// The host.
        host: HostName,
        /// The host on which it is done, where `delegate_to` names another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delegate: Option<HostName>,
        /// How many times it was made.
        attempts: u32,
        /// How many times it may be made in all.
        of: u32,
        /// Why: `until` does not hold, or the connection broke and it is safe to repeat.
        reason: String,
    },
    /// A call, or one item of a looped one, has ended on a host. A looped call's own end follows its items' and has no
    /// `item`.
    CallEnded {
        /// The call.
        call: Arc<CallRef>,
        /// The host.
        host: HostName,
        /// The host on which it is done, where `delegate_to` names another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delegate: Option<HostName>,
        /// The host that did it for all, where that is another one: `run_once`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shared_by: Option<HostName>,
        /// How.
        outcome: Outcome,
        /// The item of its loop, as people are shown it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<String>,
        /// What it changed or would change.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<Change>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Failure>,
        /// A failure that does not count, since the call says `ignore_errors`.
        #[serde(default)]
        ignored: bool,
        /// A failure that does not count, since an `on_failure` entry handles it.
        #[serde(default)]
        rescued: bool,
        /// What its owner should know.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
        /// Why it was skipped, is unknown or was canceled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        /// How many times it was made.
        attempts: u32,
        /// The typed fields of its result; none where `no_log` or a failure hides them. Masked.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
        result: Map,
        /// Seconds of work on the host, waiting not counted.
        took: f64,
    },
    /// Something that concerns the run as a whole.
    Warning {
        /// What.
        message: String,
        /// The host, where it is one host's matter.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<HostName>,
    },
    /// More hosts of a round have failed than its `max_failures` allows: nothing new is started anywhere but `always`
    /// entries of hosts that are in a round; what runs may end.
    Stopped {
        /// The round.
        round: String,
        /// How many of its hosts have failed or were not reached.
        failures: u32,
        /// How many hosts it had.
        of: u32,
        /// Its `max_failures`.
        max_failures: String,
    },
    /// The user asked the run to stop.
    Interrupted {
        /// 1: what runs may end; 2: it is canceled.
        times: u32,
    },
    /// Last event.
    RunEnded {
        /// How.
        outcome: RunOutcome,
        /// Every targeted host exactly once, in the inventory's order.
        hosts: Vec<Recap>,
        /// Seconds.
        took: f64,
    },
}

/// How a run came out; exit codes follow from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five facts that hold or not, each on its own"
)]
pub struct RunOutcome {
    /// Some call failed, or was lost, on some host.
    pub failed: bool,
    /// Some host was not reached.
    pub unreachable: bool,
    /// The user stopped it.
    pub interrupted: bool,
    /// More hosts of a round failed than it allows, and that stopped it.
    #[serde(default)]
    pub stopped: bool,
    /// Something changed, or in check mode would.
    pub changed: bool,
}

/// A host in the recap: how it came out and its calls counted. A call counts once, looped or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recap {
    /// The host.
    pub host: HostName,
    /// How it came out.
    pub outcome: HostOutcome,
    /// Calls that did not fail, changed ones and ignored failures included.
    pub ok: u32,
    /// Calls that changed something, or in check mode would; also those that failed or were canceled after that.
    pub changed: u32,
    /// Calls that failed and were not rescued or ignored; lost ones too.
    pub failed: u32,
    /// Calls whose conditions did not hold.
    pub skipped: u32,
    /// Failures that an `on_failure` entry handled.
    pub rescued: u32,
    /// Failures that `ignore_errors` let pass.
    pub ignored: u32,
    /// Check mode: calls that depend on what did not happen yet.
    pub unknown: u32,
    /// Why it is unreachable or failed, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whoever is told of events, in order. A slow one slows the run rather than filling memory.
pub trait Sink {
    /// Takes note of an event.
    fn event(&mut self, event: &Event);

    /// Called now and then while nothing happens, so that a display can move.
    fn tick(&mut self) {}
}
