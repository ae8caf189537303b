//! The private words between the dispatcher and the hosts' actors.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::event::{HostOutcome, Kind};
use crate::name::{EntryId, HostId, RoundId};
use crate::runner::names::Place;
use crate::runner::schedule::state::guest::{Guest, Recall, Returned};
use crate::runner::schedule::state::shared::Shared;

/// To a host's actor.
#[derive(Debug)]
pub(super) enum Control {
    /// Do this round.
    Enter(RoundId),
    /// The run was interrupted, or too many hosts have failed: start nothing new but `always` entries, drop what was sent
    /// ahead, let what runs end.
    Stop,
    /// End what runs.
    Cancel,
    /// Make this call of another host.
    Guest(Box<Guest>),
    /// Another host takes its call back.
    Recall(HostId, u64, Recall),
    /// A call that was made on another host has come back.
    Returned(u64, Returned),
    /// A call of another host that was made here until something holds is decided: what it touches is free.
    Release(HostId, Place),
    /// Do this entry for all.
    Elected(EntryId),
    /// Nobody may do this entry: end it.
    Alone(EntryId),
    /// This entry was done for all.
    Shared(EntryId, Arc<Shared>),
    /// Another host is gone, and holds nothing here any more.
    Forget(HostId),
    /// There is nothing more for this host.
    Finish,
}

/// From a host's actor.
#[derive(Debug)]
pub(super) enum Update {
    /// Something happened.
    Event(Box<Kind>),
    /// What was said so far is to be on record before what starts by it goes out.
    Record(oneshot::Sender<()>),
    /// Whether this entry may begin.
    Step {
        entry: EntryId,
        reply: oneshot::Sender<bool>,
    },
    /// A call is to be made on another host.
    Delegated(Box<Guest>),
    /// A call on another host is taken back.
    Recalled {
        /// Where it is.
        to: HostId,
        /// Whose it is, and its number.
        home: HostId,
        ticket: u64,
        how: Recall,
    },
    /// A call of another host has ended here.
    Returned {
        /// Whose it is, and its number.
        home: HostId,
        ticket: u64,
        returned: Returned,
    },
    /// It is decided how a call has ended that was made on another host until something holds.
    Released {
        /// Where it was made.
        to: HostId,
        /// Whose it is, and its place there.
        home: HostId,
        place: Place,
    },
    /// The host waits at an entry that is done once.
    Arrived {
        host: HostId,
        entry: EntryId,
        /// Whether its conditions let it do it.
        may_do: bool,
    },
    /// The host does not come to an entry that is done once, or waits there no more.
    Passed { host: HostId, entry: EntryId },
    /// The host has done an entry for all.
    Shared {
        host: HostId,
        entry: EntryId,
        shared: Arc<Shared>,
    },
    /// The host is done, and owes these handlers.
    Owes { host: HostId, owed: Vec<EntryId> },
    /// The host has left a round.
    Left {
        /// The host.
        host: HostId,
        /// The round.
        round: RoundId,
        /// Whether it goes on.
        outcome: HostOutcome,
        /// Why it does not.
        reason: Option<String>,
    },
}
