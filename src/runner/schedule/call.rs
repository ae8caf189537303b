//! One call: asked how it is made, sent behind what it conflicts with, judged, made again.

use std::sync::Arc;
use std::time::Duration;

use crate::event::{Kind as Event, Outcome};
use crate::failure::{Failure, Kind};
use crate::name::{EntryId, HostId};
use crate::playbook::Call;
use crate::protocol::Mode;
use crate::runner::names::Place;
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::{Asked, Effect, Judged, Question, Ready, Sending};
use crate::runner::schedule::state::flight::{Flight, Owner};
use crate::runner::schedule::state::frame::State;
use crate::runner::schedule::state::gate::Trigger;
use crate::runner::schedule::state::guest::Guest;
use crate::runner::schedule::state::then::{Launch, Then, Verdict};
use crate::runner::schedule::state::timers::Timer;
use crate::runner::schedule::verdict::{fail_by_exit_code, says_check, without_lines};
use crate::runner::status::Tri;
use crate::template::{Expression, Secrecy};
use crate::tool::{Access, Area, Entry as Tool};
use crate::value::Map;

impl Schedule {
    /// Makes a call for one item, as this attempt.
    pub(super) fn make(&mut self, place: Place, attempt: u32) {
        if matches!(self.state(place), Some(State::Calling(_))) {
            let question = Question::Call(place, self.entry_at(place));
            self.ask(question, Then::Call(place, attempt));
        }
    }

    /// It is known how a call is made.
    pub(super) fn asked(&mut self, place: Place, attempt: u32, asked: Asked) {
        match asked {
            Asked::Shut((record, because)) => {
                self.end_item(place, *record, because, 0, Secrecy::Public);
            }
            Asked::Unready((record, because), secrecy) => {
                let is_asking = |state: &State| matches!(state, State::Calling(calling) if matches!(calling.trigger, Trigger::Ask(_)));
                if self.state(place).is_some_and(|state| is_asking(state)) {
                    self.ask_later(place);
                } else {
                    self.end_item(place, *record, because, 0, secrecy);
                }
            }
            Asked::Served {
                told,
                record,
                micros,
                secrecy,
            } => {
                self.tell_started(place, attempt, None, told);
                self.judge(place, attempt, *record, None, micros, secrecy);
            }
            Asked::Ready(ready) => self.ready(place, attempt, *ready),
        }
    }

    /// A call can be sent.
    fn ready(&mut self, place: Place, attempt: u32, ready: Ready) {
        let entry = self.entry_at(place);
        let Some(access) = self.tool_of(entry).map(|tool| tool.access) else {
            return;
        };
        self.tell_started(place, attempt, ready.delegate, ready.told);
        if let Some(to) = ready.delegate {
            let guest = Guest {
                home: self.id,
                ticket: 0,
                home_name: self.name.clone(),
                place,
                to,
                entry,
                attempt,
                prepared: ready.prepared,
                footprint: ready.footprint,
                access,
                login: ready.login,
                secrecy: ready.secrecy,
                always: self.is_in_always(place),
                is_hidden: self.is_hidden(place.frame, place.slot),
                timeout: self.time_of(place.frame, place.slot),
            };
            self.send_away(place, guest);
            return;
        }
        let began_in = self.began_in(place);
        let Some(State::Calling(calling)) = self.state(place) else {
            return;
        };
        let (is_item, trigger) = (calling.is_loop, calling.trigger.clone());
        let mut flight = Flight::new(
            Owner::Own(place),
            attempt,
            ready.footprint,
            ready.prepared,
            access,
        );
        flight.is_item = is_item;
        flight.began_in = began_in;
        flight.if_changed = match trigger {
            Trigger::Pulled => None,
            Trigger::Ask(ids) => Some(ids),
        };
        flight.login = ready.login;
        flight.secrecy = ready.secrecy;
        self.connect_for(Launch::new(flight, false));
    }

    /// Puts a call on the wire as soon as there is a connection.
    pub(super) fn connect_for(&mut self, launch: Launch) {
        if self.is_connected {
            self.launch_if(launch, true);
        } else {
            self.ask(Question::Connect, Then::Launch(Box::new(launch)));
        }
    }

    /// It has been tried to connect for a call.
    pub(super) fn launch_if(&mut self, launch: Launch, is_connected: bool) {
        let Launch { flight, was_held } = launch;
        match (is_connected, was_held) {
            (true, false) => self.launch(flight),
            (true, true) => self.release(flight),
            (false, _) => {
                let reason = self.course.unreachable.clone();
                self.turn_back(flight, reason);
            }
        }
    }

    /// Puts a call on the wire, unless it has to wait for one that is made until something holds.
    pub(super) fn launch(&mut self, flight: Flight) {
        if let Some(flight) = self.pass_holds(flight) {
            self.put_on_wire(flight);
        }
    }

    /// Puts a call on the wire, whatever is held; gives its number.
    pub(super) fn put_on_wire(&mut self, mut flight: Flight) -> Option<u64> {
        let place = flight.place();
        let entry_id = match &flight.owner {
            Owner::Guest(guest) => guest.entry,
            Owner::Own(place) => self.frames.get(&place.frame)?.nodes[place.slot].entry,
        };
        let program = Arc::clone(&self.program);
        let call = program.playbook.entry(entry_id).action.call()?;
        let (is_hidden, timeout) = match &flight.owner {
            Owner::Guest(guest) => (guest.is_hidden, guest.timeout),
            Owner::Own(at) => (self.is_hidden(at.frame, at.slot), self.time_of(at.frame, at.slot)),
        };
        flight.after = self.after(&flight.footprint, place);
        let touches = (program.mode == Mode::Check).then(|| {
            let mut touches = flight.touches();
            let changes_nothing = call.changed_when.iter().any(|it| it.text() == "false");
            if changes_nothing && flight.access == Access::Opaque {
                touches.writes = Area::NOTHING;
            }
            touches
        });
        let behind = touches.as_ref().and_then(|it| self.flights.behind(it));
        // Of a call that was made again after a lost connection, the agent does not know what it changed before.
        let may_have_changed = |id: &u64| {
            let source = self.flights.get(*id);
            source.is_some_and(Flight::may_have_changed)
        };
        let mut sources = flight.if_changed.iter().flatten();
        let changed_before = flight.changed_before || sources.any(may_have_changed);
        let settled = self.flights.settled();
        let no = self.flights.number();
        self.effects.push_back(Effect::Send(Box::new(Sending {
            no,
            entry: entry_id,
            prepared: Arc::clone(&flight.prepared),
            login: flight.login.clone(),
            is_look: flight.access == Access::Opaque && flight.is_reader,
            is_hidden,
            timeout,
            is_recorded_first: program.mode == Mode::Apply && flight.may_change(),
            after: flight.after.clone(),
            if_changed: flight.if_changed.clone(),
            changed_before,
            touches,
            behind,
            settled,
        })));
        self.flights.insert(no, flight);
        if let Some(place) = place
            && let Some(State::Calling(calling)) = self.state(place)
        {
            calling.in_flight.push(no);
        }
        Some(no)
    }

    /// What the playbook says of a call's outcome.
    pub(super) fn judge(
        &mut self,
        place: Place,
        attempt: u32,
        mut record: Record,
        because: Option<String>,
        micros: u64,
        secrecy: Secrecy,
    ) {
        let Some(State::Calling(_)) = self.state(place) else {
            return;
        };
        let program = Arc::clone(&self.program);
        let entry = self.entry_at(place);
        let Some(call) = program.playbook.entry(entry).action.call() else {
            return;
        };
        record.attempts = attempt;
        if secrecy > Secrecy::Public {
            record.diff = record.diff.iter().map(without_lines).collect();
        }
        // `until` sees it as the failure that it is.
        let is_program = call.tool.custom().is_none();
        if call.is_judged_here() && is_program && call.failed_when.is_empty() && !says_check(call) {
            fail_by_exit_code(&mut record);
        }
        let was_made = matches!(record.outcome(), Outcome::Ok | Outcome::Changed | Outcome::Failed);
        let is_plain = call.until.is_empty() && call.changed_when.is_empty() && call.failed_when.is_empty();
        if !was_made || is_plain {
            return self.end_item(place, record, because, micros, secrecy);
        }
        let verdict = Verdict {
            place,
            attempt,
            because,
            micros,
            secrecy,
        };
        self.ask(
            Question::Verdict(place, entry, Box::new(record)),
            Then::Verdict(verdict),
        );
    }

    /// The playbook has said it.
    pub(super) fn judged(&mut self, verdict: Verdict, judged: Judged) {
        let Judged { mut record, until } = judged;
        let Verdict {
            place,
            attempt,
            because,
            micros,
            secrecy,
        } = verdict;
        let program = Arc::clone(&self.program);
        let Some(call) = program.playbook.entry(self.entry_at(place)).action.call() else {
            return;
        };
        let (retries, _) = self.attempts(place, call);
        match until {
            None | Some(Ok(true)) => {}
            Some(Ok(false)) if attempt <= retries && self.ends_attempts(place) => {
                record.status.outcome = Outcome::Canceled;
                record.status.failed = Tri::No;
                record.error = None;
                let because = Some("the run stopped before it was made again".to_owned());
                return self.end_item(place, record, because, micros, secrecy);
            }
            Some(Ok(false)) if attempt <= retries => {
                return self.put_off(place, attempt, call, &record, micros);
            }
            Some(Ok(false)) => {
                let message = format!("`until` did not hold after {attempt} attempts");
                let error = record.error.take();
                record.fail(error.unwrap_or_else(|| Failure::new(Kind::Timeout, message)));
            }
            Some(Err(failure)) => record.fail(failure),
        }
        self.end_item(place, record, because, micros, secrecy);
    }

    fn put_off(&mut self, place: Place, attempt: u32, call: &Call, record: &Record, micros: u64) {
        if let Some(State::Calling(calling)) = self.state(place) {
            let earlier = calling.earlier.entry(place.item).or_insert(Tri::No);
            *earlier = record.status.changed.max(*earlier);
            calling.status.changed = calling.status.changed.max(*earlier);
            // That it runs is decided; the agent has forgotten what it was decided by.
            calling.trigger = Trigger::Pulled;
        }
        let (retries, delay) = self.attempts(place, call);
        let texts: Vec<_> = call.until.iter().map(Expression::text).collect();
        let reason = format!("`{}` is false", texts.join("` and `"));
        self.emit(Event::CallRetried {
            call: self.call_ref(place),
            host: self.name.clone(),
            delegate: record.delegate.clone(),
            attempts: attempt,
            of: retries.saturating_add(1),
            reason,
            took: Duration::from_micros(micros).as_secs_f64(),
        });
        self.timers
            .set(self.now + delay, Timer::Retry(place, attempt + 1));
    }

    /// Tells that a call starts; further attempts are told as such.
    fn tell_started(&mut self, place: Place, attempt: u32, delegate: Option<HostId>, arguments: Map) {
        if attempt > 1 {
            return;
        }
        let is_hidden = self.is_hidden(place.frame, place.slot);
        let Some(State::Calling(calling)) = self.state(place) else {
            return;
        };
        let label = calling.items[place.item].label(place.item);
        let number = calling.is_loop.then_some(place.item + 1);
        let digest = calling.items[place.item].digest().filter(|_| !is_hidden);
        let item = if is_hidden {
            label.map(|_| format!("#{}", place.item + 1))
        } else {
            label
        };
        self.emit(Event::CallStarted {
            call: self.call_ref(place),
            host: self.name.clone(),
            delegate: delegate.map(|host| self.program.playbook.inventory.host(host).name.clone()),
            item,
            number,
            digest,
            iterations: self.iterations(place.frame),
            arguments: if is_hidden { Map::new() } else { arguments },
        });
    }

    pub(super) fn state(&mut self, place: Place) -> Option<&mut State> {
        let frame = self.frames.get_mut(&place.frame)?;
        Some(&mut frame.nodes.get_mut(place.slot)?.state)
    }

    pub(super) fn tool_of(&self, entry: EntryId) -> Option<&Tool> {
        Some(&self.program.playbook.entry(entry).action.call()?.tool)
    }
}
