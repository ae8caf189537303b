//! How items, entries, groups and rounds end on a host, and what their failures stop.

use std::sync::Arc;

use crate::event::{CallRef, Outcome};
use crate::failure::{Failure, Kind};
use crate::name::{EntryId, HostName};
use crate::playbook::{Action, Call};
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::Effect;
use crate::runner::schedule::state::frame::State;
use crate::runner::status::{Status, Tri};
use crate::template::Secrecy;
use crate::tool::Place as Where;

impl Schedule {
    /// One item of a call has ended.
    pub(super) fn end_item(
        &mut self,
        place: Place,
        mut record: Record,
        because: Option<String>,
        micros: u64,
        secrecy: Secrecy,
    ) {
        self.seal(place, &mut record, secrecy);
        let is_check = self.is_check();
        let Some(State::Calling(calling)) = self.state(place) else {
            return;
        };
        if calling.ended[place.item].is_some() {
            return;
        }
        let earlier = calling.earlier.remove(&place.item).unwrap_or(Tri::No);
        record.status.changed = record.status.changed.max(earlier);
        let bindings = &calling.items[place.item];
        let label = bindings.label(place.item);
        record.item = bindings.value();
        record.is_item_secret = bindings.is_secret;
        let is_loop = calling.is_loop;
        calling.status = calling.status.merge(record.status);
        calling.open -= 1;
        let record = Arc::new(record);
        calling.ended[place.item] = Some(Arc::clone(&record));
        let is_done = calling.open == 0 && calling.next >= calling.items.len();
        self.let_go(place);
        self.note_change(self.entry_at(place), &record);
        if is_check && record.outcome() == Outcome::Unknown && micros == 0 {
            self.might_change(place, &record);
        }
        if !is_loop {
            if is_done {
                self.tell(place, &record, None, because, micros);
                self.settle(place.frame, place.slot, &record);
            }
            return;
        }
        self.tell(place, &record, label, because, micros);
        self.note_happened(place.frame, &record);
        if record.has_failed() && !self.is_handled(place, &record) {
            // What follows the loop is stopped now, and not only when the loop has ended.
            self.fail_by(place.frame, place.slot, &record);
        }
        if is_done {
            self.end_call(place.frame, place.slot);
        }
    }

    /// Hides what the playbook, or a secret that cannot be looked for, wants hidden, and notes whether what came of it was
    /// made of a secret.
    pub(super) fn seal(&self, place: Place, record: &mut Record, secrecy: Secrecy) {
        let entry = self.program.playbook.entry(self.entry_at(place));
        if self.is_hidden(place.frame, place.slot) {
            record.hide("by `no_log`");
        } else if secrecy == Secrecy::Blind {
            record.hide("since a secret was read that is too short to be looked for");
        }
        let is_here = |call: &Call| call.tool.place == Where::Controller;
        record.is_secret = secrecy > Secrecy::Public && entry.action.call().is_some_and(is_here);
    }

    /// A looped call has ended: all its items have.
    pub(super) fn end_call(&mut self, frame: FrameId, slot: usize) {
        let place = Place { frame, slot, item: 0 };
        let Some(State::Calling(calling)) = self.state(place) else {
            return;
        };
        let items: Vec<_> = calling.ended.iter().flatten().cloned().collect();
        let status = calling.status;
        let why_not = self.why_not_begun(place);
        let outcome = status.outcome;
        let any = |wanted: fn(&Record) -> bool| items.iter().any(|item| wanted(item));
        let count = items.iter().filter(|item| item.has_failed()).count();
        let first = items.iter().find(|item| item.has_failed());
        let first = first.and_then(|item| item.error.clone());
        let error = first.map(|error| match (count, items.len()) {
            (_, 1) => error,
            (_, all) => Failure {
                message: format!("{count} of {all} items failed: {}", error.message),
                ..error
            },
        });
        let because = match outcome {
            Outcome::Skipped if items.is_empty() => Some("the loop has no items".to_owned()),
            Outcome::Skipped => Some("no item was left".to_owned()),
            Outcome::Canceled => Some(why_not.to_owned()),
            Outcome::Unknown => items.iter().find_map(|item| item.unknown.clone()),
            _ => None,
        };
        let record = Arc::new(Record {
            status,
            error: error.filter(|_| count > 0),
            attempts: items.iter().map(|item| item.attempts).max().unwrap_or(0),
            unknown: items.iter().find_map(|item| item.unknown.clone()),
            delegate: one_delegate(&items),
            is_hidden: any(|item| item.is_hidden),
            items: Some(items),
            ..Record::of(outcome)
        });
        self.tell(place, &record, None, because, 0);
        self.settle(frame, slot, &record);
    }

    /// An entry has ended before anything of it was begun.
    pub(super) fn end_entry(
        &mut self,
        frame: FrameId,
        slot: usize,
        mut record: Record,
        because: Option<String>,
    ) {
        let place = Place { frame, slot, item: 0 };
        let entry = self.entry_at(place);
        self.seal(place, &mut record, Secrecy::Public);
        if record.outcome() == Outcome::Unknown {
            self.might_change(place, &record);
        }
        let record = Arc::new(record);
        if let Some(State::Waiting) = self.state(place) {
            self.never_begun(frame, entry, &record);
        }
        let node = self.frames.get(&frame).map(|frame| &frame.nodes[slot]);
        if !self.is_unbegun(place) || node.is_some_and(|node| node.was_sent) {
            self.tell_entry(place, &record, because);
        }
        self.settle(frame, slot, &record);
    }

    /// What is inside an entry that was not begun has, for those who read it, the status of that entry.
    pub(super) fn never_begun(&mut self, frame: FrameId, entry: EntryId, whole: &Record) {
        if whole.outcome() == Outcome::Skipped {
            let program = Arc::clone(&self.program);
            self.pass_handlers(program.inside(entry));
        }
        let program = Arc::clone(&self.program);
        for inner in program.inside(entry) {
            if program.playbook.entry(inner).id.is_some() {
                self.keep_result(frame, inner, Arc::new(unbegun(whole)));
            }
        }
    }

    /// Keeps what came of an entry, for those who read it.
    pub(super) fn keep_result(&mut self, frame: FrameId, entry: EntryId, record: Arc<Record>) {
        if let Some(frame) = self.frames.get_mut(&frame).filter(|it| it.is_iterated) {
            frame.results.insert(entry, Arc::clone(&record));
        }
        if self.results.is_empty() {
            self.results = vec![None; self.program.playbook.entries.len()];
        }
        self.results[entry.index()] = Some(Arc::clone(&record));
        self.effects.push_back(Effect::Keep(entry, record));
    }

    /// Takes note that something has happened on the host in a frame, and so in those around it.
    fn note_happened(&mut self, frame: FrameId, record: &Record) {
        let is_nothing = record.status.changed == Tri::No && !record.has_failed();
        if is_nothing && record.outcome() != Outcome::Ok {
            return;
        }
        let mut at = Some(frame);
        while let Some(frame) = at.and_then(|id| self.frames.get_mut(&id)) {
            frame.has_happened = true;
            at = frame.parent.map(|(parent, _)| parent);
        }
    }

    /// Check mode: nobody knows what an entry would have changed, so it may be all that it can.
    pub(super) fn might_change(&mut self, place: Place, record: &Record) {
        let entry = self.entry_at(place);
        let is_here = match &self.program.playbook.entry(entry).action {
            Action::Call(call) => call.tool.place == Where::Controller,
            Action::Group(_) => false,
            Action::Fail(_) => true,
        };
        let footprint = self.program.plan.node(entry).footprint.clone();
        if !is_here && !footprint.is_read_only() {
            let id = self.flights.number();
            let label = record.unknown.clone().unwrap_or_else(|| self.label(place));
            self.labels.insert(id, label);
            self.flights.would_change(id, footprint.writes);
        }
    }

    /// An entry has ended, and was told. What follows from that is done in its turn.
    ///
    /// Invariant: a node is settled once, here.
    pub(super) fn settle(&mut self, id: FrameId, slot: usize, record: &Arc<Record>) {
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        debug_assert!(
            !matches!(frame.nodes[slot].state, State::Settled),
            "settled twice"
        );
        frame.nodes[slot].state = State::Settled;
        self.ended.push_back((id, slot, Arc::clone(record)));
    }

    /// What follows from the end of an entry: its result is there, what waited for it may go on, what its failure stops is
    /// stopped, and the list that it is in may have ended by it.
    pub(super) fn conclude(&mut self, id: FrameId, slot: usize, record: &Arc<Record>) {
        let program = Arc::clone(&self.program);
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        self.note_handler(place, record);
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        let entry_id = frame.nodes[slot].entry;
        frame.has_settled();
        let unblocked = frame.blocked.remove(&entry_id);
        frame.agenda.extend(unblocked.into_iter().flatten());
        let is_handled = self.is_handled(place, record);
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        frame.status = frame.status.merge(upward(record, is_handled));
        if record.outcome() == Outcome::Canceled {
            frame.first_canceled = Some(frame.first_canceled.map_or(slot, |first| first.min(slot)));
        }
        if let Some(because) = &record.unknown {
            frame.unknown.get_or_insert_with(|| because.clone());
        }
        // A rescue may read which call failed, whether it has an id or not.
        if program.playbook.entry(entry_id).id.is_some() || record.has_failed() {
            self.keep_result(id, entry_id, Arc::clone(record));
        }
        self.note_happened(id, record);
        self.share(entry_id, record);
        self.pass_by(entry_id, false);
        self.pass(id, slot);
        if record.has_failed() && !is_handled {
            self.fail_by(id, slot, record);
        }
        self.end_if_settled(id);
    }

    /// An entry, or an item of it, has failed, and does not handle that itself.
    fn fail_by(&mut self, frame: FrameId, slot: usize, record: &Record) {
        let label = record.failed_call.clone();
        let label = label.unwrap_or_else(|| self.label(Place { frame, slot, item: 0 }));
        let failure = record.error.clone();
        let failure = failure.unwrap_or_else(|| Failure::new(Kind::Invalid, "failed"));
        self.fail(frame, slot, &failure, &label);
    }

    /// Whether an entry handles its own failure.
    fn is_handled(&self, place: Place, record: &Record) -> bool {
        !is_lost_here(record) && self.handles(place.frame, place.slot)
    }

    pub(super) fn entry_at(&self, place: Place) -> EntryId {
        self.frames[&place.frame].nodes[place.slot].entry
    }

    pub(super) fn call_ref(&self, place: Place) -> Arc<CallRef> {
        Arc::clone(&self.program.references[self.entry_at(place).index()])
    }

    pub(super) fn label(&self, place: Place) -> String {
        self.call_ref(place).label.clone()
    }
}

/// Whether it went with the connection of its own host, so that the host is lost, too. Of a call on another host, or of one that
/// another host made for all, the other's loss is a failure like others.
pub(super) fn is_lost_here(record: &Record) -> bool {
    record.outcome() == Outcome::Lost && record.delegate.is_none() && record.shared_by.is_none()
}

/// What an entry counts for in the list that it is in.
fn upward(record: &Record, is_handled: bool) -> Status {
    let mut status = record.status;
    if status.outcome == Outcome::Lost && !is_lost_here(record) {
        status.outcome = Outcome::Failed;
    }
    if is_handled { status.handled() } else { status }
}

/// What came of an entry inside one that was not begun.
pub(super) fn unbegun(whole: &Record) -> Record {
    match (whole.outcome(), &whole.unknown) {
        (Outcome::Unknown, Some(because)) => Record::unknown(because.clone()),
        (Outcome::Skipped, _) => Record::of(Outcome::Skipped),
        _ => Record::of(Outcome::Canceled),
    }
}

/// The other host on which all items were done, if it is one.
fn one_delegate(items: &[Arc<Record>]) -> Option<HostName> {
    let first = items.first()?.delegate.as_ref()?;
    let is_same = |item: &Arc<Record>| item.delegate.as_ref() == Some(first);
    items.iter().all(is_same).then(|| first.clone())
}
