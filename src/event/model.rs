//! The event stream: the JSON Lines of `--output json`, and what every reporter reads.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::diff::Diff;
use crate::event::outcome::{HostOutcome, Outcome, Recap, RunOutcome};
use crate::event::reference::{CallRef, Iteration, RoundRef};
use crate::failure::Failure;
use crate::name::HostName;
use crate::protocol::{Facts, Mode};
use crate::system::{Level, Stream};
use crate::value::Map;

/// Raised whenever a reader of the stream would have to change.
pub const SCHEMA_VERSION: u32 = 2;

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
#[expect(clippy::large_enum_variant, reason = "the largest one is nearly all of them")]
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
    /// A connection is and its agent answers.
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
        /// The number of that item, counted from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<usize>,
        /// By what that item is known again in a run that resumes this one: 16 bits of its hash; none of a secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// The iterations of looped groups that it is in, from the outermost one inwards.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        iterations: Vec<Iteration>,
        /// Its arguments, where they were asked for (`-vv`, `--output json`, `--report html`): each as one short line of text. None where
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
        /// Seconds of work on the host in this attempt; 0 where that is not known.
        #[serde(default)]
        took: f64,
    },
    /// The list of a group, or of an imported unit, starts on a host: its conditions hold. Of one that does not start, only
    /// the end is told.
    GroupStarted {
        /// The group.
        call: Arc<CallRef>,
        /// The host.
        host: HostName,
        /// How many items its loop has; none without a loop.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        iterations: Option<usize>,
    },
    /// A group has ended for one item of its loop on a host. All events of what is in it came before.
    IterationEnded {
        /// The group.
        call: Arc<CallRef>,
        /// The host.
        host: HostName,
        /// Which, counted from 1.
        iteration: usize,
        /// How: the worst of what is in it, failures that are handled there left out.
        outcome: Outcome,
        /// Whether something in it changed; in check mode: would.
        #[serde(default)]
        changed: bool,
        /// The item, as people are shown it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<String>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Failure>,
        /// The label of the call in it that failed; none where the group's own `when` did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed_call: Option<String>,
        /// Why it did not start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        /// Seconds from its start to its end.
        took: f64,
    },
    /// A group has ended on a host, with all of its iterations.
    GroupEnded {
        /// The group.
        call: Arc<CallRef>,
        /// The host.
        host: HostName,
        /// The host that did it for all, where that is another one: `run_once`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shared_by: Option<HostName>,
        /// How: the worst of its iterations.
        outcome: Outcome,
        /// Whether something in it changed; in check mode: would.
        #[serde(default)]
        changed: bool,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Failure>,
        /// The label of the call in it that failed; none where one of the group's own conditions did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed_call: Option<String>,
        /// A failure that does not count, since the group says `ignore_errors`, or one around it does.
        #[serde(default)]
        ignored: bool,
        /// A failure that does not count, since an `on_failure` entry handles it.
        #[serde(default)]
        rescued: bool,
        /// Why it did not start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        /// Seconds from its start to its end.
        took: f64,
    },
    /// A call or a `fail`, or one item of a looped call, has ended on a host. A looped call's own end follows its items' and
    /// has no `item`.
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
        /// The number of that item, counted from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<usize>,
        /// By what that item is known again in a run that resumes this one: 16 bits of its hash; none of a secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// The iterations of looped groups that it is in, from the outermost one inwards.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        iterations: Vec<Iteration>,
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
        /// Why it was skipped, is unknown or was canceled, or why it ran though no source of its `on_change` changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        /// How many times it was made.
        attempts: u32,
        /// The typed fields of its result; none where `no_log` or a failure hides them. Masked.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
        result: Map,
        /// Whether something of its result is left out: it is secret, or too long for a journal.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        partial: bool,
        /// The run that did it, where that is an earlier one, which this run resumes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_run: Option<String>,
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
        /// 1: what runs may end, and `always` entries run; 2: all of it is canceled.
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

/// Who is told of events, in order. A slow one slows the run rather than filling memory.
pub trait Sink {
    /// Takes note of an event.
    fn event(&mut self, event: &Event);

    /// Called now and then while nothing happens, so that a display can move.
    fn tick(&mut self) {}

    /// Called before something is done that the events so far tell of, and that nobody can do twice: a sink that is read after
    /// a crash writes what it holds.
    fn record(&mut self) {}

    /// Why not all of it could be written, where that is so.
    fn broken(&self) -> Option<String> {
        None
    }
}
