//! Guests: calls that another host delegates to this one. They go over this host's connection, behind what it conflicts
//! with here, whoever sent that.

use std::sync::Arc;

use crate::event::HostOutcome;
use crate::failure::Failure;
use crate::login::Login;
use crate::name::{EntryId, HostId, HostName};
use crate::protocol::Reply;
use crate::runner::control::Update;
use crate::runner::flight::{Flight, Owner};
use crate::runner::host::Host;
use crate::runner::names::Place;
use crate::runner::stops::Stop;
use crate::template::Secrecy;
use crate::tool::{Access, Footprint, Prepared};

/// A call that is made on another host than its own.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    /// The host whose call it is, and its own number for it.
    pub(super) home: HostId,
    pub(super) ticket: u64,
    pub(super) home_name: HostName,
    /// Its place there: the same in each attempt.
    pub(super) place: Place,
    /// The host on which it is to be made.
    pub(super) to: HostId,
    pub(super) entry: EntryId,
    pub(super) attempt: u32,
    pub(super) prepared: Arc<Prepared>,
    pub(super) footprint: Footprint,
    pub(super) access: Access,
    /// The account of that host that it acts as, where it is not the one that logged in.
    pub(super) login: Option<Box<Login>>,
    /// Whether a secret was read for it.
    pub(super) secrecy: Secrecy,
    /// Whether it, or something that it is in, says `always`: it is made even if the run stops.
    pub(super) always: bool,
}

/// How a guest has ended, as its home is told.
#[derive(Debug)]
pub(super) enum Returned {
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
pub(super) enum Recall {
    /// If it has not started.
    Withdraw,
    /// Even if it runs.
    Cancel,
}

impl Host {
    /// Sends guests that wait for the connection, or for room.
    pub(super) async fn admit(&mut self) {
        while let Some(guest) = self.guests.front() {
            if let Some(reason) = &self.unreachable {
                let message = reason.clone();
                self.turn_away(|| Returned::Unreachable(message.clone()));
                return;
            }
            if self.is_canceled {
                self.turn_away(|| Returned::Canceled);
                return;
            }
            if self.is_stopping && !guest.always {
                if let Some(guest) = self.guests.pop_front() {
                    self.send_home(&guest, Returned::Canceled);
                }
                continue;
            }
            if self.flights.is_full() {
                return;
            }
            if self.session.is_none() {
                if !self.connect().await && self.unreachable.is_none() {
                    self.is_canceled = true;
                }
                if !self.waiting.is_empty() {
                    // Some may have been taken back meanwhile.
                    return;
                }
                continue;
            }
            let guest = guest.clone();
            self.guests.pop_front();
            let mut flight = Flight::new(
                Owner::Guest(guest.clone()),
                guest.attempt,
                guest.footprint,
                guest.prepared,
                guest.access,
            );
            flight.login = guest.login;
            flight.secrecy = guest.secrecy;
            self.launch(flight);
        }
    }

    /// The run stops: of what other hosts delegate to this one only what says `always` is still begun.
    pub(super) fn stop_guests(&mut self) {
        self.is_stopping = true;
        self.drop_guests(|guest| !guest.always);
    }

    /// Another host is gone: nothing of what it delegated to this one is begun any more.
    pub(super) fn forget(&mut self, home: HostId) {
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
            if let Some(session) = &self.session {
                session.sender.withdraw(id);
            }
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
    pub(super) fn recall(&mut self, home: HostId, ticket: u64, how: Recall) {
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
        if let Some(session) = &self.session {
            match how {
                Recall::Withdraw => session.sender.withdraw(id),
                Recall::Cancel => session.sender.cancel(id),
            }
        }
    }

    /// The connection of a host is gone for good: nothing more is begun there, but what is delegated elsewhere.
    pub(super) fn lost_for_good(&mut self, outcome: HostOutcome, reason: String) {
        self.unreachable = Some(reason.clone());
        self.context.is_gone(self.id);
        self.give_up(outcome, Some(reason), Stop::Lost);
    }
}

/// What a call that was turned away, or lost, has failed with.
impl Returned {
    /// The failure, where it is one that is not the call's own.
    pub(super) fn failure(&self, delegate: &HostName) -> Option<Failure> {
        use crate::failure::Kind;
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
