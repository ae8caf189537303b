//! Calls that are made until something holds: between two attempts they are open as much as while they run.

use std::collections::{HashMap, HashSet};

use crate::event::Outcome;
use crate::name::{EntryId, HostId};
use crate::playbook::Playbook;
use crate::protocol::Mode;
use crate::runner::control::Update;
use crate::runner::flight::{Flight, Owner};
use crate::runner::guest::Returned;
use crate::runner::host::Host;
use crate::runner::names::Place;
use crate::runner::record::Record;
use crate::template::Secrecy;
use crate::tool::Footprint;

/// How many calls may be ready and wait for one that is made until something holds, next to those of other hosts.
const MAX_HELD_BACK: usize = 256;

/// What such calls touch on a host, from the first attempt until it is decided how they have ended.
///
/// Invariant: once a call has hold of something, nothing that conflicts with it is put on the wire but for its own attempts,
/// and what was on the wire before it, where a connection is made again.
#[derive(Debug, Default)]
pub(super) struct Holds {
    held: HashMap<Holder, Footprint>,
    /// Hosts that are gone, and hold nothing any more.
    forgotten: HashSet<HostId>,
}

/// Whose call it is (another host's, where it is delegated), and its place there.
type Holder = (Option<HostId>, Place);

impl Holds {
    /// A call begins that holds what it touches.
    fn hold(&mut self, holder: Holder, footprint: &Footprint) {
        if holder.0.is_none_or(|home| !self.forgotten.contains(&home)) {
            self.held.entry(holder).or_insert_with(|| footprint.clone());
        }
    }

    /// It is decided how a call has ended: what waited for it may go on.
    pub(super) fn release(&mut self, home: Option<HostId>, place: Place) {
        self.held.remove(&(home, place));
    }

    /// Another host is gone: it holds nothing any more.
    pub(super) fn forget(&mut self, home: HostId) {
        self.held.retain(|(of, _), _| *of != Some(home));
        self.forgotten.insert(home);
    }

    /// Whether a call that is not one of them conflicts with one of them.
    fn stop(&self, holder: Holder, footprint: &Footprint) -> bool {
        !self.held.contains_key(&holder) && self.held.values().any(|held| held.conflicts(footprint))
    }
}

impl Flight {
    fn holder(&self) -> Holder {
        match &self.owner {
            Owner::Own(place) => (None, *place),
            Owner::Guest(guest) => (Some(guest.home), guest.place),
        }
    }
}

impl Host {
    /// Takes note of a call that is about to be sent; gives it back if it may be. It may not while a call that conflicts
    /// with it is made until something holds, nor before another one that waits for such a call and conflicts with it.
    pub(super) fn pass_holds(&mut self, flight: Flight) -> Option<Flight> {
        let holder = flight.holder();
        let is_next = self.holds.held.contains_key(&holder);
        let is_behind = |other: &Flight| other.footprint.conflicts(&flight.footprint);
        let must_wait =
            self.holds.stop(holder, &flight.footprint) || (!is_next && self.held_back.iter().any(is_behind));
        if must_wait {
            self.held_back.push_back(flight);
            return None;
        }
        self.hold(&flight);
        Some(flight)
    }

    /// Sends what was held back and may go on now, in order.
    pub(super) async fn send_held_back(&mut self) {
        let mut kept: Vec<Flight> = Vec::new();
        let mut sent = Vec::new();
        while let Some(flight) = self.held_back.pop_front() {
            if self.is_canceled || self.unreachable.is_some() {
                let reason = self.unreachable.clone();
                self.turn_back(flight, reason);
                continue;
            }
            // It may have been stopped while a connection was made for one before it.
            let is_stopped = match &flight.owner {
                Owner::Own(place) => self.is_stopped(*place),
                Owner::Guest(guest) => self.is_stopping && !guest.always,
            };
            if is_stopped {
                self.turn_back(flight, None);
                continue;
            }
            let is_behind = |other: &Flight| other.footprint.conflicts(&flight.footprint);
            let waits = self.flights.is_full()
                || self.holds.stop(flight.holder(), &flight.footprint)
                || kept.iter().any(is_behind);
            if waits {
                kept.push(flight);
                continue;
            }
            if self.session.is_none() && !self.connect().await {
                let reason = self.unreachable.clone();
                self.turn_back(flight, reason);
                continue;
            }
            sent.extend(flight.place());
            self.hold(&flight);
            self.put_on_wire(flight);
        }
        // What came meanwhile is behind what was there.
        kept.extend(self.held_back.drain(..));
        self.held_back = kept.into();
        for place in sent {
            self.pass_if_sent(place.frame, place.slot);
        }
    }

    /// Whether no more calls of this host may be made for now.
    pub(super) fn is_full(&self) -> bool {
        self.flights.is_full() || self.held_back.len() >= MAX_HELD_BACK
    }

    /// A call that is made until something holds takes hold of what it touches.
    fn hold(&mut self, flight: &Flight) {
        let entry = match &flight.owner {
            Owner::Own(place) => self.entry_at(*place),
            Owner::Guest(guest) => guest.entry,
        };
        let is_apply = self.context.options.mode == Mode::Apply;
        if is_apply && repeats(&self.context.playbook, entry) {
            self.holds.hold(flight.holder(), &flight.footprint);
        }
    }

    /// A call that is delegated holds what it touches on the host that makes it, until it is let go.
    pub(super) fn hold_abroad(&mut self, place: Place, on: HostId) {
        let is_apply = self.context.options.mode == Mode::Apply;
        if is_apply && repeats(&self.context.playbook, self.entry_at(place)) {
            self.held_abroad.insert(place, on);
        }
    }

    /// It is decided how an item has ended: what it held is free, here and elsewhere.
    pub(super) fn let_go(&mut self, place: Place) {
        self.holds.release(None, place);
        if let Some(to) = self.held_abroad.remove(&place) {
            let home = self.id;
            self.say(Update::Released { to, home, place });
        }
    }

    /// Whether a call of an entry is ready and waits for one that is made until something holds.
    pub(super) fn has_held_back(&self, place: Place) -> bool {
        let is_of = |it: Place| it.frame == place.frame && it.slot == place.slot;
        self.held_back
            .iter()
            .any(|flight| flight.place().is_some_and(is_of))
    }

    /// Ends calls that were held back and for which this holds: they were never made.
    pub(super) fn drop_held_back(&mut self, is_dropped: impl Fn(&Self, &Flight) -> bool) {
        for flight in std::mem::take(&mut self.held_back) {
            if is_dropped(self, &flight) {
                self.turn_back(flight, None);
            } else {
                self.held_back.push_back(flight);
            }
        }
    }

    /// A call that will not be sent: since the host is not reached, or since the run stops.
    fn turn_back(&mut self, flight: Flight, unreachable: Option<String>) {
        match flight.owner {
            Owner::Own(place) => {
                let because = match unreachable {
                    Some(_) => "there is no connection",
                    None => self.why_not_begun(place),
                };
                let record = Record::of(Outcome::Canceled);
                self.end_item(place, record, Some(because.to_owned()), 0, Secrecy::Public);
            }
            Owner::Guest(guest) => {
                let returned = unreachable.map_or(Returned::Canceled, Returned::Unreachable);
                self.send_home(&guest, returned);
            }
        }
    }
}

/// Whether an entry's call is made until something holds.
pub(super) fn repeats(playbook: &Playbook, entry: EntryId) -> bool {
    let call = playbook.entry(entry).action.call();
    call.is_some_and(|call| !call.until.is_empty())
}
