//! A host's connection: made on first need, and made again where it broke and nothing is at stake.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cause::{Cause, Unreachable};
use crate::event::{HostOutcome, Kind as Event, Outcome};
use crate::failure::{Failure, Kind};
use crate::protocol::Mode;
use crate::runner::control::Control;
use crate::runner::credentials::credentials;
use crate::runner::flight::{Flight, Owner};
use crate::runner::frame::State;
use crate::runner::guest::Returned;
use crate::runner::host::Host;
use crate::runner::reboot::REBOOT;
use crate::runner::record::Record;
use crate::runner::status::Tri;
use crate::tool::Area;
use crate::transport::{Incoming, Session};

/// How often a connection that broke is made again, and how long is waited before each time.
const RECONNECT: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

/// What the end of a connection would mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Parting {
    /// A loss: no call asked for it.
    #[default]
    Unasked,
    /// A call was answered after which the agent ends.
    Asked,
    /// The same, and the next connection is to be a new login.
    ForNewLogin,
}

impl Host {
    /// Connects. Where that fails, the host is over.
    pub(super) async fn connect(&mut self) -> bool {
        match self.try_connect().await {
            Some(Ok(())) => true,
            Some(Err(error)) => {
                self.unreachable(&error);
                self.lost_for_good(HostOutcome::Unreachable, error.message);
                false
            }
            None => false,
        }
    }

    /// `None`: the run was interrupted meanwhile.
    async fn try_connect(&mut self) -> Option<Result<(), Unreachable>> {
        self.emit(Event::Connecting {
            host: self.name.clone(),
        });
        self.flush().await;
        let started = Instant::now();
        let is_fresh = std::mem::take(&mut self.parting) == Parting::ForNewLogin;
        match self.dial(is_fresh).await? {
            Ok(session) => self.keep(session, started),
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(()))
    }

    /// Makes a connection; `is_fresh`: with a new login. `None`: the run was interrupted meanwhile.
    pub(super) async fn dial(&mut self, is_fresh: bool) -> Option<Result<Session, Unreachable>> {
        let context = Arc::clone(&self.context);
        let host = context.playbook.inventory.host(self.id);
        let id = self.id;
        let connecting = async {
            let credentials = credentials(&context, id).await?;
            let connector = &context.connector;
            let connection = &host.connection;
            connector
                .connect_anew(&host.name, connection, &credentials, is_fresh)
                .await
        };
        tokio::pin!(connecting);
        loop {
            tokio::select! {
                result = &mut connecting => return Some(result),
                control = self.control.recv() => match control {
                    Some(Control::Stop) if !self.guests.is_empty() => self.waiting.push_back(Control::Stop),
                    Some(Control::Stop) => {
                        self.stop_run();
                        return None;
                    }
                    Some(Control::Cancel) => {
                        self.cancel_run();
                        return None;
                    }
                    other => self.waiting.push_back(other.unwrap_or(Control::Finish)),
                },
            }
        }
    }

    pub(super) fn keep(&mut self, session: Session, started: Instant) {
        self.boot_id.clone_from(&session.hello.boot_id);
        self.context.set_facts(self.id, &session.hello.facts);
        self.emit(Event::Connected {
            host: self.name.clone(),
            facts: Box::new(session.hello.facts.clone()),
            took: started.elapsed().as_secs_f64(),
            reused: session.reused,
            installed: session.installed,
        });
        self.session = Some(session);
        // The agent that knew what would be changed has ended.
        if self.context.options.mode == Mode::Check
            && let Some(last) = self.labels.keys().max()
        {
            self.flights.would_change(*last, Area::Everything);
        }
    }

    /// The connection has ended. What can be repeated is; else the host is over.
    pub(super) async fn closed(&mut self, how: Result<(), Unreachable>) {
        let mut flights = self.flights.take();
        // An agent that says goodbye unasked is lost like any other: made again, it might do so without end.
        let asked_for = how.is_ok() && self.parting != Parting::Unasked;
        if self.reboot.is_none() && !asked_for && self.context.options.mode == Mode::Apply {
            // A host may be gone before it has said that it goes.
            let down = flights
                .iter()
                .find(|(_, flight)| self.tool(&flight.owner).is_some_and(|tool| tool.name == REBOOT));
            if let Some(flight) = down.map(|(id, _)| *id).and_then(|id| flights.remove(&id)) {
                let reply = self.gone();
                self.goes_down(flight, reply);
            }
        }
        if let Some(reboot) = self.reboot.take() {
            self.comes_back(reboot, flights).await;
            return;
        }
        if flights.is_empty() {
            return;
        }
        let is_check = self.context.options.mode == Mode::Check;
        let may_repeat = asked_for || flights.values().all(|flight| is_check || flight.may_repeat());
        let error = how
            .err()
            .unwrap_or_else(|| Unreachable::new(Cause::Lost, "the agent has ended"));
        if may_repeat && !self.is_canceled {
            for wait in RECONNECT {
                tokio::time::sleep(wait).await;
                match self.try_connect().await {
                    Some(Ok(())) => {
                        self.repeat(flights, !asked_for, &error);
                        return;
                    }
                    Some(Err(_)) => {}
                    None => break,
                }
            }
        }
        self.unreachable(&error);
        let is_at_stake = |flight: &Flight| {
            let is_own = matches!(flight.owner, Owner::Own(_));
            is_own && !is_check && flight.may_change()
        };
        if !flights.values().any(is_at_stake) {
            // Said first: a round that ends by it tells that the host is gone.
            self.is_gone(error.message.clone());
        }
        let lost = self.lose(flights, &error);
        let outcome = if lost {
            HostOutcome::Failed
        } else {
            HostOutcome::Unreachable
        };
        self.lost_for_good(outcome, error.message);
    }

    fn unreachable(&mut self, error: &Unreachable) {
        self.emit(Event::Unreachable {
            host: self.name.clone(),
            cause: error.cause,
            message: error.message.clone(),
            help: error.help.clone(),
        });
    }

    /// Gives the connection's calls to a new one.
    pub(super) fn repeat(&mut self, flights: BTreeMap<u64, Flight>, counts: bool, error: &Unreachable) {
        let mut renamed = HashMap::new();
        for (old, mut flight) in flights {
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
                let (call, host, delegate) = self.whose(&flight.owner);
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
        let is_check = self.context.options.mode == Mode::Check;
        let mut record = Record::of(Outcome::Canceled);
        if is_lost && !is_check && flight.may_change() {
            record.status.changed = Tri::Maybe;
        }
        let because = self.why_not_begun(place).to_owned();
        self.end_item(place, record, Some(because), 0, flight.secrecy);
    }

    /// Ends calls of which nobody will know whether they happened; whether any may have.
    fn lose(&mut self, flights: BTreeMap<u64, Flight>, error: &Unreachable) -> bool {
        let mut lost = false;
        let is_check = self.context.options.mode == Mode::Check;
        for (_, flight) in flights {
            let place = match flight.owner {
                Owner::Own(place) => place,
                Owner::Guest(ref guest) => {
                    // Where nothing can have happened, its home is told that it was not made.
                    let returned = if is_check || !flight.may_change() {
                        Returned::Unreachable(error.message.clone())
                    } else {
                        Returned::Lost(error.message.clone())
                    };
                    self.send_home(guest, returned);
                    continue;
                }
            };
            let record = if is_check || !flight.may_change() {
                Record::of(Outcome::Canceled)
            } else {
                lost = true;
                let message = format!("{}; the call may or may not have happened", error.message);
                Record {
                    error: Some(Failure::new(Kind::Lost, message)),
                    attempts: flight.attempt,
                    ..Record::of(Outcome::Lost)
                }
            };
            let because = Some("the connection was lost".to_owned());
            self.end_item(place, record, because, 0, flight.secrecy);
        }
        lost
    }
}

/// What comes next; nothing ever where there is no connection.
pub(super) async fn next_incoming(session: &mut Option<Session>) -> Incoming {
    match session {
        Some(session) => match session.incoming.recv().await {
            Some(incoming) => incoming,
            None => Incoming::Closed(Err(Unreachable::new(Cause::Lost, "the connection has ended"))),
        },
        None => std::future::pending().await,
    }
}
