//! Starting entries: which of them may, and what becomes of them first.

use std::sync::Arc;

use crate::event::Outcome;
use crate::failure::{Failure, Kind};
use crate::name::EntryId;
use crate::playbook::{Action, Entry};
use crate::runner::frame::{Bindings, Calling, Inside, State, Trigger};
use crate::runner::host::Host;
use crate::runner::items::{Items, expand};
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::secrets;
use crate::template::{Expression, Form, Rendering, Scope, Secrecy, Truth};
use crate::value::Value;

/// How an entry ends before anything of it is begun: its record, and why.
pub(super) type End = (Box<Record>, Option<String>);

/// What an entry's conditions say.
pub(super) enum Verdict {
    /// Go on.
    Go,
    /// It ends here, with this record.
    End(Box<Record>, Option<String>),
}

impl Host {
    /// Starts everything that may start now.
    pub(super) async fn advance(&mut self) {
        loop {
            let ids: Vec<_> = self.frames.keys().copied().collect();
            let mut progress = false;
            for id in ids {
                progress |= self.advance_frame(id).await;
            }
            if !progress {
                return;
            }
            // What was sent goes out now, and not after all that follows here.
            tokio::task::yield_now().await;
        }
    }

    async fn advance_frame(&mut self, id: FrameId) -> bool {
        let mut progress = false;
        let mut from = 0;
        while let Some(frame) = self.frames.get(&id)
            && let Some(slot) = frame.agenda.range(from..).next().copied()
            && !self.flights.is_full()
        {
            from = slot + 1;
            match &frame.nodes[slot].state {
                State::Waiting if self.is_ready(id, slot) => {
                    self.start(id, slot).await;
                    progress = true;
                }
                State::Waiting => self.note_block(id, slot),
                State::Calling(calling) if calling.next < calling.items.len() => {
                    progress |= self.send_items(id, slot).await;
                }
                State::Inside(inside) if inside.next < inside.items.len() => {
                    progress |= self.begin_items(id, slot).await;
                }
                // Its state may be set back by whoever does it.
                State::Meeting(_) => {}
                State::Calling(_) | State::Inside(_) | State::Settled => self.look_no_more(id, slot),
            }
        }
        progress
    }

    fn look_no_more(&mut self, id: FrameId, slot: usize) {
        if let Some(frame) = self.frames.get_mut(&id) {
            frame.agenda.remove(&slot);
        }
    }

    fn note_block(&mut self, id: FrameId, slot: usize) {
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        let waits = &self.context.waits[frame.nodes[slot].entry.index()];
        let is_open = |other: &&EntryId| frame.slot(**other).is_some() && !self.fates[other.index()].settled;
        if let Some(other) = waits.iter().find(is_open) {
            frame.agenda.remove(&slot);
            frame.blocked.entry(*other).or_default().push(slot);
        }
    }

    fn is_ready(&self, id: FrameId, slot: usize) -> bool {
        let frame = &self.frames[&id];
        let entry_id = frame.nodes[slot].entry;
        let entry = self.context.playbook.entry(entry_id);
        let is_here = self.context.stands_alone[entry_id.index()];
        if entry.always {
            let is_left = frame
                .stopped
                .as_ref()
                .is_none_or(|stop| stop.leaves(&self.context.playbook, entry_id));
            return is_left && self.is_settled_before(id, slot);
        }
        if frame.stopped.is_some() || (is_here && !self.is_settled_before(id, slot)) {
            return false;
        }
        let comes_after = &self.context.plan.node(entry_id).comes_after;
        let is_past = |before: &EntryId| {
            let Some(node) = frame.slot(*before).map(|slot| &frame.nodes[slot]) else {
                return true;
            };
            let is_broken = matches!(&node.state, State::Inside(inside) if inside.failure.is_some());
            node.passed && !is_broken
        };
        let can_ask = !is_here && matches!(entry.action, Action::Call(_));
        let can_decide = |source: EntryId| self.is_passed(source) && self.progress(source).unknown.is_none();
        let is_decided = |source: &EntryId| self.is_known(entry, *source) || (can_ask && can_decide(*source));
        comes_after.iter().all(is_past)
            && self.context.waits[entry_id.index()]
                .iter()
                .all(|other| self.is_known(entry, *other))
            && entry.on_change.iter().all(is_decided)
    }

    /// Whether all of an entry is sent.
    fn is_passed(&self, entry: EntryId) -> bool {
        let mut at = self
            .frames
            .values()
            .filter_map(|frame| Some(&frame.nodes[frame.slot(entry)?]))
            .peekable();
        at.peek().is_some() && at.all(|node| node.passed)
    }

    /// Whether everything that was written before a place in its round has ended.
    fn is_settled_before(&self, id: FrameId, slot: usize) -> bool {
        let frame = &self.frames[&id];
        frame.is_settled_before(slot)
            && frame
                .parent
                .is_none_or(|(parent, slot)| self.is_settled_before(parent, slot))
    }

    /// Whether the result of another entry is there, or will never be.
    fn is_known(&self, entry: &Entry, other: EntryId) -> bool {
        let playbook = &self.context.playbook;
        let mut at = Some(other);
        while let Some(id) = at {
            let source = playbook.entry(id);
            let settled = self.fates[id.index()].settled || self.context.options.left_out.contains(&id);
            if settled || source.round != entry.round {
                return true;
            }
            at = source.parent;
        }
        false
    }

    async fn start(&mut self, id: FrameId, slot: usize) {
        let context = Arc::clone(&self.context);
        let frame = &self.frames[&id];
        let entry = context.playbook.entry(frame.nodes[slot].entry);
        let scope = if entry.vars.is_empty() {
            Arc::clone(&frame.scope)
        } else {
            frame.scope.with(Arc::clone(&entry.vars))
        };
        let secrets = &context.options.secrets;
        let weighed = secrets::beside(secrets, || self.weigh(entry, &scope)).await;
        let entry_id = frame.nodes[slot].entry;
        if context.once[entry_id.index()] && !self.doing.contains(&entry_id) {
            self.arrive(id, slot, weighed.map(|_| ()));
            return;
        }
        let (trigger, items) = match weighed {
            Ok(weighed) => weighed,
            Err((record, because)) => {
                self.end_entry(id, slot, *record, because);
                return;
            }
        };
        let is_loop = entry.repeat.is_some();
        match &entry.action {
            Action::Call(_) => {
                let is_empty = items.is_empty();
                self.set_state(
                    id,
                    slot,
                    State::Calling(Calling::new(scope, items, is_loop, trigger)),
                );
                if is_empty {
                    self.end_call(id, slot);
                } else {
                    self.send_items(id, slot).await;
                }
            }
            Action::Group(_) => {
                self.set_state(id, slot, State::Inside(Inside::new(scope, items, is_loop)));
                self.begin_items(id, slot).await;
            }
            Action::Fail(message) => {
                let (record, because) = secrets::beside(secrets, || self.failing(message, &scope)).await;
                self.end_entry(id, slot, record, because);
            }
        }
    }

    /// What an entry's conditions and its loop say: how it is begun, or how it ends at once.
    fn weigh(&self, entry: &Entry, scope: &Arc<Scope>) -> Result<(Trigger, Vec<Bindings>), End> {
        let go_on = |verdict: Verdict| match verdict {
            Verdict::Go => Ok(()),
            Verdict::End(record, because) => Err((record, because)),
        };
        let failed = |message: String| {
            let failure = Failure::new(Kind::Invalid, message);
            (Box::new(Record::failed(failure)), None)
        };
        go_on(self.failure_verdict(entry))?;
        let trigger = self.trigger(entry)?;
        let Some(repeat) = &entry.repeat else {
            go_on(self.conditions(&entry.when, scope))?;
            return Ok((trigger, vec![Bindings::default()]));
        };
        match expand(repeat, scope) {
            Items::Known(items) => Ok((trigger, items)),
            Items::Unknown(because) => Err((Box::new(Record::unknown(because.clone())), Some(because))),
            Items::Wrong(message) => Err(failed(message)),
            Items::Failed(error) => Err(failed(self.explain(&error))),
        }
    }

    /// How a `fail` ends.
    fn failing(&self, message: &Form, scope: &Arc<Scope>) -> (Record, Option<String>) {
        let message = match message.render(scope) {
            Ok(Rendering::Known {
                secrecy: Secrecy::Blind,
                ..
            }) => {
                "the message is hidden, since it reads a secret that is too short to be looked for".to_owned()
            }
            Ok(Rendering::Known {
                value: Value::Str(text),
                ..
            }) => text,
            Ok(Rendering::Known { value, .. }) => serde_json::to_string(&value).unwrap_or_default(),
            Ok(Rendering::Unknown { because }) => return (Record::unknown(because.clone()), Some(because)),
            Err(error) => self.explain(&error),
        };
        (Record::failed(Failure::new(Kind::Invalid, message)), None)
    }

    /// What `on_failure` says.
    fn failure_verdict(&self, entry: &Entry) -> Verdict {
        let mut sources = entry.on_failure.iter().map(|source| &self.fates[source.index()]);
        if entry.on_failure.is_empty() || sources.any(|fate| fate.failed) {
            return Verdict::Go;
        }
        Verdict::End(
            Box::new(Record::of(Outcome::Skipped)),
            Some("nothing failed".into()),
        )
    }

    /// What `on_change` says, and what is left to the agent.
    fn trigger(&self, entry: &Entry) -> Result<Trigger, End> {
        if entry.on_change.is_empty() {
            return Ok(Trigger::Pulled);
        }
        let fates = || entry.on_change.iter().map(|source| &self.fates[source.index()]);
        let has_changed = |source: &EntryId| self.progress(*source).changed;
        if fates().any(|fate| fate.changed) || entry.on_change.iter().any(has_changed) {
            return Ok(Trigger::Pulled);
        }
        let mut asked = Vec::new();
        for source in &entry.on_change {
            self.requests_of(*source, &mut asked);
        }
        if !asked.is_empty() {
            return Ok(Trigger::Ask(asked));
        }
        if let Some(because) = fates().find_map(|fate| fate.unknown.clone()) {
            return Err((Box::new(Record::unknown(because.clone())), Some(because)));
        }
        Err((
            Box::new(Record::of(Outcome::Skipped)),
            Some("nothing changed".into()),
        ))
    }

    /// The numbers of an entry's requests that are under way.
    fn requests_of(&self, entry: EntryId, found: &mut Vec<u64>) {
        let playbook = &self.context.playbook;
        for (id, flight) in self.flights.iter() {
            let Some(place) = flight.place() else { continue };
            let Some(frame) = self.frames.get(&place.frame) else {
                continue;
            };
            let mut at = Some(frame.nodes[place.slot].entry);
            while let Some(inner) = at {
                if inner == entry {
                    found.push(id);
                    break;
                }
                at = playbook.entry(inner).parent;
            }
        }
    }

    /// What conditions say in a scope.
    pub(super) fn conditions(&self, when: &[Expression], scope: &Arc<Scope>) -> Verdict {
        for condition in when {
            match condition.holds(scope) {
                Ok(Truth::True) => {}
                Ok(Truth::False) => {
                    let because = format!("`{}` does not hold", condition.text());
                    return Verdict::End(Box::new(Record::of(Outcome::Skipped)), Some(because));
                }
                Ok(Truth::Unknown { because }) => {
                    return Verdict::End(Box::new(Record::unknown(because.clone())), Some(because));
                }
                Err(error) => {
                    let failure = Failure::new(Kind::Invalid, self.explain(&error));
                    return Verdict::End(Box::new(Record::failed(failure)), None);
                }
            }
        }
        Verdict::Go
    }

    /// Sends the items of a call that were not sent yet, as many as may be under way.
    pub(super) async fn send_items(&mut self, id: FrameId, slot: usize) -> bool {
        let mut progress = false;
        loop {
            let Some(frame) = self.frames.get_mut(&id) else {
                return progress;
            };
            let State::Calling(calling) = &mut frame.nodes[slot].state else {
                return progress;
            };
            if calling.next >= calling.items.len() || self.flights.is_full() {
                break;
            }
            let item = calling.next;
            calling.next += 1;
            progress = true;
            self.send(
                Place {
                    frame: id,
                    slot,
                    item,
                },
                1,
            )
            .await;
        }
        self.pass_if_sent(id, slot);
        progress
    }

    fn set_state(&mut self, id: FrameId, slot: usize, state: State) {
        if let Some(frame) = self.frames.get_mut(&id) {
            frame.nodes[slot].state = state;
        }
    }
}
