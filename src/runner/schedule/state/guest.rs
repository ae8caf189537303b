//! Calls that one host makes for another, and how they come back.

use std::sync::Arc;
use std::time::Duration;

use crate::failure::{Failure, Kind};
use crate::login::Login;
use crate::name::{EntryId, HostId, HostName};
use crate::protocol::Reply;
use crate::runner::names::Place;
use crate::template::Secrecy;
use crate::tool::{Access, Footprint, Prepared};

/// A call that is made on another host than its own.
#[derive(Debug, Clone)]
pub(in crate::runner) struct Guest {
    /// The host whose call it is, and its own number for it.
    pub(in crate::runner) home: HostId,
    pub(in crate::runner) ticket: u64,
    pub(in crate::runner) home_name: HostName,
    /// Its place there: the same in each attempt.
    pub(in crate::runner) place: Place,
    /// The host on which it is to be made.
    pub(in crate::runner) to: HostId,
    pub(in crate::runner) entry: EntryId,
    pub(in crate::runner) attempt: u32,
    pub(in crate::runner) prepared: Arc<Prepared>,
    pub(in crate::runner) footprint: Footprint,
    pub(in crate::runner) access: Access,
    /// The account of that host that it acts as, where it is not the one that logged in.
    pub(in crate::runner) login: Option<Box<Login>>,
    /// Whether a secret was read for it.
    pub(in crate::runner) secrecy: Secrecy,
    /// Whether it, or something that it is in, says `always`: it is made even if the run stops.
    pub(in crate::runner) always: bool,
    /// Whether nothing of it is shown.
    pub(in crate::runner) is_hidden: bool,
    /// How long it may take.
    pub(in crate::runner) timeout: Option<Duration>,
}

/// How a guest has ended, as its home is told.
#[derive(Debug)]
pub(in crate::runner) enum Returned {
    /// It was answered. Of an unknown one: because of which call.
    Answer(Box<Reply>, Option<String>),
    /// It was not made: the host was not reached, and why.
    Unreachable(String),
    /// The connection broke while it ran, and how.
    Lost(String),
    /// It was not made, since the run stopped.
    Canceled,
}

/// How a call is to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::runner) enum Recall {
    /// If it has not started.
    Withdraw,
    /// Even if it runs.
    Cancel,
}

/// What a call that was turned away, or lost, has failed with.
impl Returned {
    /// The failure, where it is one that is not the call's own.
    pub(in crate::runner) fn failure(&self, delegate: &HostName) -> Option<Failure> {
        match self {
            Self::Answer(..) | Self::Canceled => None,
            Self::Unreachable(reason) => Some(Failure::new(
                Kind::Unreachable,
                format!("`{delegate}`, to which it is delegated, was not reached: {reason}"),
            )),
            Self::Lost(reason) => Some(Failure::new(
                Kind::Lost,
                format!(
                    "the connection to `{delegate}` broke: {reason}; the call may or may not have happened"
                ),
            )),
        }
    }
}
