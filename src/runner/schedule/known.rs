//! What an entry can know of others: whether they have ended, and how they have come out so far.
//!
//! An entry sees another one from the list that holds it, or from the list that holds a group around it. What is inside a
//! loop is seen from outside only when the loop has ended, as the merge of its items; from inside it is that of the own item,
//! since whatever reads inside a loop has its items one after the other.

use std::sync::Arc;

use crate::event::Outcome;
use crate::name::EntryId;
use crate::runner::names::FrameId;
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::frame::{Node, State};
use crate::runner::status::Status;

/// Where an entry is found from some frame.
struct Seen {
    /// The frame that holds it, or a group around it.
    frame: FrameId,
    slot: usize,
    /// The entries from it outward, up to the one at that place.
    inward: Vec<EntryId>,
}

impl Schedule {
    /// What came of an entry that is known; of one that was never begun, that it was skipped.
    pub(super) fn result(&self, entry: EntryId) -> Arc<Record> {
        let record = self.results.get(entry.index()).cloned().flatten();
        record.unwrap_or_else(|| Arc::new(Record::of(Outcome::Skipped)))
    }

    /// Whether the result of another entry is there, or will never be.
    pub(super) fn is_known(&self, frame: FrameId, other: EntryId) -> bool {
        let Some(seen) = self.see(frame, other) else {
            return true;
        };
        !self.is_open(&seen, |_| true)
    }

    /// Whether all of another entry is sent.
    pub(super) fn is_sent(&self, frame: FrameId, other: EntryId) -> bool {
        let Some(seen) = self.see(frame, other) else {
            return true;
        };
        !self.is_open(&seen, |node| !node.passed)
    }

    /// How another entry has come out so far: of a call its items, of a group everything in it.
    pub(super) fn progress(&self, frame: FrameId, other: EntryId) -> Status {
        let Some(seen) = self.see(frame, other) else {
            return self.result(other).status;
        };
        self.progress_of(seen.frame, seen.slot, &seen.inward)
    }

    /// The place at which an entry is seen from a frame. `None` where nothing is under way of it: it is of another round, or
    /// was left out.
    fn see(&self, frame: FrameId, other: EntryId) -> Option<Seen> {
        let playbook = &self.program.playbook;
        let outward: Vec<_> = playbook.around(other).collect();
        if outward.iter().any(|it| self.program.left_out.contains(it)) {
            return None;
        }
        let mut at = Some(frame);
        while let Some(id) = at {
            let frame = self.frames.get(&id)?;
            let held = outward
                .iter()
                .enumerate()
                .find_map(|(depth, it)| Some((depth, frame.slot(*it)?)));
            if let Some((depth, slot)) = held {
                return Some(Seen {
                    frame: id,
                    slot,
                    inward: outward[..depth].to_vec(),
                });
            }
            at = frame.parent.map(|(parent, _)| parent);
        }
        None
    }

    /// Whether an entry that is seen from some place is still open: it, and everything around it up to that place, has not
    /// ended, and `counts` says so of each.
    fn is_open(&self, seen: &Seen, counts: impl Fn(&Node) -> bool) -> bool {
        let (mut frame, mut slot) = (seen.frame, seen.slot);
        let mut inward = seen.inward.as_slice();
        while let Some(node) = self.frames.get(&frame).map(|frame| &frame.nodes[slot]) {
            if matches!(node.state, State::Settled) || !counts(node) {
                return false;
            }
            let Some((next, rest)) = inward.split_last() else {
                return true;
            };
            let only = match &node.state {
                State::Inside(inside) if !inside.is_loop => inside.open.keys().next(),
                _ => None,
            };
            let Some(inner) = only else { return true };
            let Some(inner_slot) = self.frames.get(inner).and_then(|frame| frame.slot(*next)) else {
                return false;
            };
            (frame, slot, inward) = (*inner, inner_slot, rest);
        }
        false
    }

    fn progress_of(&self, frame: FrameId, slot: usize, inward: &[EntryId]) -> Status {
        let Some(frame) = self.frames.get(&frame) else {
            return Status::NOTHING;
        };
        let node = &frame.nodes[slot];
        let Some((next, rest)) = inward.split_last() else {
            return self.status_so_far(node);
        };
        let sought = inward.first().copied().unwrap_or(node.entry);
        match &node.state {
            State::Settled => self.result(sought).status,
            State::Inside(inside) => {
                let ended = inside.results.get(&sought);
                let ended = ended.map_or(Status::NOTHING, |(_, record)| record.status);
                let open = inside.open.keys().filter_map(|inner| {
                    let slot = self.frames.get(inner)?.slot(*next)?;
                    Some(self.progress_of(*inner, slot, rest))
                });
                open.fold(ended, Status::merge)
            }
            State::Waiting | State::Meeting(_) | State::Calling(_) => Status::NOTHING,
        }
    }

    /// How an entry has come out so far, everything in it included.
    fn status_so_far(&self, node: &Node) -> Status {
        match &node.state {
            State::Waiting | State::Meeting(_) => Status::NOTHING,
            State::Settled => self.result(node.entry).status,
            State::Calling(calling) => calling.status,
            State::Inside(inside) => {
                let frames = inside.open.keys().filter_map(|id| self.frames.get(id));
                frames.fold(inside.status, |whole, frame| {
                    let open = frame.nodes.iter();
                    let open = open.filter(|node| !matches!(node.state, State::Settled));
                    open.map(|node| self.status_so_far(node))
                        .fold(whole.merge(frame.status), Status::merge)
                })
            }
        }
    }
}
