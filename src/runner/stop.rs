//! What a failure stops, and what happens to what was on its way.

use std::sync::Arc;

use crate::argument::Duration;
use crate::event::Outcome;
use crate::failure::{Failure, Kind};
use crate::runner::frame::{Node, State, Stop};
use crate::runner::host::{Host, Timer};
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;

impl Host {
    /// A failure that its own entry does not handle: everything up to the region that does is stopped.
    pub(super) fn fail(&mut self, id: FrameId, failure: &Failure, label: &str) {
        let stop = Stop::Failed(failure.clone(), label.to_owned());
        let mut top = id;
        loop {
            let Some(frame) = self.frames.get(&top) else {
                return;
            };
            let Some((parent, slot)) = frame.parent else { break };
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
                self.stop_frame(top, &stop);
                return;
            }
            top = parent;
        }
        // Said first: a round that ends because of it tells that the host has failed.
        self.fail_host(failure, label);
        let roots: Vec<_> = self
            .frames
            .iter()
            .filter(|(_, frame)| frame.parent.is_none())
            .map(|(id, _)| *id)
            .collect();
        for root in roots {
            self.stop_frame(root, &stop);
        }
    }

    /// Nothing more is started in a frame and in what is inside it, but for `always`.
    pub(super) fn stop_frame(&mut self, id: FrameId, stop: &Stop) {
        let inner: Vec<_> = self
            .frames
            .iter()
            .filter(|(_, it)| it.parent.is_some_and(|(p, _)| p == id))
            .map(|(i, _)| *i)
            .collect();
        for inner in inner {
            self.stop_frame(inner, stop);
        }
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        let is_abort = matches!(stop, Stop::Aborted);
        if frame.stopped.is_some() && !is_abort {
            return;
        }
        frame.stopped = Some(stop.clone());
        let playbook = Arc::clone(&self.context.playbook);
        let mut dropped = Vec::new();
        for (slot, node) in frame.nodes.iter_mut().enumerate() {
            match &mut node.state {
                State::Waiting if is_abort || !playbook.entry(node.entry).always => dropped.push(slot),
                State::Calling(calling) => {
                    // Items that were not sent are not.
                    let unsent = calling.items.len() - calling.next;
                    calling.open -= unsent;
                    calling.next = calling.items.len();
                }
                State::Inside(inside) => inside.next = inside.items.len(),
                State::Waiting | State::Settled => {}
            }
        }
        for slot in dropped {
            self.drop_node(id, slot);
        }
        if let Some(session) = &self.session {
            for (number, flight) in self.flights.iter() {
                if flight.place.frame == id {
                    session.sender.withdraw(number);
                }
            }
        }
        let timers = self.take_timers(|timer| matches!(timer, Timer::Retry(place, _) if place.frame == id));
        for timer in timers {
            if let Timer::Retry(place, _) = timer {
                let because = Some("the run stopped before it was made again".to_owned());
                self.end_item(place, Record::of(Outcome::Canceled), because, 0, false);
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
        node.state = State::Settled;
        frame.unsettled -= 1;
        self.fates[node.entry.index()].settled = true;
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
                ("the group", label)
            }
            None => (
                "the round",
                self.context.playbook.round(frame.round).name.value.clone(),
            ),
        };
        let message = format!(
            "{what} `{label}` did not end within its timeout of {}",
            Duration(allowed)
        );
        if let Some(session) = &self.session {
            for (number, flight) in self.flights.iter() {
                if self.is_within_frame(flight.place.frame, id) {
                    session.sender.cancel(number);
                }
            }
        }
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
