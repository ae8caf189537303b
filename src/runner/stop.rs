//! What a failure stops, and what happens to what was on its way.

use std::collections::HashSet;
use std::sync::Arc;

use crate::argument::Duration;
use crate::event::{HostOutcome, Outcome};
use crate::failure::{Failure, Kind};
use crate::runner::frame::{Frame, Node, State, Stop};
use crate::runner::guest::Recall;
use crate::runner::host::{Host, Timer};
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::template::Secrecy;

impl Host {
    /// A failure that its own entry does not handle: everything up to the region that does is stopped.
    pub(super) fn fail(&mut self, id: FrameId, failure: &Failure, label: &str) {
        let stop = Stop::Failed(failure.clone(), label.to_owned());
        let mut top = id;
        let mut chain = Vec::new();
        let is_handled = loop {
            chain.push(top);
            let Some(frame) = self.frames.get(&top) else {
                return;
            };
            let Some((parent, slot)) = frame.parent else {
                break false;
            };
            let Some(frame) = self.frames.get_mut(&parent) else {
                return;
            };
            let group = self.context.playbook.entry(frame.nodes[slot].entry);
            if let State::Inside(inside) = &mut frame.nodes[slot].state {
                inside
                    .failure
                    .get_or_insert_with(|| (failure.clone(), label.to_owned()));
            }
            if group.is_region || group.ignore_errors || group.repeat.is_some() {
                break true;
            }
            top = parent;
        };
        if !is_handled {
            // Said first: a round that ends because of it tells that the host has failed.
            self.fail_host(failure, label);
        }
        for frame in chain {
            self.stop_frame(frame, &stop);
        }
        if !is_handled {
            self.stop_rounds(&stop);
        }
    }

    /// The host is not reached any more. What was said first stays.
    pub(super) fn is_gone(&mut self, reason: String) {
        self.over.get_or_insert((HostOutcome::Unreachable, Some(reason)));
    }

    /// A round has failed: the host is in no later one. A failure of what was still to end counts on a host that the run
    /// has given up, too.
    pub(super) fn fail_host(&mut self, failure: &Failure, label: &str) {
        if matches!(self.over, None | Some((HostOutcome::Aborted, _))) {
            self.over = Some((HostOutcome::Failed, Some(format!("{label}: {}", failure.message))));
        }
    }

    /// Nothing more is started in any round, but for what this leaves.
    pub(super) fn stop_rounds(&mut self, stop: &Stop) {
        let roots: Vec<_> = self
            .frames
            .iter()
            .filter(|(_, frame)| frame.parent.is_none())
            .map(|(id, _)| *id)
            .collect();
        for root in roots {
            self.stop_frame(root, stop);
        }
    }

    /// Nothing more is started in a frame and in what is inside it, but for what this leaves.
    fn stop_frame(&mut self, id: FrameId, stop: &Stop) {
        let context = Arc::clone(&self.context);
        let playbook = &context.playbook;
        let leaves = |frame: &Frame, slot: usize| stop.leaves(playbook, frame.nodes[slot].entry);
        let is_inner = |it: &Frame| {
            it.parent
                .is_some_and(|(parent, slot)| parent == id && !leaves(&self.frames[&parent], slot))
        };
        let inner: Vec<_> = self
            .frames
            .iter()
            .filter(|(_, it)| is_inner(it))
            .map(|(i, _)| *i)
            .collect();
        for inner in inner {
            self.stop_frame(inner, stop);
        }
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        if frame.stopped.as_ref().is_some_and(|old| !old.is_milder(stop)) {
            return;
        }
        frame.stopped = Some(stop.clone());
        let mut dropped = Vec::new();
        for (slot, node) in frame.nodes.iter_mut().enumerate() {
            if stop.leaves(playbook, node.entry) {
                continue;
            }
            match &mut node.state {
                State::Waiting | State::Meeting(_) => dropped.push(slot),
                State::Calling(calling) => {
                    // Items that were not sent are not.
                    let unsent = calling.items.len() - calling.next;
                    calling.open -= unsent;
                    calling.next = calling.items.len();
                }
                State::Inside(inside) => inside.next = inside.items.len(),
                State::Settled => {}
            }
        }
        for slot in dropped {
            self.drop_node(id, slot);
        }
        let Some(frame) = self.frames.get(&id) else { return };
        let stopped: HashSet<usize> = (0..frame.nodes.len())
            .filter(|slot| !leaves(frame, *slot))
            .collect();
        let is_stopped = |place: &Place| place.frame == id && stopped.contains(&place.slot);
        if let Some(session) = &self.session {
            for (number, flight) in self.flights.iter() {
                if flight.place().is_some_and(|place| is_stopped(&place)) {
                    session.sender.withdraw(number);
                }
            }
        }
        self.call_back(Recall::Withdraw, is_stopped);
        let timers = self.take_timers(|timer| matches!(timer, Timer::Retry(place, _) if is_stopped(place)));
        for timer in timers {
            if let Timer::Retry(place, _) = timer {
                let because = Some("the run stopped before it was made again".to_owned());
                self.end_item(place, Record::of(Outcome::Canceled), because, 0, Secrecy::Public);
            }
        }
        self.end_unsent(id);
        self.end_if_settled(id);
    }

    /// Ends loops whose items have all ended, but for those that are not sent any more.
    fn end_unsent(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get(&id) else { return };
        let done = |node: &Node| match &node.state {
            State::Calling(calling) => calling.open == 0,
            State::Inside(inside) => inside.open == 0,
            _ => false,
        };
        let slots: Vec<_> = (0..frame.nodes.len())
            .filter(|slot| done(&frame.nodes[*slot]))
            .collect();
        for slot in slots {
            let is_call = matches!(
                self.frames.get(&id).map(|frame| &frame.nodes[slot].state),
                Some(State::Calling(_))
            );
            if is_call {
                self.end_call(id, slot);
            } else {
                self.end_group(id, slot);
            }
        }
    }

    /// An entry that will not be begun.
    fn drop_node(&mut self, id: FrameId, slot: usize) {
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        let node = &mut frame.nodes[slot];
        let old = std::mem::replace(&mut node.state, State::Settled);
        let entry = node.entry;
        frame.unsettled -= 1;
        self.fates[entry.index()].settled = true;
        let had_arrived = matches!(old, State::Meeting(_)) || self.doing.remove(&entry);
        self.pass_by(entry, had_arrived);
        self.pass(id, slot);
    }

    /// The time of a frame is over: what runs in it is ended, and it has failed.
    pub(super) fn run_out(&mut self, id: FrameId) {
        let Some(frame) = self.frames.get(&id) else { return };
        let allowed = frame
            .deadline
            .map_or(std::time::Duration::ZERO, |(_, allowed)| allowed);
        let (what, label) = match frame.parent {
            Some((parent, slot)) => {
                let label = self.label(Place {
                    frame: parent,
                    slot,
                    item: 0,
                });
                let frame = &self.frames[&parent];
                let word = self.context.playbook.entry(frame.nodes[slot].entry).action.word();
                (word, label)
            }
            None => (
                "round",
                self.context.playbook.round(frame.round).name.value.clone(),
            ),
        };
        let message = format!(
            "the {what} `{label}` did not end within its timeout of {}",
            Duration(allowed)
        );
        if let Some(session) = &self.session {
            for (number, flight) in self.flights.iter() {
                if flight
                    .place()
                    .is_some_and(|place| self.is_within_frame(place.frame, id))
                {
                    session.sender.cancel(number);
                }
            }
        }
        let within: HashSet<_> = self
            .frames
            .keys()
            .copied()
            .filter(|frame| self.is_within_frame(*frame, id))
            .collect();
        self.call_back(Recall::Cancel, |place| within.contains(&place.frame));
        self.fail(id, &Failure::new(Kind::Timeout, message), &label);
    }

    pub(super) fn is_within_frame(&self, mut frame: FrameId, outer: FrameId) -> bool {
        while frame != outer {
            match self.frames.get(&frame).and_then(|it| it.parent) {
                Some((parent, _)) => frame = parent,
                None => return false,
            }
        }
        true
    }
}
