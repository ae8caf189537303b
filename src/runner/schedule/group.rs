//! Groups: their items begun one after the other, their frames ended.

use std::sync::Arc;

use crate::event::Outcome;
use crate::playbook::Action;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::{Effect, Question};
use crate::runner::schedule::ending::unbegun;
use crate::runner::schedule::state::frame::State;
use crate::runner::schedule::state::gate::Gate;
use crate::runner::schedule::state::pass::Look;
use crate::runner::schedule::state::then::Then;
use crate::runner::schedule::state::timers::Timer;
use crate::template::Secrecy;

impl Schedule {
    /// Begins the next item of a group: one after the other, ahead where nothing in it reads what is in it.
    pub(super) fn next_iteration(&mut self, id: FrameId, slot: usize) -> Look {
        let Some(frame) = self.frames.get_mut(&id) else {
            return Look::Nothing;
        };
        let entry_id = frame.nodes[slot].entry;
        let State::Inside(inside) = &mut frame.nodes[slot].state else {
            return Look::Nothing;
        };
        let is_ahead = !inside.open.is_empty();
        if inside.unpassed > 0 || (is_ahead && !self.program.is_loose[entry_id.index()]) {
            return Look::Nothing;
        }
        let item = inside.next;
        inside.next += 1;
        let place = Place {
            frame: id,
            slot,
            item,
        };
        let entry = self.program.playbook.entry(entry_id);
        if inside.is_loop && !entry.when.is_empty() {
            let question = Question::Item {
                place,
                entry: entry_id,
                is_patient: true,
            };
            self.ask(question, Then::Item(place));
        } else {
            self.begin_iteration(place, Gate::Open);
        }
        Look::Again
    }

    /// The conditions of a group were evaluated for an item of its loop.
    pub(super) fn begin_iteration(&mut self, place: Place, gate: Gate) {
        let Place {
            frame: id,
            slot,
            item,
        } = place;
        if let Some((record, because)) = gate.end() {
            self.skip_iteration(id, slot, item, &record, because);
            return;
        }
        let Some(round) = self.frames.get(&id).map(|frame| frame.round) else {
            return;
        };
        let program = Arc::clone(&self.program);
        let entry = program.playbook.entry(self.entry_at(place));
        let Action::Group(group) = &entry.action else {
            return;
        };
        let frame = self.open(round, Some((id, slot, item)), &group.entries);
        if let Some(State::Inside(inside)) = self.state(place) {
            inside.open.insert(frame, item);
            inside.unpassed += 1;
        }
        self.limit(frame, self.time_of(id, slot));
        self.end_if_settled(frame);
    }

    /// All of an entry is sent: those after it may be.
    pub(super) fn pass(&mut self, id: FrameId, slot: usize) {
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut frame.nodes[slot].passed, true) {
            return;
        }
        frame.unpassed -= 1;
        if frame.unpassed > 0 {
            return;
        }
        let Some((parent, slot)) = frame.parent else {
            return;
        };
        let Some(frame) = self.frames.get_mut(&parent) else {
            return;
        };
        let entry = frame.nodes[slot].entry;
        let State::Inside(inside) = &mut frame.nodes[slot].state else {
            return;
        };
        inside.unpassed -= 1;
        let is_sent = inside.unpassed == 0 && inside.next >= inside.items.len();
        if is_sent && !self.program.plan.node(entry).decided_here {
            self.pass(parent, slot);
        }
    }

    /// A call all of whose items are under way has been passed, unless its outcome is decided here.
    pub(super) fn pass_if_sent(&mut self, id: FrameId, slot: usize) {
        let Some(frame) = self.frames.get(&id) else { return };
        let node = &frame.nodes[slot];
        if let State::Calling(calling) = &node.state
            && calling.next >= calling.items.len()
            && !self.program.plan.node(node.entry).decided_here
            && !self.has_held_back(Place {
                frame: id,
                slot,
                item: 0,
            })
        {
            self.pass(id, slot);
        }
    }

    /// Ends a frame in which everything has ended.
    pub(super) fn end_if_settled(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get(&id) else { return };
        if frame.unsettled > 0 {
            return;
        }
        let frame = self.frames.remove(&id).expect("it was there just now");
        self.effects.push_back(Effect::Close(id));
        self.timers.retain(|timer| *timer != Timer::Deadline(id));
        let Some((parent, slot)) = frame.parent else {
            self.leave(frame.round);
            return;
        };
        let place = Place {
            frame: parent,
            slot,
            item: 0,
        };
        let Some(State::Inside(inside)) = self.state(place) else {
            return;
        };
        let item = inside.open.remove(&id).unwrap_or_default();
        if frame.nodes.is_empty() {
            inside.unpassed -= 1;
        }
        let (error, failed_call) = frame.failure.clone().map(|it| (it.failure, it.label)).unzip();
        let ended = Record {
            status: frame.status,
            error,
            failed_call,
            unknown: frame.unknown.clone(),
            ..Record::of(frame.status.outcome)
        };
        inside.status = inside.status.merge(frame.status);
        if let Some(first) = &frame.failure {
            inside.failed_at(item, &first.failure, &first.label);
        }
        if let Some(because) = frame.unknown {
            inside.unknown.get_or_insert(because);
        }
        for (entry, record) in frame.results {
            inside.keep(item, entry, record);
        }
        let place = Place { item, ..place };
        let took = (self.now - frame.since).as_secs_f64();
        self.tell_iteration(place, &ended, None, took);
        self.end_group_if_done(parent, slot);
    }

    /// An iteration of a looped group whose `when` does not hold, or cannot be evaluated.
    fn skip_iteration(
        &mut self,
        id: FrameId,
        slot: usize,
        item: usize,
        record: &Record,
        because: Option<String>,
    ) {
        let program = Arc::clone(&self.program);
        let place = Place {
            frame: id,
            slot,
            item,
        };
        let entry_id = self.entry_at(place);
        let mut told = record.clone();
        self.seal(place, &mut told, Secrecy::Public);
        let record = &told;
        let inner: Vec<_> = program.inside(entry_id).collect();
        let Some(State::Inside(inside)) = self.state(place) else {
            return;
        };
        inside.status = inside.status.merge(record.status);
        let passed = inner.clone();
        for entry in inner {
            if program.playbook.entry(entry).id.is_some() {
                inside.keep(item, entry, Arc::new(unbegun(record)));
            }
        }
        if let Some(because) = &record.unknown {
            inside.unknown.get_or_insert_with(|| because.clone());
            self.might_change(place, record);
        }
        if record.outcome() == Outcome::Skipped {
            self.pass_handlers(passed.into_iter());
        }
        self.tell_iteration(place, record, because.clone(), 0.0);
        if let Some(failure) = &record.error {
            let label = because.unwrap_or_else(|| self.label(place));
            if let Some(State::Inside(inside)) = self.state(place) {
                inside.failed_at(item, failure, &label);
            }
            if !self.handles(id, slot) {
                self.fail(id, slot, failure, &label);
            }
        }
        self.end_group_if_done(id, slot);
    }

    /// Ends a group all of whose iterations have ended.
    pub(super) fn end_group_if_done(&mut self, id: FrameId, slot: usize) {
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        if matches!(self.state(place), Some(State::Inside(inside)) if inside.is_done()) {
            self.end_group(id, slot);
        }
    }

    /// A group has ended: all its iterations have.
    pub(super) fn end_group(&mut self, id: FrameId, slot: usize) {
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        let Some(State::Inside(inside)) = self.state(place) else {
            return;
        };
        let (error, failed_call) = inside.failure.take().map(|it| (it.failure, it.label)).unzip();
        let (status, unknown) = (inside.status, inside.unknown.take());
        let is_empty = inside.items.is_empty();
        let since = inside.since;
        let results = std::mem::take(&mut inside.results);
        for (entry, (_, record)) in results {
            self.keep_result(id, entry, record);
        }
        let record = Record {
            status,
            error,
            failed_call,
            unknown,
            ..Record::of(status.outcome)
        };
        let because = is_empty.then(|| "the loop has no items".to_owned());
        let took = (self.now - since).as_secs_f64();
        self.tell_group(place, &record, because, took);
        self.settle(id, slot, &Arc::new(record));
    }
}
