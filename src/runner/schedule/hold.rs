//! Calls that are made until something holds: between two attempts they are open as much as while they run.

use crate::event::Outcome;
use crate::name::{EntryId, HostId};
use crate::playbook::Playbook;
use crate::protocol::Mode;
use crate::runner::control::Update;
use crate::runner::names::Place;
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::flight::{Flight, Owner};
use crate::runner::schedule::state::guest::Returned;
use crate::runner::schedule::state::then::Launch;

/// How many calls may be ready and wait for one that is made until something holds, next to those of other hosts.
const MAX_HELD_BACK: usize = 256;

impl Schedule {
    /// Takes note of a call that is about to be sent; gives it back if it may be. It may not while a call that conflicts
    /// with it is made until something holds, nor before another one that waits for such a call and conflicts with it.
    pub(super) fn pass_holds(&mut self, flight: Flight) -> Option<Flight> {
        let holder = flight.holder();
        let is_next = self.holds.has(holder);
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

    /// Sends the first call that was held back and may go on now; whether something was done.
    pub(super) fn send_held_back(&mut self) -> bool {
        let is_over = self.course.is_canceled || self.course.unreachable.is_some();
        for at in 0..self.held_back.len() {
            let flight = &self.held_back[at];
            // It may have been stopped while a connection was made for one before it.
            let is_stopped = match &flight.owner {
                Owner::Own(place) => self.is_stopped(*place),
                Owner::Guest(guest) => self.course.is_stopping && !guest.always,
            };
            let is_behind = |other: &Flight| other.footprint.conflicts(&flight.footprint);
            let waits = self.flights.is_full()
                || self.holds.stop(flight.holder(), &flight.footprint)
                || self.held_back.iter().take(at).any(is_behind);
            if !(is_over || is_stopped) && waits {
                continue;
            }
            let Some(flight) = self.held_back.remove(at) else {
                return false;
            };
            if is_over || is_stopped {
                let reason = self.course.unreachable.clone().filter(|_| is_over);
                self.turn_back(flight, reason);
            } else {
                self.connect_for(Launch::new(flight, true));
            }
            return true;
        }
        false
    }

    /// Puts a call on the wire that was held back.
    pub(super) fn release(&mut self, flight: Flight) {
        let place = flight.place();
        self.hold(&flight);
        self.put_on_wire(flight);
        if let Some(place) = place {
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
        let is_apply = self.program.mode == Mode::Apply;
        if is_apply && repeats(&self.program.playbook, entry) {
            self.holds.hold(flight.holder(), &flight.footprint);
        }
    }

    /// A call that is delegated holds what it touches on the host that makes it, until it is let go.
    pub(super) fn hold_abroad(&mut self, place: Place, on: HostId) {
        let is_apply = self.program.mode == Mode::Apply;
        if is_apply && repeats(&self.program.playbook, self.entry_at(place)) {
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
    pub(super) fn turn_back(&mut self, flight: Flight, unreachable: Option<String>) {
        let secrecy = flight.secrecy;
        match flight.owner {
            Owner::Own(place) => {
                let because = match unreachable {
                    Some(_) => "there is no connection",
                    None => self.why_not_begun(place),
                };
                let record = Record::of(Outcome::Canceled);
                self.end_item(place, record, Some(because.to_owned()), 0, secrecy);
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
