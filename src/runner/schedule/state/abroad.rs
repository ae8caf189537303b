//! Calls that are made on another host.

use crate::name::HostId;
use crate::runner::names::Place;
use crate::runner::schedule::state::guest::Recall;
use crate::template::Secrecy;
use crate::tool::Footprint;

/// A call that was sent to another host and has not come back.
#[derive(Debug)]
pub(in crate::runner) struct Abroad {
    pub(in crate::runner) place: Place,
    pub(in crate::runner) attempt: u32,
    pub(in crate::runner) to: HostId,
    pub(in crate::runner) footprint: Footprint,
    pub(in crate::runner) secrecy: Secrecy,
    /// How it was taken back, if it was.
    pub(in crate::runner) recalled: Option<Recall>,
}
