//! Groups: their items begun one after the other, their frames ended.

use std::sync::Arc;

use crate::event::Outcome;
use crate::name::UnitId;
use crate::playbook::Action;
use crate::runner::frame::{State, Stop};
use crate::runner::host::{Host, Timer};
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::scope::unit_scope;
use crate::runner::secrets;
use crate::runner::start::Verdict;
use crate::template::Scope;

impl Host {
    /// Begins the items of a group: one after the other, ahead where nothing in it reads what is in it.
    pub(super) async fn begin_items(&mut self, id: FrameId, slot: usize) -> bool {
        let context = Arc::clone(&self.context);
        let mut progress = false;
        loop {
            let Some(frame) = self.frames.get_mut(&id) else {
                return progress;
            };
            let round = frame.round;
            let entry_id = frame.nodes[slot].entry;
            let entry = context.playbook.entry(entry_id);
            let Action::Group(group) = &entry.action else {
                return progress;
            };
            let State::Inside(inside) = &mut frame.nodes[slot].state else {
                return progress;
            };
            if inside.items.is_empty() {
                self.end_group(id, slot);
                return true;
            }
            let is_busy = inside.unpassed > 0 || (inside.open > 0 && !context.is_loose[entry_id.index()]);
            if is_busy || inside.next >= inside.items.len() {
                return progress;
            }
            progress = true;
            let (at, count) = (inside.next, inside.items.len());
            let scope = inside.items[at].scope(&inside.scope, at, count);
            inside.next += 1;
            inside.open += 1;
            inside.unpassed += 1;
            let secrets = &context.options.secrets;
            if inside.is_loop
                && let Verdict::End(record, because) =
                    secrets::beside(secrets, || self.conditions(&entry.when, &scope)).await
            {
                self.skip_iteration(id, slot, &record, because);
                continue;
            }
            let delegate = secrets::beside(secrets, || self.delegate(id, entry, &scope)).await;
            let frame = self.open(round, Some((id, slot)), scope, &group.entries, group.unit);
            if let Some(frame) = self.frames.get_mut(&frame) {
                frame.delegate = delegate;
            }
            self.limit(frame, entry.timeout);
            self.end_if_settled(frame);
        }
    }

    /// The scope of the entries that are opened: inside the unit, where they are one.
    pub(super) fn inside_of(&self, unit: Option<UnitId>, scope: Arc<Scope>) -> Arc<Scope> {
        match unit {
            Some(unit) => unit_scope(&self.context, &scope, self.id, unit),
            None => scope,
        }
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
        if is_sent && !self.context.plan.node(entry).decided_here {
            self.pass(parent, slot);
        }
    }

    /// A call all of whose items are under way has been passed, unless its outcome is decided here.
    pub(super) fn pass_if_sent(&mut self, id: FrameId, slot: usize) {
        let Some(frame) = self.frames.get(&id) else { return };
        let node = &frame.nodes[slot];
        if let State::Calling(calling) = &node.state
            && calling.next >= calling.items.len()
            && !self.context.plan.node(node.entry).decided_here
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
        self.take_timers(|timer| *timer == Timer::Deadline(id));
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
        inside.open -= 1;
        if frame.nodes.is_empty() {
            inside.unpassed -= 1;
        }
        if frame.changed {
            inside.outcome = Outcome::Changed;
        }
        if let Some(Stop::Failed(failure, label)) = frame.stopped {
            inside.failure.get_or_insert((failure, label));
        }
        if inside.open == 0 && inside.next >= inside.items.len() {
            self.end_group(parent, slot);
        }
    }

    /// An iteration of a looped group whose `when` does not hold.
    pub(super) fn skip_iteration(
        &mut self,
        id: FrameId,
        slot: usize,
        record: &Record,
        because: Option<String>,
    ) {
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        let Some(State::Inside(inside)) = self.state(place) else {
            return;
        };
        inside.open -= 1;
        inside.unpassed -= 1;
        if let Some(error) = &record.error {
            let label = because.unwrap_or_default();
            inside.failure.get_or_insert((error.clone(), label));
        }
        if inside.open == 0 && inside.next >= inside.items.len() {
            self.end_group(id, slot);
        }
    }

    /// A group has ended.
    pub(super) fn end_group(&mut self, id: FrameId, slot: usize) {
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        let Some(State::Inside(inside)) = self.state(place) else {
            return;
        };
        let changed = inside.outcome == Outcome::Changed;
        let (error, failed_call) = inside.failure.clone().unzip();
        let outcome = match (&error, changed) {
            (Some(_), _) => Outcome::Failed,
            (None, true) => Outcome::Changed,
            (None, false) => Outcome::Ok,
        };
        let record = Record {
            changed,
            error,
            failed_call,
            ..Record::of(outcome)
        };
        self.settle(id, slot, &Arc::new(record));
    }
}
