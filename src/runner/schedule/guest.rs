//! Guests: calls that another host delegates to this one. They go over this host's connection, behind what it conflicts
//! with here, whoever sent that.

use std::sync::Arc;

use crate::name::HostId;
use crate::runner::control::Update;
use crate::runner::names::Place;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::{Effect, Question};
use crate::runner::schedule::state::flight::{Flight, Owner};
use crate::runner::schedule::state::guest::{Guest, Recall, Returned};
use crate::runner::schedule::state::then::Then;

impl Schedule {
    /// Another host delegates a call to this one.
    pub(in crate::runner) fn visit(&mut self, guest: Box<Guest>) {
        self.guests.push_back(guest);
    }

    /// Whether calls of other hosts wait to be sent here.
    pub(in crate::runner) fn has_guests(&self) -> bool {
        !self.guests.is_empty()
    }

    /// Sends the next call of another host that waits for the connection, or for room; whether something was done.
    pub(super) fn admit(&mut self) -> bool {
        let Some(guest) = self.guests.front() else {
            return false;
        };
        if let Some(reason) = self.course.unreachable.clone() {
            self.turn_away(|| Returned::Unreachable(reason.clone()));
            return true;
        }
        if self.course.is_canceled {
            self.turn_away(|| Returned::Canceled);
            return true;
        }
        if self.course.is_stopping && !guest.always {
            if let Some(guest) = self.guests.pop_front() {
                self.send_home(&guest, Returned::Canceled);
            }
            return true;
        }
        if self.flights.is_full() {
            return false;
        }
        if !self.is_connected {
            self.ask(Question::Connect, Then::Admit);
            return true;
        }
        let Some(guest) = self.guests.pop_front() else {
            return false;
        };
        let (footprint, prepared) = (guest.footprint.clone(), Arc::clone(&guest.prepared));
        let (attempt, access, login) = (guest.attempt, guest.access, guest.login.clone());
        let secrecy = guest.secrecy;
        let mut flight = Flight::new(Owner::Guest(guest), attempt, footprint, prepared, access);
        flight.login = login;
        flight.secrecy = secrecy;
        self.launch(flight);
        true
    }

    /// It has been tried to connect for calls of other hosts. Some may have been taken back meanwhile.
    pub(super) fn admit_if(&mut self, is_connected: bool) {
        if !is_connected && self.course.unreachable.is_none() {
            self.course.is_canceled = true;
        }
    }

    /// The run stops: of what other hosts delegate to this one only what says `always` is still begun.
    pub(super) fn stop_guests(&mut self) {
        self.course.is_stopping = true;
        self.drop_guests(|guest| !guest.always);
    }

    /// Another host is gone: nothing of what it delegated to this one is begun any more.
    pub(in crate::runner) fn forget(&mut self, home: HostId) {
        self.drop_guests(|guest| guest.home == home);
        self.holds.forget(home);
    }

    /// Takes calls of other hosts back for which this holds, the last one first.
    fn drop_guests(&mut self, is_dropped: impl Fn(&Guest) -> bool) {
        for guest in std::mem::take(&mut self.guests) {
            if is_dropped(&guest) {
                self.send_home(&guest, Returned::Canceled);
            } else {
                self.guests.push_back(guest);
            }
        }
        let is_dropped = |flight: &Flight| matches!(&flight.owner, Owner::Guest(guest) if is_dropped(guest));
        self.drop_held_back(|_, flight| is_dropped(flight));
        let waiting = self.flights.iter().rev().filter(|(_, flight)| is_dropped(flight));
        let waiting: Vec<_> = waiting.map(|(id, _)| id).collect();
        for id in waiting {
            if let Some(flight) = self.flights.get_mut(id) {
                flight.is_recalled = true;
            }
            self.effects.push_back(Effect::Withdraw(id));
        }
    }

    fn turn_away(&mut self, how: impl Fn() -> Returned) {
        for guest in std::mem::take(&mut self.guests) {
            self.send_home(&guest, how());
        }
    }

    /// Tells a guest's home how it has ended.
    pub(super) fn send_home(&mut self, guest: &Guest, returned: Returned) {
        self.say(Update::Returned {
            home: guest.home,
            ticket: guest.ticket,
            returned,
        });
    }

    /// A home takes a call back.
    pub(in crate::runner) fn recall(&mut self, home: HostId, ticket: u64, how: Recall) {
        let is_it = |guest: &Guest| guest.home == home && guest.ticket == ticket;
        if let Some(at) = self.guests.iter().position(|guest| is_it(guest)) {
            if let Some(guest) = self.guests.remove(at) {
                self.send_home(&guest, Returned::Canceled);
            }
            return;
        }
        self.drop_held_back(|_, flight| matches!(&flight.owner, Owner::Guest(guest) if is_it(guest)));
        let of = self.flights.iter().find(|(_, flight)| {
            let is_its = |guest: &Guest| is_it(guest);
            matches!(&flight.owner, Owner::Guest(guest) if is_its(guest))
        });
        let Some(id) = of.map(|(id, _)| id) else { return };
        if let Some(flight) = self.flights.get_mut(id) {
            flight.is_recalled = true;
        }
        self.effects.push_back(match how {
            Recall::Withdraw => Effect::Withdraw(id),
            Recall::Cancel => Effect::Cancel(id),
        });
    }

    /// What a call of another host touches is free: it is decided how it has ended.
    pub(in crate::runner) fn free(&mut self, home: HostId, place: Place) {
        self.holds.release(Some(home), place);
    }
}
