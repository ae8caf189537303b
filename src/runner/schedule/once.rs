//! `run_once`: hosts meet at the entry, one of them does it, and all have its result.

use std::sync::Arc;

use crate::event::Outcome;
use crate::name::EntryId;
use crate::runner::control::Update;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::frame::State;
use crate::runner::schedule::state::gate::End;
use crate::runner::schedule::state::shared::Shared;

impl Schedule {
    /// Waits at an entry that is done once. Its own conditions say whether this host may be the one that does it; if
    /// nobody may, that is how it ends here.
    pub(super) fn arrive(&mut self, frame: FrameId, slot: usize, own: Result<(), End>) {
        let place = Place { frame, slot, item: 0 };
        let entry = self.entry_at(place);
        let may_do = match &own {
            Ok(()) => true,
            Err((record, _)) => record.outcome() != Outcome::Skipped,
        };
        self.met.insert(entry);
        if let Some(state) = self.state(place) {
            *state = State::Meeting(own.err());
        }
        self.say(Update::Arrived {
            host: self.id,
            entry,
            may_do,
        });
    }

    /// Where this host waits at an entry.
    fn meeting(&self, entry: EntryId) -> Option<(FrameId, usize)> {
        self.frames.iter().find_map(|(id, frame)| {
            let slot = frame.slot(entry)?;
            matches!(frame.nodes[slot].state, State::Meeting(_)).then_some((*id, slot))
        })
    }

    /// Whether this host waits at some entry for another one.
    pub(super) fn is_meeting(&self) -> bool {
        let mut nodes = self.frames.values().flat_map(|frame| &frame.nodes);
        nodes.any(|node| matches!(node.state, State::Meeting(_)))
    }

    /// This host does it.
    pub(in crate::runner) fn elected(&mut self, entry: EntryId) {
        let Some((frame, slot)) = self.meeting(entry) else {
            return;
        };
        self.doing.insert(entry);
        if let Some(state) = self.state(Place { frame, slot, item: 0 }) {
            *state = State::Waiting;
        }
    }

    /// Nobody may do it.
    pub(in crate::runner) fn alone(&mut self, entry: EntryId) {
        let Some((frame, slot)) = self.meeting(entry) else {
            return;
        };
        let Some(state) = self.state(Place { frame, slot, item: 0 }) else {
            return;
        };
        if let State::Meeting(own) = std::mem::replace(state, State::Waiting) {
            let (record, because) = own.unwrap_or_else(|| (Box::new(Record::of(Outcome::Skipped)), None));
            self.end_entry(frame, slot, *record, because);
        }
    }

    /// Another host has done it.
    pub(in crate::runner) fn shared(&mut self, entry: EntryId, shared: &Shared) {
        let Some((frame, slot)) = self.meeting(entry) else {
            return;
        };
        for (inner, record) in &shared.inner {
            self.keep_result(frame, *inner, Arc::clone(record));
            self.note_change(*inner, record);
        }
        if self.program.playbook.entry(entry).action.call().is_some() {
            self.note_change(entry, &shared.record);
        }
        let record = Arc::new(Record {
            shared_by: Some(shared.by.clone()),
            ..(*shared.record).clone()
        });
        let place = Place { frame, slot, item: 0 };
        self.tell_entry(place, &record, record.unknown.clone());
        self.settle(frame, slot, &record);
    }

    /// An entry has ended: if this host did it for all, they are told; if it did not come to an end, another one does it.
    pub(super) fn share(&mut self, entry: EntryId, record: &Arc<Record>) {
        if !self.doing.remove(&entry) {
            return;
        }
        if record.outcome() == Outcome::Canceled {
            self.say(Update::Passed { host: self.id, entry });
            return;
        }
        let program = Arc::clone(&self.program);
        let inner = program.inside(entry).filter_map(|it| {
            let record = self.results.get(it.index()).cloned().flatten()?;
            Some((it, record))
        });
        let shared = Shared {
            by: self.name.clone(),
            record: Arc::clone(record),
            inner: inner.collect(),
        };
        self.say(Update::Shared {
            host: self.id,
            entry,
            shared: Arc::new(shared),
        });
    }

    /// An entry will not be begun here, or has ended: nobody waits for this host at it, or at what is in it.
    pub(super) fn pass_by(&mut self, entry: EntryId, had_arrived: bool) {
        if !self.program.has_once {
            return;
        }
        let program = Arc::clone(&self.program);
        for it in std::iter::once(entry).chain(program.inside(entry)) {
            if self.program.once[it.index()] && (self.met.insert(it) || (had_arrived && it == entry)) {
                self.say(Update::Passed {
                    host: self.id,
                    entry: it,
                });
            }
        }
    }
}
