//! The private words between the dispatcher and the hosts' actors.

use crate::event::{HostOutcome, Kind};
use crate::name::{HostId, RoundId};

/// To a host's actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    /// Do this round.
    Enter(RoundId),
    /// Too many hosts have failed: start nothing new but `always` entries, drop what was sent ahead, let what runs end.
    Stop,
    /// Start nothing new, drop what was sent ahead, let what runs end.
    Drain,
    /// End what runs.
    Cancel,
    /// There is nothing more for this host.
    Finish,
}

/// From a host's actor.
#[derive(Debug)]
pub(super) enum Update {
    /// Something happened.
    Event(Box<Kind>),
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
