//! What the playbook says of a call's outcome: `changed_when`, `failed_when`, `until`.

use std::sync::Arc;

use tokio::time::Instant;

use crate::diff::Diff;
use crate::event::{Kind as Event, Outcome};
use crate::failure::{Failure, Kind};
use crate::playbook::{Action, Call};
use crate::protocol::Mode;
use crate::runner::frame::{State, Trigger};
use crate::runner::gates::Gate;
use crate::runner::host::Host;
use crate::runner::names::Place;
use crate::runner::record::{Record, RecordLookup};
use crate::runner::status::{Status, Tri};
use crate::runner::timers::Timer;
use crate::template::{Expression, Form, Root, Scope, Secrecy};
use crate::value::Value;

impl Host {
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
        let was_made = matches!(record.outcome(), Outcome::Ok | Outcome::Changed | Outcome::Failed);
        let is_plain = call.until.is_empty() && call.changed_when.is_empty() && call.failed_when.is_empty();
        if was_made && !is_plain {
            if let Err(failure) = self.redefine(&mut record, call, &scope) {
                record.fail(failure);
            } else if context.options.mode == Mode::Apply && !call.until.is_empty() {
                match self.until(&record, call, &scope) {
                    Ok(true) => {}
                    Ok(false) if attempt <= call.retries && self.ends_attempts(place) => {
                        record.status.outcome = Outcome::Canceled;
                        record.status.failed = Tri::No;
                        record.error = None;
                        let because = Some("the run stopped before it was made again".to_owned());
                        self.end_item(place, record, because, micros, secrecy);
                        return;
                    }
                    Ok(false) if attempt <= call.retries => {
                        self.put_off(place, attempt, call, &record, micros);
                        return;
                    }
                    Ok(false) => {
                        let message = format!("`until` did not hold after {attempt} attempts");
                        let error = record.error.take();
                        record.fail(error.unwrap_or_else(|| Failure::new(Kind::Timeout, message)));
                    }
                    Err(failure) => record.fail(failure),
                }
            }
        }
        self.end_item(place, record, because, micros, secrecy);
    }

    /// `changed_when` and `failed_when`. In check mode they may depend on what was not done.
    fn redefine(&self, record: &mut Record, call: &Call, scope: &Arc<Scope>) -> Result<(), Failure> {
        if !call.changed_when.is_empty() && !record.has_failed() {
            match self.says(&call.changed_when, record, scope) {
                Gate::Open => record.status = Status::of(Outcome::Changed),
                Gate::Shut(_) => record.status = Status::of(Outcome::Ok),
                Gate::Unknown(because) => {
                    record.status = Status::of(Outcome::Unknown);
                    record.status.failed = Tri::No;
                    record.unknown.get_or_insert(because);
                }
                Gate::Failed(failure) => return Err(failure),
            }
        }
        if call.failed_when.is_empty() {
            return Ok(());
        }
        match self.says(&call.failed_when, record, scope) {
            Gate::Open => {
                let text = call
                    .failed_when
                    .iter()
                    .map(Expression::text)
                    .collect::<Vec<_>>()
                    .join(" and ");
                let failure = || Failure::new(Kind::Invalid, format!("`failed_when` holds: {text}"));
                let error = record.error.take();
                record.fail(error.unwrap_or_else(failure));
            }
            Gate::Shut(_) if record.has_failed() => {
                record.error = None;
                record.status = record.status.handled();
            }
            Gate::Shut(_) => {}
            Gate::Unknown(because) => {
                record.error = None;
                record.status.outcome = Outcome::Unknown;
                record.status.failed = Tri::Maybe;
                record.unknown.get_or_insert(because);
            }
            // Of a call that did not get so far the fields are not there: its own failure says more.
            Gate::Failed(_) if record.has_failed() => {}
            Gate::Failed(failure) => return Err(failure),
        }
        Ok(())
    }

    fn until(&self, record: &Record, call: &Call, scope: &Arc<Scope>) -> Result<bool, Failure> {
        match self.says(&call.until, record, scope) {
            Gate::Open => Ok(true),
            Gate::Shut(_) | Gate::Unknown(_) => Ok(false),
            // Of a failed call the fields are not there: it does not hold then.
            Gate::Failed(_) if record.has_failed() => Ok(false),
            Gate::Failed(failure) => Err(failure),
        }
    }

    /// What conditions on a result say.
    fn says(&self, conditions: &[Expression], record: &Record, scope: &Arc<Scope>) -> Gate {
        let lookup = RecordLookup(Arc::new(record.clone()));
        let scope = scope.bind("result", Root::Lookup(Arc::new(lookup)));
        self.gate(conditions, &scope, None)
    }

    fn put_off(&mut self, place: Place, attempt: u32, call: &Call, record: &Record, micros: u64) {
        if let Some(State::Calling(calling)) = self.state(place) {
            let earlier = calling.earlier.entry(place.item).or_insert(Tri::No);
            *earlier = record.status.changed.max(*earlier);
            calling.status.changed = calling.status.changed.max(*earlier);
            // That it runs is decided; the agent has forgotten what it was decided by.
            calling.trigger = Trigger::Pulled;
        }
        let texts: Vec<_> = call.until.iter().map(Expression::text).collect();
        let reason = format!("`{}` is false", texts.join("` and `"));
        self.emit(Event::CallRetried {
            call: self.call_ref(place),
            host: self.name.clone(),
            delegate: record.delegate.clone(),
            attempts: attempt,
            of: call.retries + 1,
            reason,
            took: std::time::Duration::from_micros(micros).as_secs_f64(),
        });
        self.timers
            .set(Instant::now() + call.delay, Timer::Retry(place, attempt + 1));
    }
}

/// A difference in what is made of a secret: that there is one is all that is said.
fn without_lines(diff: &Diff) -> Diff {
    Diff {
        title: diff.title.clone(),
        text: "changed (the diff is hidden: it contains a secret)\n".to_owned(),
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
    let field = |name: &str| record.fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let stderr = field("stderr");
    let is_silent = stderr.as_deref().is_none_or(str::is_empty);
    let stdout = field("stdout").filter(|text| is_silent && !text.is_empty());
    let failure = Failure::new(Kind::CommandFailed, format!("ended with exit code {code}"));
    record.status = Status::of(Outcome::Failed);
    record.error = Some(Failure {
        exit_code: i32::try_from(code).ok(),
        stderr,
        stdout,
        ..failure
    });
}
