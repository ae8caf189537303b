//! Which entries may be begun now.

use crate::name::EntryId;
use crate::playbook::Action;
use crate::protocol::Mode;
use crate::runner::names::FrameId;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::frame::State;
use crate::runner::status::Tri;

impl Schedule {
    /// Looks at an entry no more until what it waits for in its own frame has ended.
    pub(super) fn note_block(&mut self, id: FrameId, slot: usize) {
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        let waits = &self.program.waits[frame.nodes[slot].entry.index()];
        let is_open = |other: &&EntryId| {
            let node = frame.slot(**other).map(|slot| &frame.nodes[slot]);
            node.is_some_and(|node| !matches!(node.state, State::Settled))
        };
        if let Some(other) = waits.iter().find(is_open) {
            frame.agenda.remove(&slot);
            frame.blocked.entry(*other).or_default().push(slot);
        }
    }

    /// Whether an entry may be begun now, or sent ahead.
    pub(super) fn is_ready(&self, id: FrameId, slot: usize) -> bool {
        let frame = &self.frames[&id];
        let node = &frame.nodes[slot];
        let entry = self.program.playbook.entry(node.entry);
        let is_here = self.program.needs_barrier[node.entry.index()];
        let is_asked = self.program.asks;
        if (entry.always || is_here || is_asked) && !self.is_settled_before(id, slot) {
            return false;
        }
        let is_past = |before: &EntryId| frame.slot(*before).is_none_or(|slot| frame.nodes[slot].passed);
        // An agent can be asked for the changes of what is under way, once for the whole of a call.
        let is_single_call = matches!(entry.action, Action::Call(_)) && entry.repeat.is_none();
        let can_ask = is_single_call && !entry.always && !is_here && !node.needs_sources;
        let can_decide = |source: EntryId| {
            let is_certain = || self.progress(id, source).changed != Tri::Maybe;
            self.is_sent(id, source) && (self.program.mode == Mode::Apply || is_certain())
        };
        let is_decided = |source: &EntryId| self.is_known(id, *source) || (can_ask && can_decide(*source));
        let waits = &self.program.waits[node.entry.index()];
        self.program.plan.node(node.entry).comes_after.iter().all(is_past)
            && waits.iter().all(|other| self.is_known(id, *other))
            && entry.on_change.iter().all(is_decided)
    }

    /// Whether everything that an entry's conditions read has ended.
    pub(super) fn knows_sources(&self, id: FrameId, slot: usize) -> bool {
        let entry_id = self.frames[&id].nodes[slot].entry;
        let sources = &self.program.playbook.entry(entry_id).on_change;
        let mut read = self.program.waits[entry_id.index()].iter().chain(sources);
        read.all(|other| self.is_known(id, *other))
    }

    /// Whether everything that was written before a place in its round has ended.
    fn is_settled_before(&self, id: FrameId, slot: usize) -> bool {
        let frame = &self.frames[&id];
        frame.is_settled_before(slot)
            && frame
                .parent
                .is_none_or(|(parent, slot)| self.is_settled_before(parent, slot))
    }

    /// Whether an entry with `always` belongs to a group that was opened ahead, and whose turn had not come when the run
    /// stopped: something that is written before that group was canceled, and nothing in it has happened.
    pub(super) fn is_never_begun(&self, id: FrameId, slot: usize) -> bool {
        let mut at = (id, slot);
        let is_stopped = |(id, slot): (FrameId, usize)| self.frames[&id].stop_at(slot).is_some();
        while let Some(parent) = self.frames[&at.0].parent.filter(|_| is_stopped(at)) {
            let (inner, outer) = (&self.frames[&at.0], &self.frames[&parent.0]);
            // What says `always` is not opened ahead.
            let is_always = self.program.playbook.entry(outer.nodes[parent.1].entry).always;
            let is_behind = outer.first_canceled.is_some_and(|first| first < parent.1);
            if is_behind && !is_always && !inner.has_happened {
                return true;
            }
            at = parent;
        }
        false
    }
}
