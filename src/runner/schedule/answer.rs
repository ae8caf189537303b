//! What becomes of an answer: what the host found, and what the playbook says of it.

use std::sync::Arc;

use crate::event::{CallRef, Kind as Event, Outcome};
use crate::failure::{Failure, Kind};
use crate::name::HostName;
use crate::protocol::{Mode, Outcome as Answer, Reply};
use crate::runner::names::Place;
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::Effect;
use crate::runner::schedule::loss::is_reboot;
use crate::runner::schedule::state::flight::{Owner, Replied};
use crate::runner::schedule::state::frame::State;
use crate::runner::schedule::state::guest::Returned;
use crate::runner::status::{Status, Tri};
use crate::template::Secrecy;
use crate::tool::{Access, Entry};
use crate::value::Map;

/// Whose call it is, as events say it.
pub(in crate::runner) type Whose = (Arc<CallRef>, HostName, Option<HostName>);

impl Schedule {
    /// An answer.
    pub(in crate::runner) fn replied(&mut self, id: u64, reply: Reply) {
        let Some(flight) = self.flights.remove(id) else {
            return;
        };
        let is_check = self.is_check();
        let reply = match self.tool(&flight.owner) {
            Some(tool) => held_to(tool, is_check, reply),
            None => reply,
        };
        let because = match &reply.outcome {
            Answer::Unknown { because } if *because == id => Some(self.cannot_say(&flight.owner).to_owned()),
            Answer::Unknown { because } => self.labels.get(because).cloned(),
            _ => None,
        };
        let (call, ..) = self.owned(&flight.owner);
        let mut reply = reply;
        if !is_check && flight.may_change() && flight.is_repeated && reply.outcome == Answer::Ok {
            // It finds done what it may have done itself before the connection broke.
            reply.outcome = Answer::Changed;
            let warning = "the connection broke while it ran: it may have changed something before";
            reply.warnings.push(warning.to_owned());
        }
        if let Some(run) = &flight.began_in
            && flight.may_change()
            && reply.outcome == Answer::Ok
        {
            reply.outcome = Answer::Changed;
            let warning =
                format!("run {run} ended before it was done with it: it may have changed something then");
            reply.warnings.push(warning);
        }
        if matches!(reply.outcome, Answer::Changed | Answer::Killed) {
            self.flights.has_changed(id);
            for held in &mut self.held_back {
                held.source_has_changed(id);
            }
        }
        if is_check
            && matches!(
                reply.outcome,
                Answer::Changed | Answer::Unknown { .. } | Answer::Failed
            )
        {
            if let Some(target) = &flight.prepared.target {
                let bring = Effect::Bring(target.path.clone(), call.label.clone());
                self.effects.push_back(bring);
            }
            // Later ones may be unknown because of it.
            self.labels.insert(id, call.label.clone());
        }
        if let Some(place) = flight.place()
            && let Some(State::Calling(calling)) = self.state(place)
        {
            calling.in_flight.retain(|other| *other != id);
        }
        if is_reboot(self.tool(&flight.owner)) && reply.outcome == Answer::Changed && !is_check {
            self.goes_down(flight, reply);
            return;
        }
        self.replies.push_back(Replied {
            flight,
            reply,
            because,
        });
    }

    /// Why a call cannot say in check mode what would come of it.
    fn cannot_say(&self, owner: &Owner) -> &'static str {
        let tool = self.tool(owner);
        match tool {
            Some(tool) if tool.custom().is_some() => {
                "it does not run in check mode: its declaration has no `check: true`"
            }
            Some(tool) if tool.access == Access::Waits => "it would have to be waited for",
            Some(tool) if tool.name.ends_with(".update") => {
                "whether lists are new is known once they are read"
            }
            _ => "only the host knows whether this account may do it",
        }
    }

    /// What becomes of an answer where its call is at home.
    pub(super) fn hand_in(&mut self, replied: Replied) {
        let Replied {
            flight,
            reply,
            because,
        } = replied;
        let place = match flight.owner {
            Owner::Own(place) => place,
            Owner::Guest(guest) => {
                self.send_home(&guest, Returned::Answer(Box::new(reply), because));
                return;
            }
        };
        if reply.outcome == Answer::Dropped && self.wait_for_sources(place) {
            return;
        }
        let micros = reply.micros;
        let may_change = !self.is_check() && flight.may_change();
        let (record, because) = self.record_of(place, reply, because, may_change);
        self.judge(place, flight.attempt, record, because, micros, flight.secrecy);
    }

    /// The tool of a call under way.
    pub(super) fn tool(&self, owner: &Owner) -> Option<&Entry> {
        let entry = match owner {
            Owner::Own(place) => self.frames.get(&place.frame)?.nodes[place.slot].entry,
            Owner::Guest(guest) => guest.entry,
        };
        self.tool_of(entry)
    }

    /// The tool of a call under way, by its number.
    pub(in crate::runner) fn tool_under_way(&self, no: u64) -> Option<&Entry> {
        self.tool(&self.flights.get(no)?.owner)
    }

    /// Whether a secret was read for a call under way, and how well it can be looked for.
    pub(in crate::runner) fn secrecy(&self, no: u64) -> Option<Secrecy> {
        self.flights.get(no).map(|flight| flight.secrecy)
    }

    /// Whose call it is that is under way, as events say it: the call, the host that it belongs to, and the other one that
    /// makes it.
    pub(in crate::runner) fn whose(&self, no: u64) -> Option<Whose> {
        self.flights.get(no).map(|flight| self.owned(&flight.owner))
    }

    /// The same of an owner.
    pub(super) fn owned(&self, owner: &Owner) -> Whose {
        match owner {
            Owner::Own(place) => (self.call_ref(*place), self.name.clone(), None),
            Owner::Guest(guest) => {
                let call = Arc::clone(&self.program.references[guest.entry.index()]);
                (call, guest.home_name.clone(), Some(self.name.clone()))
            }
        }
    }

    /// A call is made again by another agent of its account: the one that had it has ended.
    pub(in crate::runner) fn made_again(&mut self, id: u64, reason: &str) {
        let Some(flight) = self.flights.get_mut(id).filter(|it| it.may_repeat()) else {
            return;
        };
        flight.is_repeated = true;
        let attempt = flight.attempt;
        let Some((call, host, delegate)) = self.whose(id) else {
            return;
        };
        self.emit(Event::CallRetried {
            call,
            host,
            delegate,
            attempts: attempt,
            of: attempt + 1,
            reason: format!("{reason}; it is safe to repeat"),
            took: 0.0,
        });
    }

    /// What an answer says, and why it is no more. Of an unknown one: because of which call, by its label. `may_change`:
    /// whether it may have changed something if it was killed.
    pub(super) fn record_of(
        &self,
        place: Place,
        reply: Reply,
        label: Option<String>,
        may_change: bool,
    ) -> (Record, Option<String>) {
        let is_canceled = |error: &Failure| error.kind == Kind::Canceled;
        let (status, because) = match reply.outcome {
            Answer::Ok => (Status::of(Outcome::Ok), None),
            Answer::Changed => (Status::of(Outcome::Changed), None),
            Answer::Failed | Answer::Killed => {
                let killed = match reply.outcome {
                    Answer::Killed if may_change => Tri::Maybe,
                    _ => Tri::No,
                };
                if reply.error.as_ref().is_some_and(is_canceled) {
                    let canceled = Status::of(Outcome::Canceled).that_changed(killed);
                    let because = if self.is_late(place) {
                        "its time was over while it ran"
                    } else {
                        "the run stopped while it ran"
                    };
                    (canceled, Some(because.to_owned()))
                } else {
                    (Status::of(Outcome::Failed).that_changed(killed), None)
                }
            }
            Answer::Skipped => (Status::of(Outcome::Skipped), Some("nothing changed".to_owned())),
            Answer::Dropped => (
                Status::of(Outcome::Canceled),
                Some(self.why_not_begun(place).to_owned()),
            ),
            Answer::Unknown { .. } => {
                let because = label.unwrap_or_else(|| "a call before it".into());
                (Status::of(Outcome::Unknown), Some(because))
            }
        };
        // What it does not say now, it says once it is made.
        let is_check = self.program.mode == Mode::Check;
        let is_partial =
            matches!(status.outcome, Outcome::Changed | Outcome::Unknown) || !reply.unsure.is_empty();
        let unknown = (is_check && is_partial).then(|| because.clone().unwrap_or_else(|| self.label(place)));
        let record = Record {
            status,
            unknown,
            error: reply.error.filter(|_| status.has_failed()),
            warnings: reply.warnings,
            diff: reply.diff,
            fields: reply.fields,
            ..Record::of(status.outcome)
        };
        (record, because)
    }
}

/// An answer, held to what its tool declares. What would be changed may say nothing more than that, and what would be read
/// may leave out what is known only afterwards.
fn held_to(tool: &Entry, is_check: bool, mut reply: Reply) -> Reply {
    if !is_check {
        reply.unsure.clear();
    }
    let is_whole = match reply.outcome {
        Answer::Ok => true,
        Answer::Changed => !is_check || tool.custom().is_none() && !reply.fields.is_empty(),
        _ => false,
    };
    if !is_whole {
        return reply;
    }
    match tool.returned(&mut reply.fields, &reply.unsure) {
        Ok(warnings) => reply.warnings.extend(warnings),
        Err(failure) => {
            reply.outcome = Answer::Failed;
            reply.error = Some(failure);
            reply.fields = Map::new();
        }
    }
    reply
}
