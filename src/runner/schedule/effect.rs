//! What a schedule wants done, and what it asks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::event::{HostOutcome, Kind};
use crate::failure::Failure;
use crate::login::Login;
use crate::name::{EntryId, HostId, RoundId};
use crate::protocol::{After, Reply};
use crate::runner::control::Update;
use crate::runner::items::Bindings;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::schedule::state::flight::Flight;
use crate::runner::schedule::state::gate::{End, Gate};
use crate::runner::settings::Settings;
use crate::template::Secrecy;
use crate::tool::{Area, Footprint, Prepared};
use crate::value::Map;

/// What comes next for a host.
#[derive(Debug)]
pub(in crate::runner) enum Next {
    /// This is to be done, before anything else is asked for.
    Do(Effect),
    /// This is to be answered; the answer is the next thing that the schedule hears, but for a stop of the run.
    Ask(Question),
    /// All has begun that could; more may be possible by it.
    Pass,
    /// Nothing, until something happens.
    Idle,
}

/// What a schedule wants done.
#[derive(Debug)]
pub(in crate::runner) enum Effect {
    /// Something happened.
    Tell(Box<Kind>),
    /// The dispatcher is to know this.
    Say(Update),
    /// A result is there to be read.
    Keep(EntryId, Arc<Record>),
    /// The host has come out of its rounds like this so far, and why.
    ComesOut(HostOutcome, Option<String>),
    /// The host is not reached any more.
    Gone,
    /// A list of entries is begun: what they see is to be made.
    Open(FrameId, Opening),
    /// It has ended.
    Close(FrameId),
    /// A call is to be put on the wire.
    Send(Box<Sending>),
    /// A call is taken back if it has not started.
    Withdraw(u64),
    /// A call is ended even if it runs.
    Cancel(u64),
    /// The host goes down and comes back: the call, and what was said before.
    Reboot(Box<Flight>, Box<Reply>),
    /// Check mode: this call would bring this file to the controller.
    Bring(PathBuf, String),
}

/// Which list of entries is begun.
#[derive(Debug, Clone, Copy)]
pub(in crate::runner) enum Opening {
    /// A round's.
    Round(RoundId),
    /// That of this group, for one item of its loop.
    Item(Place, EntryId),
}

/// A call as it goes on the wire.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, none a state"
)]
pub(in crate::runner) struct Sending {
    /// Its number: later ones are greater.
    pub(in crate::runner) no: u64,
    pub(in crate::runner) entry: EntryId,
    pub(in crate::runner) prepared: Arc<Prepared>,
    pub(in crate::runner) login: Option<Box<Login>>,
    /// Whether it only looks, though its tool does not say so.
    pub(in crate::runner) is_look: bool,
    /// Whether it is on record that it starts before it goes out: what it may have changed is asked for after a crash.
    pub(in crate::runner) is_recorded_first: bool,
    /// Whether nothing of it is shown.
    pub(in crate::runner) is_hidden: bool,
    /// How long it may take.
    pub(in crate::runner) timeout: Option<Duration>,
    /// What must have become of calls before it.
    pub(in crate::runner) after: Vec<After>,
    /// It runs only if one of these changes something.
    pub(in crate::runner) if_changed: Option<Vec<u64>>,
    /// One of its sources has changed something, of which the agent does not know.
    pub(in crate::runner) changed_before: bool,
    /// Check mode: what it may touch.
    pub(in crate::runner) touches: Option<Footprint>,
    /// Check mode: a call because of which it is not known what this one reads, and what that touches of it.
    pub(in crate::runner) behind: Option<(u64, Area)>,
    /// Everything below this number was answered.
    pub(in crate::runner) settled: u64,
}

/// What a schedule does not know by itself.
#[derive(Debug)]
pub(in crate::runner) enum Question {
    /// Is there a connection, or can one be made?
    Connect,
    /// What does the condition of a round say?
    Round(RoundId),
    /// What do the conditions of an entry say, behind something that is not known?
    Gate(FrameId, EntryId, Option<String>),
    /// What does the loop of an entry run over? Kept for its items, by the place of the entry in its list.
    Items(FrameId, usize, EntryId),
    /// What do the conditions of an entry say of an item of its loop? `is_patient`: whether a secret that they read is
    /// waited for; where it is not, what would have to be waited for is open.
    Item {
        place: Place,
        entry: EntryId,
        is_patient: bool,
    },
    /// What do the keys of an entry come to that are expressions?
    Settings(FrameId, EntryId),
    /// May an entry begin?
    Step(EntryId),
    /// With which message does a `fail` fail?
    Fail {
        frame: FrameId,
        slot: usize,
        entry: EntryId,
        /// How many items its loop has; 1 without a loop.
        items: usize,
    },
    /// How is a call made?
    Call(Place, EntryId),
    /// What does the playbook say of an outcome?
    Verdict(Place, EntryId, Box<Record>),
}

/// What is answered.
#[derive(Debug)]
pub(in crate::runner) enum Answer {
    /// To [`Question::Connect`]: whether there is a connection now.
    Connected(bool),
    /// What conditions say.
    Gate(Gate),
    /// The items of a loop, or how the entry ends without them.
    Items(Result<Vec<Bindings>, End>),
    /// To [`Question::Settings`]: what they come to, or how the entry ends without that.
    Settings(Result<Box<Settings>, End>),
    /// To [`Question::Step`]: whether it may.
    Step(bool),
    /// To [`Question::Fail`]: what came of it.
    Fail(End),
    /// To [`Question::Call`].
    Call(Asked),
    /// To [`Question::Verdict`].
    Verdict(Box<Judged>),
}

/// How a call is made.
#[derive(Debug)]
pub(in crate::runner) enum Asked {
    /// Not at all: its conditions, or where it is to be made, say so.
    Shut(End),
    /// Not at all: its arguments say so.
    Unready(End, Secrecy),
    /// Like this.
    Ready(Box<Ready>),
    /// It was made on the controller: what came of it, and how long it took, in microseconds.
    Served {
        told: Map,
        record: Box<Record>,
        micros: u64,
        secrecy: Secrecy,
    },
}

/// A call that can be sent.
#[derive(Debug)]
pub(in crate::runner) struct Ready {
    /// The host on which it is made, where that is another one.
    pub(in crate::runner) delegate: Option<HostId>,
    pub(in crate::runner) prepared: Arc<Prepared>,
    pub(in crate::runner) footprint: Footprint,
    /// The account that it acts as, where it is not the one that logged in.
    pub(in crate::runner) login: Option<Box<Login>>,
    /// The arguments as they are told.
    pub(in crate::runner) told: Map,
    /// Whether a secret was read for it.
    pub(in crate::runner) secrecy: Secrecy,
}

/// What the playbook says of an outcome.
#[derive(Debug)]
pub(in crate::runner) struct Judged {
    /// The outcome as `changed_when` and `failed_when` have it.
    pub(in crate::runner) record: Record,
    /// Whether `until` holds; `None`: it was not asked.
    pub(in crate::runner) until: Option<Result<bool, Failure>>,
}
