//! What is told of the entries of a host: how calls end, how groups start and end.

use crate::event::{Change, Iteration, Kind as Event, Outcome};
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::ending::is_lost_here;
use crate::runner::schedule::state::frame::State;
use crate::value::Map;

impl Schedule {
    /// Tells how an entry has ended of which nothing was started.
    pub(super) fn tell_entry(&mut self, place: Place, record: &Record, because: Option<String>) {
        let entry = self.program.playbook.entry(self.entry_at(place));
        if entry.action.is_group() {
            self.tell_group(place, record, because, 0.0);
        } else {
            self.tell(place, record, None, because, 0);
        }
    }

    /// Tells that the list of a group starts; `iterations`: how many items its loop has, if it has one.
    pub(super) fn tell_group_started(&mut self, place: Place, iterations: Option<usize>) {
        self.emit(Event::GroupStarted {
            call: self.call_ref(place),
            host: self.name.clone(),
            iterations,
        });
    }

    /// Tells how a group has ended, `took` seconds after its start.
    pub(super) fn tell_group(&mut self, place: Place, record: &Record, because: Option<String>, took: f64) {
        let handler = self.handler(place, record);
        let call = self.call_ref(place);
        self.emit(Event::GroupEnded {
            failed_call: record.failed_call.clone().filter(|it| *it != call.label),
            call,
            host: self.name.clone(),
            shared_by: record.shared_by.clone(),
            outcome: record.outcome(),
            changed: record.has_changed() || record.outcome() == Outcome::Changed,
            error: record.error.clone(),
            ignored: handler == Some(Handler::Ignored),
            rescued: handler == Some(Handler::Rescued),
            because,
            took,
        });
    }

    /// Tells how an iteration of a looped group has ended, `took` seconds after its start.
    pub(super) fn tell_iteration(
        &mut self,
        place: Place,
        record: &Record,
        because: Option<String>,
        took: f64,
    ) {
        let is_hidden = self.is_hidden(place.frame, place.slot);
        let Some(State::Inside(inside)) = self.state(place) else {
            return;
        };
        if !inside.is_loop {
            return;
        }
        let number = place.item + 1;
        let item = if is_hidden {
            Some(format!("#{number}"))
        } else {
            inside.items[place.item].label(place.item)
        };
        let call = self.call_ref(place);
        self.emit(Event::IterationEnded {
            failed_call: record.failed_call.clone().filter(|it| *it != call.label),
            call,
            host: self.name.clone(),
            iteration: number,
            outcome: record.outcome(),
            changed: record.has_changed() || record.outcome() == Outcome::Changed,
            item,
            error: record.error.clone(),
            because,
            took,
        });
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
        let is_hidden = record.is_hidden;
        let has_run = matches!(record.outcome(), Outcome::Ok | Outcome::Changed);
        let owed = self.owed_since(self.entry_at(place)).filter(|_| has_run);
        let because = because.or_else(|| owed.map(|run| format!("it was owed since run {run}")));
        let handler = self.handler(place, record);
        let ignored = handler == Some(Handler::Ignored);
        let rescued = handler == Some(Handler::Rescued);
        let error = record.error.clone();
        let is_new = record.from_run.is_none();
        let change = (is_new && record.has_changed()).then(|| Change {
            diff: if record.shared_by.is_none() {
                record.diff.clone()
            } else {
                Vec::new()
            },
        });
        // What another host found is told once, of that host.
        let is_shown = is_new && !is_hidden && record.items.is_none() && record.shared_by.is_none();
        let kind = Event::CallEnded {
            call: self.call_ref(place),
            host: self.name.clone(),
            delegate: record.delegate.clone(),
            shared_by: record.shared_by.clone(),
            outcome: if record.from_run.is_some() {
                Outcome::Skipped
            } else {
                record.outcome()
            },
            number: item.is_some().then_some(place.item + 1),
            digest: item.is_some().then(|| self.digest(place)).flatten(),
            iterations: self.iterations(place.frame),
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
            partial: is_new && (is_hidden || record.is_secret),
            from_run: record.from_run.clone(),
            took: std::time::Duration::from_micros(micros).as_secs_f64(),
        };
        self.emit(kind);
    }

    /// The iterations of looped groups that a list of entries is in, from the outermost one inwards.
    pub(super) fn iterations(&self, frame: FrameId) -> Vec<Iteration> {
        let mut around = Vec::new();
        let mut at = frame;
        while let Some((parent, slot)) = self.frames.get(&at).and_then(|frame| frame.parent) {
            if let Some(outer) = self.frames.get(&parent)
                && let State::Inside(inside) = &outer.nodes[slot].state
                && inside.is_loop
                && let Some(item) = inside.open.get(&at)
            {
                let is_hidden = self.is_hidden(parent, slot);
                around.push(inside.items[*item].iteration(*item, is_hidden));
            }
            at = parent;
        }
        around.reverse();
        around
    }

    /// By what the item of a call is known again.
    fn digest(&self, place: Place) -> Option<String> {
        let node = self.frames.get(&place.frame)?.nodes.get(place.slot)?;
        let State::Calling(calling) = &node.state else {
            return None;
        };
        let is_hidden = self.is_hidden(place.frame, place.slot);
        calling.items.get(place.item)?.digest().filter(|_| !is_hidden)
    }

    /// Whether something handles the failure of an entry.
    pub(super) fn is_excused(&self, place: Place, record: &Record) -> bool {
        self.handler(place, record).is_some()
    }

    /// What handles the failure of an entry: the innermost of itself and the groups around it that handles failures.
    fn handler(&self, place: Place, record: &Record) -> Option<Handler> {
        if !record.has_failed() || is_lost_here(record) {
            return None;
        }
        let playbook = &self.program.playbook;
        let mut at = Some((place.frame, place.slot));
        while let Some((id, slot)) = at {
            let frame = self.frames.get(&id)?;
            let entry = playbook.entry(frame.nodes[slot].entry);
            if self.ignores(id, slot) {
                return Some(Handler::Ignored);
            }
            if entry.is_region {
                return Some(Handler::Rescued);
            }
            at = frame.parent;
        }
        None
    }
}

/// What handles a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handler {
    /// `ignore_errors`.
    Ignored,
    /// An entry with `on_failure`.
    Rescued,
}
