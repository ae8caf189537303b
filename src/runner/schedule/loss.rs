//! A connection that is made, and one that breaks: what of its calls is made again, and what is lost.

use std::collections::{BTreeMap, HashMap};
use std::mem;

use crate::cause::Unreachable;
use crate::event::{HostOutcome, Kind as Event, Outcome};
use crate::failure::{Failure, Kind};
use crate::protocol::Reply;
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::Effect;
use crate::runner::schedule::state::flight::{Flight, Owner, Replied};
use crate::runner::schedule::state::frame::State;
use crate::runner::schedule::state::guest::Returned;
use crate::runner::schedule::state::stops::Stop;
use crate::runner::status::Tri;
use crate::tool::{Area, Entry};

/// The tool that restarts a host.
pub(in crate::runner) const REBOOT: &str = "host.reboot";

/// Whether a call restarts its host.
pub(super) fn is_reboot(tool: Option<&Entry>) -> bool {
    tool.is_some_and(|tool| tool.name == REBOOT)
}

/// What was under way when a connection ended.
#[derive(Debug, Clone, Copy)]
pub(in crate::runner) struct Cut {
    /// Nothing.
    pub(in crate::runner) is_empty: bool,
    /// All of it may be made again.
    pub(in crate::runner) may_repeat: bool,
}

impl Schedule {
    /// There is a connection.
    pub(in crate::runner) fn connected(&mut self) {
        self.is_connected = true;
        // The agent that knew what would be changed has ended.
        if self.is_check()
            && let Some(last) = self.labels.keys().max()
        {
            self.flights.would_change(*last, Area::Everything);
        }
    }

    /// There is no connection any more.
    pub(in crate::runner) fn disconnected(&mut self) {
        self.is_connected = false;
    }

    /// What was under way on a connection that has ended. `was_asked_for`: by a call.
    pub(in crate::runner) fn cut(&mut self, was_asked_for: bool) -> Cut {
        self.cut.append(&mut self.flights.take());
        let is_check = self.is_check();
        let may_repeat = |flight: &Flight| is_check || flight.may_repeat();
        Cut {
            is_empty: self.cut.is_empty(),
            may_repeat: !self.course.is_canceled && (was_asked_for || self.cut.values().all(may_repeat)),
        }
    }

    /// The call that restarts the host, if one was under way when the connection ended: the host may be gone before it has
    /// said that it goes.
    pub(in crate::runner) fn gone_down(&mut self) -> Option<Flight> {
        if self.is_check() {
            return None;
        }
        let mut cut = self.cut.iter();
        let no = cut.find(|(_, flight)| is_reboot(self.tool(&flight.owner)));
        let no = no.map(|(no, _)| *no)?;
        self.cut.remove(&no)
    }

    /// A host has said that it restarts: its call goes on until it is back.
    pub(super) fn goes_down(&mut self, flight: Flight, reply: Reply) {
        self.effects
            .push_back(Effect::Reboot(Box::new(flight), Box::new(reply)));
    }

    /// What has become of the restart of the host.
    pub(in crate::runner) fn restarted(&mut self, flight: Flight, reply: Reply) {
        self.replies.push_back(Replied {
            flight,
            reply,
            because: None,
        });
    }

    /// The host did not come back: what was sent ahead was not made.
    pub(in crate::runner) fn stays_down(&mut self) {
        for flight in mem::take(&mut self.cut).into_values() {
            let failure = Failure::new(Kind::Canceled, "the host did not come back");
            self.replies.push_back(Replied {
                flight,
                reply: Reply::failed(failure),
                because: None,
            });
        }
    }

    /// Gives the calls of the connection that has ended to a new one. `counts`: it broke, and they are made a second time.
    pub(in crate::runner) fn repeat(&mut self, counts: bool, error: &Unreachable) {
        let mut renamed = HashMap::new();
        for (old, mut flight) in mem::take(&mut self.cut) {
            if let Some(place) = flight.place()
                && let Some(State::Calling(calling)) = self.state(place)
            {
                calling.in_flight.retain(|other| *other != old);
            }
            // What was stopped meanwhile is not made again, either.
            let is_stopped = flight.place().is_some_and(|place| self.is_stopped(place));
            if flight.is_recalled || is_stopped {
                self.take_back(flight, counts);
                continue;
            }
            if counts {
                flight.is_repeated = true;
                let (call, host, delegate) = self.owned(&flight.owner);
                self.emit(Event::CallRetried {
                    call,
                    host,
                    delegate,
                    attempts: flight.attempt,
                    of: flight.attempt + 1,
                    reason: format!(
                        "the connection broke ({}), and it is safe to repeat",
                        error.message
                    ),
                    took: 0.0,
                });
            }
            if let Some(ids) = &mut flight.if_changed {
                *ids = ids.iter().filter_map(|id| renamed.get(id).copied()).collect();
            }
            // It was under way before: nothing that it conflicts with may hold it back now.
            if let Some(new) = self.put_on_wire(flight) {
                renamed.insert(old, new);
            }
        }
        for flight in &mut self.held_back {
            for source in flight.if_changed.iter_mut().flatten() {
                *source = renamed.get(source).copied().unwrap_or(*source);
            }
        }
    }

    /// Ends a call that was taken back before the connection broke, or stopped meanwhile: it is not made again. It may have
    /// begun before that, where the connection was lost.
    fn take_back(&mut self, flight: Flight, is_lost: bool) {
        let place = match flight.owner {
            Owner::Own(place) => place,
            Owner::Guest(guest) => {
                self.send_home(&guest, Returned::Canceled);
                return;
            }
        };
        let mut record = Record::of(Outcome::Canceled);
        if is_lost && !self.is_check() && flight.may_change() {
            record.status.changed = Tri::Maybe;
        }
        let because = self.why_not_begun(place).to_owned();
        self.end_item(place, record, Some(because), 0, flight.secrecy);
    }

    /// No connection is made any more, since one could not be made.
    pub(in crate::runner) fn unreachable(&mut self, error: &Unreachable) {
        self.tell_unreachable(error);
        self.lost_for_good(HostOutcome::Unreachable, error.message.clone());
    }

    /// The connection has broken, and is not made again: what was under way is lost, or was not made. How the host comes out
    /// of that, once all that follows was done: then it is [`Self::lost_for_good`].
    pub(in crate::runner) fn lost(&mut self, error: &Unreachable) -> HostOutcome {
        self.tell_unreachable(error);
        let is_check = self.is_check();
        let is_at_stake = |flight: &Flight| {
            let is_own = matches!(flight.owner, Owner::Own(_));
            is_own && !is_check && flight.may_change()
        };
        let flights = mem::take(&mut self.cut);
        let outcome = if flights.values().any(is_at_stake) {
            HostOutcome::Failed
        } else {
            // Said first: a round that ends by it tells that the host is gone.
            self.course
                .is_over(HostOutcome::Unreachable, Some(error.message.clone()));
            HostOutcome::Unreachable
        };
        self.lose(flights, error);
        outcome
    }

    fn tell_unreachable(&mut self, error: &Unreachable) {
        self.emit(Event::Unreachable {
            host: self.name.clone(),
            cause: error.cause,
            message: error.message.clone(),
            help: error.help.clone(),
        });
    }

    /// The connection of a host is gone for good: nothing more is begun there, but what is delegated elsewhere.
    pub(in crate::runner) fn lost_for_good(&mut self, outcome: HostOutcome, reason: String) {
        self.course.unreachable = Some(reason.clone());
        self.effects.push_back(Effect::Gone);
        self.give_up(outcome, Some(reason), Stop::Lost);
    }

    /// Ends calls of which nobody will know whether they happened.
    fn lose(&mut self, flights: BTreeMap<u64, Flight>, error: &Unreachable) {
        let is_check = self.is_check();
        for flight in flights.into_values() {
            let may_have_happened = !is_check && flight.may_change();
            match flight.owner {
                Owner::Own(place) => {
                    let record = if may_have_happened {
                        let message = format!("{}; the call may or may not have happened", error.message);
                        Record {
                            error: Some(Failure::new(Kind::Lost, message)),
                            attempts: flight.attempt,
                            ..Record::of(Outcome::Lost)
                        }
                    } else {
                        Record::of(Outcome::Canceled)
                    };
                    let because = Some("the connection was lost".to_owned());
                    self.end_item(place, record, because, 0, flight.secrecy);
                }
                Owner::Guest(guest) => {
                    // Where nothing can have happened, its home is told that it was not made.
                    let message = error.message.clone();
                    let returned = if may_have_happened {
                        Returned::Lost(message)
                    } else {
                        Returned::Unreachable(message)
                    };
                    self.send_home(&guest, returned);
                }
            }
        }
    }
}
