//! How items, entries, groups and rounds end on a host, and what their failures stop.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::event::{CallRef, Change, Kind as Event, Outcome};
use crate::failure::{Failure, Kind};
use crate::name::{EntryId, HostName};
use crate::playbook::{Action, Call};
use crate::protocol::Mode;
use crate::runner::frame::State;
use crate::runner::host::Host;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::template::{RenderError, Secrecy};
use crate::tool::Place as Where;
use crate::value::Map;

impl Host {
    /// One item of a call has ended.
    pub(super) fn end_item(
        &mut self,
        place: Place,
        mut record: Record,
        because: Option<String>,
        micros: u64,
        secrecy: Secrecy,
    ) {
        self.seal(self.entry_at(place), &mut record, secrecy);
        let is_check = self.context.options.mode == Mode::Check;
        let Some(State::Calling(calling)) = self.state(place) else {
            return;
        };
        if calling.ended[place.item].is_some() {
            return;
        }
        let bindings = &calling.items[place.item];
        let label = bindings.label(place.item);
        record.item = bindings.value();
        record.is_item_secret = bindings.is_secret;
        let is_loop = calling.is_loop;
        calling.changed |= record.changed;
        calling.open -= 1;
        let record = Arc::new(record);
        calling.ended[place.item] = Some(Arc::clone(&record));
        let is_done = calling.open == 0 && calling.next >= calling.items.len();
        if is_check && record.outcome == Outcome::Unknown && micros == 0 {
            self.might_change(place, &record);
        }
        if is_loop {
            self.tell(place, &record, label, because.clone(), micros);
        }
        if is_done {
            if is_loop {
                self.end_call(place.frame, place.slot);
            } else {
                self.tell(place, &record, None, because, micros);
                self.settle(place.frame, place.slot, &record);
            }
        }
    }

    /// Hides what the playbook, or a secret that cannot be looked for, wants hidden, and notes whether what came of it was
    /// made of a secret.
    fn seal(&self, entry: EntryId, record: &mut Record, secrecy: Secrecy) {
        let entry = self.context.playbook.entry(entry);
        if entry.no_log {
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
        let any = |wanted: fn(&Record) -> bool| items.iter().any(|item| wanted(item));
        let outcome = if any(|item| item.outcome == Outcome::Lost) {
            Outcome::Lost
        } else if any(Record::has_failed) {
            Outcome::Failed
        } else if any(|item| item.outcome == Outcome::Canceled) {
            Outcome::Canceled
        } else if any(|item| item.outcome == Outcome::Unknown) {
            Outcome::Unknown
        } else if any(|item| item.changed) {
            Outcome::Changed
        } else if items.iter().all(|item| item.outcome == Outcome::Skipped) {
            Outcome::Skipped
        } else {
            Outcome::Ok
        };
        let count = items.iter().filter(|item| item.has_failed()).count();
        let first = items.iter().find_map(|item| item.error.clone());
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
            _ => items.iter().find_map(|item| item.unknown.clone()),
        };
        let record = Arc::new(Record {
            changed: any(|item| item.changed),
            error: error.filter(|_| count > 0),
            attempts: items.iter().map(|item| item.attempts).max().unwrap_or(0),
            unknown: if outcome == Outcome::Unknown {
                because.clone()
            } else {
                None
            },
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
        self.seal(self.entry_at(place), &mut record, Secrecy::Public);
        if record.outcome == Outcome::Unknown {
            self.might_change(place, &record);
        }
        let record = Arc::new(record);
        self.tell(place, &record, None, because, 0);
        self.settle(frame, slot, &record);
    }

    /// Check mode: nobody knows what an entry would have changed, so it may be all that it can.
    fn might_change(&mut self, place: Place, record: &Record) {
        let entry = self.entry_at(place);
        let is_here = match &self.context.playbook.entry(entry).action {
            Action::Call(call) => call.tool.place == Where::Controller,
            Action::Group(_) => false,
            Action::Fail(_) => true,
        };
        let footprint = self.context.plan.node(entry).footprint.clone();
        if !is_here && !footprint.is_read_only() {
            let id = self.flights.number();
            let label = record.unknown.clone().unwrap_or_else(|| self.label(place));
            self.labels.insert(id, label);
            self.flights.would_change(id, footprint);
        }
    }

    /// Tells how an item or entry has ended.
    pub(super) fn tell(
        &mut self,
        place: Place,
        record: &Record,
        item: Option<String>,
        because: Option<String>,
        micros: u64,
    ) {
        let entry = self.context.playbook.entry(self.entry_at(place));
        let is_hidden = record.is_hidden;
        let has_failed = record.has_failed();
        // Of a call on another host, the other's loss is a failure like others.
        let is_lost = record.outcome == Outcome::Lost && record.delegate.is_none();
        let ignored = has_failed && record.outcome != Outcome::Lost && entry.ignore_errors;
        let rescued = has_failed && !is_lost && !ignored && self.is_rescued(place.frame, entry.is_region);
        let error = record.error.clone();
        let change = record.changed.then(|| Change {
            diff: if record.shared_by.is_none() {
                record.diff.clone()
            } else {
                Vec::new()
            },
        });
        // What another host found is told once, of that host.
        let is_shown = !is_hidden && record.items.is_none() && record.shared_by.is_none();
        let kind = Event::CallEnded {
            call: self.call_ref(place),
            host: self.name.clone(),
            delegate: record.delegate.clone(),
            shared_by: record.shared_by.clone(),
            outcome: record.outcome,
            item: if is_hidden {
                item.map(|_| format!("#{}", place.item + 1))
            } else {
                item
            },
            change,
            error,
            ignored,
            rescued,
            warnings: if is_hidden {
                Vec::new()
            } else {
                record.warnings.clone()
            },
            because,
            attempts: record.attempts,
            result: if is_shown {
                record.fields.clone()
            } else {
                Map::new()
            },
            took: std::time::Duration::from_micros(micros).as_secs_f64(),
        };
        self.emit(kind);
    }

    fn is_rescued(&self, frame: FrameId, is_region: bool) -> bool {
        let playbook = &self.context.playbook;
        let mut at = self.frames.get(&frame);
        let mut found = is_region;
        while let (false, Some((parent, slot))) = (found, at.and_then(|frame| frame.parent)) {
            at = self.frames.get(&parent);
            found = at.is_some_and(|frame| playbook.entry(frame.nodes[slot].entry).is_region);
        }
        found
    }

    /// An entry has ended, and was told.
    pub(super) fn settle(&mut self, id: FrameId, slot: usize, record: &Arc<Record>) {
        let context = Arc::clone(&self.context);
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        let entry_id = frame.nodes[slot].entry;
        let entry = context.playbook.entry(entry_id);
        frame.nodes[slot].state = State::Settled;
        let unblocked = frame.blocked.remove(&entry_id);
        frame.agenda.extend(unblocked.into_iter().flatten());
        frame.unsettled -= 1;
        frame.changed |= record.changed;
        let fate = &mut self.fates[entry_id.index()];
        fate.settled = true;
        fate.changed |= record.changed;
        fate.failed |= record.has_failed();
        if record.outcome == Outcome::Unknown {
            fate.unknown = record
                .unknown
                .clone()
                .or(Some(context.references[entry_id.index()].label.clone()));
        }
        if entry.id.is_some() {
            context.keep(self.id, entry_id, Arc::clone(record));
        }
        self.share(entry_id, record);
        self.pass_by(entry_id, false);
        self.pass(id, slot);
        let is_ignored = entry.ignore_errors && record.outcome != Outcome::Lost;
        if record.has_failed() && !is_ignored && !entry.is_region {
            let label = record.failed_call.clone();
            let label = label.unwrap_or_else(|| context.references[entry_id.index()].label.clone());
            let failure = record.error.clone();
            let failure = failure.unwrap_or_else(|| Failure::new(Kind::Invalid, "failed"));
            self.fail(id, &failure, &label);
        }
        self.end_if_settled(id);
    }

    /// Makes a call again, unless it is too late for that.
    pub(super) fn retry(&mut self, place: Place, attempt: u32) {
        self.retries.push((place, attempt));
    }

    /// Whether an entry still goes on: its frame was not stopped, or it is one that runs all the same.
    pub(super) fn is_alive(&self, place: Place) -> bool {
        self.frames.get(&place.frame).is_some_and(|frame| {
            let entry = frame.nodes[place.slot].entry;
            let stop = frame.stopped.as_ref();
            stop.is_none_or(|stop| stop.leaves(&self.context.playbook, entry))
        })
    }

    pub(super) fn entry_at(&self, place: Place) -> EntryId {
        self.frames[&place.frame].nodes[place.slot].entry
    }

    pub(super) fn call_ref(&self, place: Place) -> Arc<CallRef> {
        Arc::clone(&self.context.references[self.entry_at(place).index()])
    }

    pub(super) fn label(&self, place: Place) -> String {
        self.call_ref(place).label.clone()
    }

    /// A rendering error in words, with its place.
    pub(super) fn explain(&self, error: &RenderError) -> String {
        let sources = &self.context.playbook.sources;
        let mut text = format!("{} ({})", error.message, sources.location(error.span));
        for (name, span) in &error.through {
            let _infallible = write!(text, ", through `{name}` ({})", sources.location(*span));
        }
        if let Some(help) = &error.help {
            text.push_str(". ");
            text.push_str(help);
        }
        text
    }
}

/// The other host on which all items were done, if it is one.
fn one_delegate(items: &[Arc<Record>]) -> Option<HostName> {
    let first = items.first()?.delegate.as_ref()?;
    let is_same = |item: &Arc<Record>| item.delegate.as_ref() == Some(first);
    items.iter().all(is_same).then(|| first.clone())
}
