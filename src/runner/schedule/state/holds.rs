//! What calls that are made until something holds keep others from.

use std::collections::{HashMap, HashSet};

use crate::name::HostId;
use crate::runner::names::Place;
use crate::runner::schedule::state::flight::{Flight, Owner};
use crate::tool::Footprint;

/// What such calls touch on a host, from the first attempt until it is decided how they have ended.
///
/// Invariant: once a call has hold of something, nothing that conflicts with it is put on the wire but for its own attempts,
/// and what was on the wire before it, where a connection is made again.
#[derive(Debug, Default)]
pub(in crate::runner) struct Holds {
    held: HashMap<Holder, Footprint>,
    /// Hosts that are gone, and hold nothing any more.
    forgotten: HashSet<HostId>,
}

/// Whose call it is (another host's, where it is delegated), and its place there.
type Holder = (Option<HostId>, Place);

impl Holds {
    /// A call begins that holds what it touches.
    pub(in crate::runner) fn hold(&mut self, holder: Holder, footprint: &Footprint) {
        if holder.0.is_none_or(|home| !self.forgotten.contains(&home)) {
            self.held.entry(holder).or_insert_with(|| footprint.clone());
        }
    }

    /// Whether a call has hold of something.
    pub(in crate::runner) fn has(&self, holder: Holder) -> bool {
        self.held.contains_key(&holder)
    }

    /// It is decided how a call has ended: what waited for it may go on.
    pub(in crate::runner) fn release(&mut self, home: Option<HostId>, place: Place) {
        self.held.remove(&(home, place));
    }

    /// Another host is gone: it holds nothing any more.
    pub(in crate::runner) fn forget(&mut self, home: HostId) {
        self.held.retain(|(of, _), _| *of != Some(home));
        self.forgotten.insert(home);
    }

    /// Whether a call that is not one of them conflicts with one of them.
    pub(in crate::runner) fn stop(&self, holder: Holder, footprint: &Footprint) -> bool {
        !self.held.contains_key(&holder) && self.held.values().any(|held| held.conflicts(footprint))
    }
}

impl Flight {
    pub(in crate::runner) fn holder(&self) -> Holder {
        match &self.owner {
            Owner::Own(place) => (None, *place),
            Owner::Guest(guest) => (Some(guest.home), guest.place),
        }
    }
}
