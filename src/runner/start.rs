//! Starting entries: which of them may, and what becomes of them first.

use std::sync::Arc;

use crate::event::Outcome;
use crate::failure::{Failure, Kind};
use crate::playbook::{Action, Entry};
use crate::runner::failed::FailedLookup;
use crate::runner::frame::{Bindings, Calling, Inside, State};
use crate::runner::gates::{Gate, Weighed};
use crate::runner::hold::repeats;
use crate::runner::host::Host;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::secrets;
use crate::template::{Form, Rendering, Root, Scope, Secrecy};
use crate::value::Value;

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
            && !self.is_full()
        {
            from = slot + 1;
            let is_stopped = self.is_stopped(Place {
                frame: id,
                slot,
                item: 0,
            });
            match &frame.nodes[slot].state {
                State::Waiting if is_stopped && self.knows_sources(id, slot) => {
                    self.end_stopped(id, slot).await;
                    progress = true;
                }
                State::Waiting if !is_stopped && self.is_ready(id, slot) => {
                    if self.is_never_begun(id, slot) {
                        self.end_stopped(id, slot).await;
                    } else {
                        self.start(id, slot).await;
                    }
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

    async fn start(&mut self, id: FrameId, slot: usize) {
        let context = Arc::clone(&self.context);
        let entry_id = self.frames[&id].nodes[slot].entry;
        let entry = context.playbook.entry(entry_id);
        let scope = self.scope_of(id, entry);
        let secrets = &context.options.secrets;
        let mut weighed = secrets::beside(secrets, || self.weigh(id, entry_id, &scope)).await;
        if matches!(weighed, Weighed::Begin(..)) && !self.may_begin(entry_id).await {
            let because = Some("it was left out when it was asked for".to_owned());
            weighed = Weighed::End((Box::new(Record::of(Outcome::Skipped)), because));
        }
        if context.once[entry_id.index()] && !self.doing.contains(&entry_id) {
            match weighed {
                Weighed::Begin(..) => self.arrive(id, slot, Ok(())),
                Weighed::End(end) => self.arrive(id, slot, Err(end)),
                // It asks no agent, and so waits for its sources.
                Weighed::Later => {}
            }
            return;
        }
        let (trigger, items) = match weighed {
            Weighed::Begin(trigger, items) => (trigger, items),
            Weighed::End((record, because)) => {
                self.end_entry(id, slot, *record, because);
                return;
            }
            Weighed::Later => {
                if let Some(frame) = self.frames.get_mut(&id) {
                    frame.nodes[slot].needs_sources = true;
                }
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
                if !items.is_empty() {
                    let place = Place {
                        frame: id,
                        slot,
                        item: 0,
                    };
                    self.tell_group_started(place, is_loop.then_some(items.len()));
                }
                self.set_state(id, slot, State::Inside(Inside::new(scope, items, is_loop)));
                self.begin_items(id, slot).await;
            }
            Action::Fail(message) => {
                let record = secrets::beside(secrets, || self.failing(message, &scope)).await;
                self.end_entry(id, slot, record, None);
            }
        }
    }

    /// A call that was begun before the sources of its `on_change` have ended, and cannot be made: whether it fails by that,
    /// or is left out, is known when they have.
    pub(super) fn ask_later(&mut self, place: Place) {
        if let Some(frame) = self.frames.get_mut(&place.frame) {
            let node = &mut frame.nodes[place.slot];
            node.state = State::Waiting;
            node.needs_sources = true;
        }
    }

    /// The scope in which an entry of a frame is read.
    fn scope_of(&self, id: FrameId, entry: &Entry) -> Arc<Scope> {
        let mut scope = Arc::clone(&self.frames[&id].scope);
        if !entry.on_failure.is_empty() {
            let failed = FailedLookup {
                context: Arc::clone(&self.context),
                host: self.id,
                sources: entry.on_failure.clone(),
            };
            scope = scope.bind("failed", Root::Lookup(Arc::new(failed)));
        }
        if entry.vars.is_empty() {
            scope
        } else {
            scope.with(Arc::clone(&entry.vars))
        }
    }

    /// Ends an entry that is not to be begun any more. What its conditions leave out is skipped, as it would have been; the
    /// rest is canceled. So it makes no difference when the failure, or the interrupt, was heard of.
    async fn end_stopped(&mut self, id: FrameId, slot: usize) {
        let context = Arc::clone(&self.context);
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        let entry_id = self.entry_at(place);
        let entry = context.playbook.entry(entry_id);
        let scope = self.scope_of(id, entry);
        let weighed = secrets::beside(&context.options.secrets, || self.weigh(id, entry_id, &scope)).await;
        match weighed {
            Weighed::End((record, because)) if record.outcome() == Outcome::Skipped => {
                self.drop_entry(id, slot, *record, because);
            }
            Weighed::Begin(trigger, items) if entry.repeat.is_some() && entry.action.call().is_some() => {
                let is_empty = items.is_empty();
                self.set_state(
                    id,
                    slot,
                    State::Calling(Calling::new(scope, items, true, trigger)),
                );
                self.drop_unsent(id, slot);
                if is_empty {
                    self.end_call(id, slot);
                }
            }
            Weighed::Begin(_, items) if entry.repeat.is_some() => {
                let shut = |(at, item): (usize, &Bindings)| {
                    let secrets = &context.options.secrets;
                    let scope = item.scope(&scope, at, items.len());
                    let (gate, wanted) = secrets.without_waiting(|| self.gate(&entry.when, &scope, None));
                    matches!(gate, Gate::Shut(_)) && wanted.is_empty()
                };
                if items.iter().enumerate().all(shut) {
                    let because = Some("no item was left".to_owned());
                    self.drop_entry(id, slot, Record::of(Outcome::Skipped), because);
                } else {
                    self.cancel_entry(id, slot);
                }
            }
            Weighed::Begin(..) | Weighed::End(_) | Weighed::Later => {
                self.cancel_entry(id, slot);
            }
        }
    }

    /// How a `fail` ends.
    fn failing(&self, message: &Form, scope: &Arc<Scope>) -> Record {
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
            // That it fails is certain.
            Ok(Rendering::Unknown { because }) => {
                format!("the message depends on {because}, which has not run")
            }
            Err(error) => self.explain(&error),
        };
        Record::failed(Failure::new(Kind::Invalid, message))
    }

    /// Sends the items of a call that were not sent yet, as many as may be under way.
    pub(super) async fn send_items(&mut self, id: FrameId, slot: usize) -> bool {
        let mut progress = false;
        loop {
            let is_full = self.is_full();
            let Some(frame) = self.frames.get_mut(&id) else {
                return progress;
            };
            let entry = frame.nodes[slot].entry;
            let State::Calling(calling) = &mut frame.nodes[slot].state else {
                return progress;
            };
            if calling.next >= calling.items.len() || is_full {
                break;
            }
            // An item that is made until something holds has ended before the next one begins.
            let has_open = calling.open > calling.items.len() - calling.next;
            if has_open && repeats(&self.context.playbook, entry) {
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
