//! What becomes of an answer: what the host found, and what the playbook says of it.

use std::sync::Arc;

use tokio::time::Instant;

use crate::diff::Diff;
use crate::event::{Kind as Event, Outcome};
use crate::failure::{Failure, Kind};
use crate::name::HostName;
use crate::playbook::{Action, Call};
use crate::protocol::{Mode, Outcome as Answer, Reply};
use crate::runner::connection::Parting;
use crate::runner::flight::{Flight, Owner};
use crate::runner::frame::State;
use crate::runner::guest::Returned;
use crate::runner::host::{Host, Timer};
use crate::runner::names::Place;
use crate::runner::reboot::REBOOT;
use crate::runner::record::{Record, RecordLookup};
use crate::system::Push;
use crate::template::{Expression, Form, Root, Scope, Secrecy, Truth};
use crate::tool::Entry;
use crate::value::{Map, Value};

/// The tool after which the next connection is a new login.
const RESET: &str = "agent.reset";

impl Host {
    /// A part of a file that a call brings.
    pub(super) async fn receive(&mut self, id: u64, push: Push) {
        if let Some(receiver) = self.flights.get_mut(id).and_then(|it| it.receiver.as_mut()) {
            receiver.take(push).await;
        }
    }

    /// An answer, once the files that the call brought are in their places.
    pub(super) async fn received(&mut self, id: u64, reply: Reply) -> Reply {
        let Some(receiver) = self.flights.get_mut(id).and_then(|it| it.receiver.take()) else {
            return reply;
        };
        match receiver.end().await {
            Err(failure) if reply.error.is_none() => Reply {
                outcome: Answer::Failed,
                error: Some(failure),
                fields: Map::new(),
                ..reply
            },
            _ => reply,
        }
    }

    /// An answer.
    pub(super) fn answered(&mut self, id: u64, reply: Reply) {
        self.end_output(id);
        let Some(flight) = self.flights.remove(id) else {
            return;
        };
        if reply.quit.is_some() {
            self.parting = Parting::Asked;
        }
        let is_check = self.context.options.mode == Mode::Check;
        let reply = match self.tool(&flight.owner) {
            Some(tool) => held_to(tool, is_check, reply),
            None => reply,
        };
        let because = match &reply.outcome {
            Answer::Unknown { because } if *because == id => Some(self.cannot_say(&flight.owner).to_owned()),
            Answer::Unknown { because } => self.labels.get(because).cloned(),
            _ => None,
        };
        let (call, ..) = self.whose(&flight.owner);
        if is_check && matches!(reply.outcome, Answer::Changed | Answer::Unknown { .. }) {
            self.labels.insert(id, call.label.clone());
            self.flights.would_change(id, flight.footprint.clone());
        }
        if let Some(place) = flight.place()
            && let Some(State::Calling(calling)) = self.state(place)
        {
            calling.in_flight.retain(|other| *other != id);
        }
        let is = |name: &str| self.tool(&flight.owner).is_some_and(|tool| tool.name == name);
        let (is_reset, is_reboot) = (is(RESET), is(REBOOT));
        if is_reset && reply.outcome == Answer::Ok {
            self.parting = Parting::ForNewLogin;
        }
        if is_reboot && reply.outcome == Answer::Changed && !is_check {
            self.goes_down(flight, reply);
            return;
        }
        self.hand_in(flight, reply, because);
    }

    /// Why a call cannot say in check mode what would come of it.
    fn cannot_say(&self, owner: &Owner) -> &'static str {
        match self.tool(owner).and_then(Entry::custom) {
            Some(_) => "it does not run in check mode: its declaration has no `check: true`",
            None => "it would have to be waited for",
        }
    }

    /// What becomes of an answer where its call is at home.
    pub(super) fn hand_in(&mut self, flight: Flight, reply: Reply, because: Option<String>) {
        let label = self.whose(&flight.owner).0.label.clone();
        let place = match flight.owner {
            Owner::Own(place) => place,
            Owner::Guest(guest) => {
                self.send_home(&guest, Returned::Answer(Box::new(reply), because));
                return;
            }
        };
        let micros = reply.micros;
        let (mut record, because) = record_of(reply, because);
        let is_check = self.context.options.mode == Mode::Check;
        if is_check && matches!(record.outcome, Outcome::Changed | Outcome::Unknown) {
            record.unknown = Some(because.clone().unwrap_or(label));
        }
        self.judge(place, flight.attempt, record, because, micros, flight.secrecy);
    }

    /// The tool of a call under way.
    pub(super) fn tool(&self, owner: &Owner) -> Option<&Entry> {
        let entry = match owner {
            Owner::Own(place) => self.frames.get(&place.frame)?.nodes[place.slot].entry,
            Owner::Guest(guest) => guest.entry,
        };
        Some(&self.context.playbook.entry(entry).action.call()?.tool)
    }

    /// What the playbook says of a call's outcome: `changed_when`, `failed_when`, `until`.
    pub(super) fn judge(
        &mut self,
        place: Place,
        attempt: u32,
        mut record: Record,
        because: Option<String>,
        micros: u64,
        secrecy: Secrecy,
    ) {
        let context = Arc::clone(&self.context);
        let Some((entry_id, scope, ..)) = self.item(place) else {
            return;
        };
        let Action::Call(call) = &context.playbook.entry(entry_id).action else {
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
        let was_made = matches!(record.outcome, Outcome::Ok | Outcome::Changed | Outcome::Failed);
        let is_plain = call.until.is_empty() && call.changed_when.is_empty() && call.failed_when.is_empty();
        if was_made && !is_plain && self.is_alive(place) {
            if let Err(failure) = self.redefine(&mut record, call, &scope) {
                record = Record {
                    attempts: attempt,
                    delegate: record.delegate,
                    ..Record::failed(failure)
                };
            } else if context.options.mode == Mode::Apply && !call.until.is_empty() {
                match self.until(&record, call, &scope) {
                    Ok(true) => {}
                    Ok(false) if attempt <= call.retries => {
                        self.put_off(place, attempt, call, record.delegate);
                        return;
                    }
                    Ok(false) => {
                        record.outcome = Outcome::Failed;
                        let message = format!("`until` did not hold after {attempt} attempts");
                        record
                            .error
                            .get_or_insert_with(|| Failure::new(Kind::Timeout, message));
                    }
                    Err(failure) => {
                        record = Record {
                            attempts: attempt,
                            delegate: record.delegate,
                            ..Record::failed(failure)
                        }
                    }
                }
            }
        }
        self.end_item(place, record, because, micros, secrecy);
    }

    fn redefine(&self, record: &mut Record, call: &Call, scope: &Arc<Scope>) -> Result<(), Failure> {
        if !call.changed_when.is_empty() && record.outcome != Outcome::Failed {
            record.changed = self.all_hold(&call.changed_when, record, scope)?;
            record.outcome = if record.changed {
                Outcome::Changed
            } else {
                Outcome::Ok
            };
        }
        if !call.failed_when.is_empty() {
            let holds = match self.all_hold(&call.failed_when, record, scope) {
                // Of a call that did not get so far the fields are not there: its own failure says more.
                Err(_) if record.has_failed() => return Ok(()),
                holds => holds?,
            };
            if holds {
                record.outcome = Outcome::Failed;
                let text = call
                    .failed_when
                    .iter()
                    .map(Expression::text)
                    .collect::<Vec<_>>()
                    .join(" and ");
                let failure = || Failure::new(Kind::Invalid, format!("`failed_when` holds: {text}"));
                record.error.get_or_insert_with(failure);
            } else if record.outcome == Outcome::Failed {
                record.error = None;
                record.outcome = if record.changed {
                    Outcome::Changed
                } else {
                    Outcome::Ok
                };
            }
        }
        Ok(())
    }

    fn until(&self, record: &Record, call: &Call, scope: &Arc<Scope>) -> Result<bool, Failure> {
        match self.all_hold(&call.until, record, scope) {
            // Of a failed call the fields are not there: it does not hold then.
            Err(_) if record.has_failed() => Ok(false),
            held => held,
        }
    }

    fn all_hold(
        &self,
        conditions: &[Expression],
        record: &Record,
        scope: &Arc<Scope>,
    ) -> Result<bool, Failure> {
        let lookup = RecordLookup(Arc::new(record.clone()));
        let scope = scope.bind("result", Root::Lookup(Arc::new(lookup)));
        for condition in conditions {
            match condition.holds(&scope) {
                Ok(Truth::True) => {}
                // Check mode: what the tool predicted stands.
                Ok(Truth::False | Truth::Unknown { .. }) => return Ok(false),
                Err(error) => return Err(Failure::new(Kind::Invalid, self.explain(&error))),
            }
        }
        Ok(true)
    }

    fn put_off(&mut self, place: Place, attempt: u32, call: &Call, delegate: Option<HostName>) {
        let texts: Vec<_> = call.until.iter().map(Expression::text).collect();
        let reason = format!("`{}` does not hold", texts.join("` and `"));
        self.emit(Event::CallRetried {
            call: self.call_ref(place),
            host: self.name.clone(),
            delegate,
            attempts: attempt,
            of: call.retries + 1,
            reason,
        });
        self.set_timer(Instant::now() + call.delay, Timer::Retry(place, attempt + 1));
    }
}

/// An answer, held to what was declared of its tool where a playbook brings that along. What would be changed says nothing
/// more than that.
fn held_to(tool: &Entry, is_check: bool, mut reply: Reply) -> Reply {
    let is_whole = match reply.outcome {
        Answer::Ok => true,
        Answer::Changed => !is_check,
        _ => false,
    };
    let Some(custom) = tool.custom().filter(|_| is_whole) else {
        return reply;
    };
    match custom.returned(&tool.name, &mut reply.fields) {
        Ok(warnings) => reply.warnings.extend(warnings),
        Err(failure) => {
            reply.outcome = Answer::Failed;
            reply.error = Some(failure);
            reply.fields = Map::new();
        }
    }
    reply
}

/// What an answer says, and why it is no more. Of an unknown one: because of which call, by its label.
pub(super) fn record_of(reply: Reply, label: Option<String>) -> (Record, Option<String>) {
    let is_canceled = |error: &Failure| error.kind == Kind::Canceled;
    let (outcome, because) = match reply.outcome {
        Answer::Ok => (Outcome::Ok, None),
        Answer::Changed => (Outcome::Changed, None),
        Answer::Failed if reply.error.as_ref().is_some_and(is_canceled) => {
            (Outcome::Canceled, Some("the run stopped".to_owned()))
        }
        Answer::Failed => (Outcome::Failed, None),
        Answer::Skipped => (Outcome::Skipped, Some("nothing changed".to_owned())),
        Answer::Dropped => (Outcome::Canceled, Some("a call before it failed".to_owned())),
        Answer::Unknown { .. } => {
            let because = label.unwrap_or_else(|| "a call before it".into());
            (Outcome::Unknown, Some(because))
        }
    };
    let record = Record {
        changed: outcome == Outcome::Changed,
        error: reply.error,
        warnings: reply.warnings,
        diff: reply.diff,
        fields: reply.fields,
        ..Record::of(outcome)
    };
    (record, because)
}

/// A difference in what is made of a secret: that there is one is all that is said.
fn without_lines(diff: &Diff) -> Diff {
    Diff {
        title: diff.title.clone(),
        text: "it differs; how is not shown, since a secret was read for it\n".to_owned(),
    }
}

/// Whether the playbook says itself whether an exit code other than 0 is a failure.
fn says_check(call: &Call) -> bool {
    match &call.args.value {
        Form::Literal(Value::Map(args)) => args.contains_key("check"),
        Form::Map(args) => args.contains_key("check"),
        _ => false,
    }
}

/// A program that was repeated until something held has failed all the same if its last exit code says so.
fn fail_by_exit_code(record: &mut Record) {
    let code = match record.fields.get("exit_code") {
        Some(Value::Int(code)) if *code != 0 && !record.has_failed() => *code,
        _ => return,
    };
    let stderr = record
        .fields
        .get("stderr")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let failure = Failure::new(Kind::CommandFailed, format!("ended with exit code {code}"));
    record.outcome = Outcome::Failed;
    record.error = Some(Failure {
        exit_code: i32::try_from(code).ok(),
        stderr,
        ..failure
    });
}
