//! What a failure stops, and what happens to what was on its way.

use std::sync::Arc;

use tokio::time::Instant;

use crate::event::{HostOutcome, Kind as Event, Outcome};
use crate::failure::Failure;
use crate::runner::ending::unbegun;
use crate::runner::frame::{State, Trigger};
use crate::runner::gates::Gate;
use crate::runner::guest::Recall;
use crate::runner::host::Host;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::stops::Stop;
use crate::runner::timers::Timer;
use crate::template::Secrecy;

impl Host {
    /// A failure that its own entry does not handle: what is written after it is stopped, and what is written after the
    /// groups around it, up to the one that handles it. What is written before it goes on.
    pub(super) fn fail(&mut self, id: FrameId, slot: usize, failure: &Failure, label: &str) {
        let context = Arc::clone(&self.context);
        let mut reached = Vec::new();
        let mut at = Some((id, slot));
        let mut is_handled = false;
        while let Some((frame, slot)) = at.filter(|_| !is_handled) {
            reached.push((frame, slot));
            let Some(inner) = self.frames.get_mut(&frame) else {
                return;
            };
            inner.failed_at(slot, failure, label);
            at = inner.parent;
            let Some((parent, slot)) = at else { break };
            let Some(outer) = self.frames.get_mut(&parent) else {
                return;
            };
            let group = context.playbook.entry(outer.nodes[slot].entry);
            is_handled = group.is_region || group.ignore_errors;
        }
        let root = reached.last().map(|(frame, _)| *frame).filter(|_| !is_handled);
        if let Some(root) = root {
            // Said first: a round that ends because of it tells that the host has failed.
            self.fail_host(root);
        }
        for (frame, slot) in reached {
            self.stop_frame(frame, slot + 1, Stop::Failed);
        }
        if root.is_some() {
            let others: Vec<_> = self.roots().filter(|other| Some(*other) != root).collect();
            for other in others {
                self.stop_frame(other, 0, Stop::Ended);
            }
        }
        self.take_back_stopped();
    }

    /// The host is not reached any more. What was said first stays.
    pub(super) fn is_gone(&mut self, reason: String) {
        self.over.get_or_insert((HostOutcome::Unreachable, Some(reason)));
    }

    /// How the host has come out so far. One of which a stopped run left nothing undone is not aborted.
    pub(super) fn come_out(&self) -> (HostOutcome, Option<String>) {
        match self.over.clone() {
            Some((HostOutcome::Aborted, _)) if self.undone == 0 => (HostOutcome::Ok, None),
            over => over.unwrap_or((HostOutcome::Ok, None)),
        }
    }

    /// A round has failed: the host is in no later one. A failure of what was still to end counts on a host that the run
    /// has given up, too. Of several failures in a round the reason is the one that is written first.
    pub(super) fn fail_host(&mut self, root: FrameId) {
        let first = self.frames.get(&root).and_then(|frame| frame.failure.as_ref());
        let Some(first) = first else { return };
        let reason = format!("{}: {}", first.label, first.failure.message);
        match &self.over {
            None | Some((HostOutcome::Aborted, _)) => {}
            Some((HostOutcome::Failed, _)) if self.failed_in == Some(root) => {}
            Some(_) => return,
        }
        self.failed_in = Some(root);
        self.over = Some((HostOutcome::Failed, Some(reason)));
    }

    /// Nothing more is started in any round, but for what this leaves.
    pub(super) fn stop_rounds(&mut self, stop: Stop) {
        let roots: Vec<_> = self.roots().collect();
        for root in roots {
            self.stop_frame(root, 0, stop);
        }
        self.take_back_stopped();
    }

    fn roots(&self) -> impl Iterator<Item = FrameId> {
        let roots = self.frames.iter().filter(|(_, frame)| frame.parent.is_none());
        roots.map(|(id, _)| *id)
    }

    /// Nothing more is started in a frame from a place on, and in what is inside that, but for what the stop leaves.
    pub(super) fn stop_frame(&mut self, id: FrameId, from: usize, stop: Stop) {
        let context = Arc::clone(&self.context);
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        if !frame.stop_from(from, stop) {
            return;
        }
        for slot in from..frame.nodes.len() {
            // What ends here may end the frame.
            let Some(frame) = self.frames.get_mut(&id) else {
                return;
            };
            let node = &mut frame.nodes[slot];
            if stop.leaves(&context.playbook, node.entry) {
                continue;
            }
            match &mut node.state {
                State::Waiting | State::Meeting(_) if stop == Stop::Unbegun => self.cancel_entry(id, slot),
                // It ends when what its conditions read is known.
                State::Waiting => drop(frame.agenda.insert(slot)),
                State::Meeting(own) => match own.take() {
                    Some((record, because)) if record.outcome() == Outcome::Skipped => {
                        self.drop_entry(id, slot, *record, because);
                    }
                    _ => self.cancel_entry(id, slot),
                },
                State::Calling(_) => self.drop_unsent(id, slot),
                State::Inside(inside) => {
                    let unbegun = inside.next..inside.items.len();
                    inside.next = inside.items.len();
                    let inner: Vec<_> = inside.open.keys().copied().collect();
                    for item in unbegun {
                        self.cancel_iteration(Place {
                            frame: id,
                            slot,
                            item,
                        });
                    }
                    for inner in inner {
                        self.stop_frame(inner, 0, stop.within());
                    }
                    self.end_group_if_done(id, slot);
                }
                State::Settled => {}
            }
        }
    }

    /// Takes back what was sent ahead and does not go on: what has not started never will.
    pub(super) fn take_back_stopped(&mut self) {
        let stopped = self.flights.iter().rev().filter(|(_, flight)| {
            !flight.is_recalled && flight.place().is_some_and(|place| self.is_stopped(place))
        });
        let stopped: Vec<_> = stopped.map(|(number, _)| number).collect();
        // The last one first: should one start before it is taken back, none that is written before it was taken back.
        for number in stopped {
            if let Some(flight) = self.flights.get_mut(number) {
                flight.is_recalled = true;
            }
            if let Some(session) = &self.session {
                session.sender.withdraw(number);
            }
        }
        self.call_back(Recall::Withdraw, Self::is_stopped);
        self.drop_held_back(|host, flight| flight.place().is_some_and(|place| host.is_stopped(place)));
        let put_off: Vec<_> = self
            .timers
            .retries()
            .chain(self.retries.iter().copied())
            .collect();
        let put_off: Vec<_> = put_off
            .into_iter()
            .filter(|(place, _)| self.ends_attempts(*place))
            .collect();
        let is_put_off = |timer: &Timer| matches!(timer, Timer::Retry(place, attempt) if put_off.contains(&(*place, *attempt)));
        self.timers.retain(|timer| !is_put_off(timer));
        self.retries.retain(|retry| !put_off.contains(retry));
        for (place, _) in put_off {
            self.cancel_item(place, "the run stopped before it was made again");
        }
    }

    /// Whether an entry goes on no more. What stops a group was passed on to its frames.
    pub(super) fn is_stopped(&self, place: Place) -> bool {
        let Some(frame) = self.frames.get(&place.frame) else {
            return true;
        };
        let entry = frame.nodes[place.slot].entry;
        let stop = frame.stop_at(place.slot);
        stop.is_some_and(|stop| !stop.leaves(&self.context.playbook, entry))
    }

    /// Whether an entry, or a group that it is in, says `always`.
    pub(super) fn is_in_always(&self, place: Place) -> bool {
        let mut at = Some((place.frame, place.slot));
        while let Some((frame, slot)) = at
            && let Some(frame) = self.frames.get(&frame)
        {
            if self.context.playbook.entry(frame.nodes[slot].entry).always {
                return true;
            }
            at = frame.parent;
        }
        false
    }

    /// Whether a call that is made until something holds is not made again. Behind a failure that it does not conflict with
    /// it goes on, like any other call that has begun.
    pub(super) fn ends_attempts(&self, place: Place) -> bool {
        let is_end = |stop| matches!(stop, Stop::Ended | Stop::Lost | Stop::Aborted);
        let frame = self.frames.get(&place.frame);
        self.is_stopped(place) && frame.is_none_or(|frame| frame.is_stopped_by(place.slot, is_end))
    }

    /// Whether the time of something that an entry is in is over.
    pub(super) fn is_late(&self, place: Place) -> bool {
        let now = Instant::now();
        let mut at = Some(place.frame);
        while let Some(frame) = at.and_then(|id| self.frames.get(&id)) {
            if frame.deadline.is_some_and(|(end, _)| end <= now) {
                return true;
            }
            at = frame.parent.map(|(parent, _)| parent);
        }
        false
    }

    /// Whether an entry belongs to a group that was opened ahead, and in written order was never begun. Then nothing is
    /// told of it, unless it was sent.
    pub(super) fn is_unbegun(&self, place: Place) -> bool {
        let frame = self.frames.get(&place.frame);
        frame.is_some_and(|frame| frame.stop_at(place.slot) == Some(Stop::Unbegun))
    }

    /// Why something was not begun that was to be.
    pub(super) fn why_not_begun(&self, place: Place) -> &'static str {
        let mut at = Some((place.frame, place.slot));
        let mut worst = None;
        while let Some((frame, slot)) = at
            && let Some(frame) = self.frames.get(&frame)
        {
            if frame
                .failure
                .as_ref()
                .is_some_and(|first| first.slot == usize::MAX)
            {
                return "its time was over";
            }
            worst = worst.max(frame.stop_at(slot));
            at = frame.parent;
        }
        match worst {
            Some(Stop::Failed | Stop::Unbegun) | None => "a call before it failed",
            Some(Stop::Lost) => "the connection was lost",
            Some(Stop::Ended | Stop::Aborted) => "the run stopped",
        }
    }

    /// Ends the items of a call that are not to be sent any more: what its `when` leaves out is skipped, the rest canceled.
    pub(super) fn drop_unsent(&mut self, id: FrameId, slot: usize) {
        let context = Arc::clone(&self.context);
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        let when = &context.playbook.entry(self.entry_at(place)).when;
        let Some(State::Calling(calling)) = self.state(place) else {
            return;
        };
        let unsent = calling.next..calling.items.len();
        calling.next = calling.items.len();
        for item in unsent {
            let place = Place {
                frame: id,
                slot,
                item,
            };
            let Some((_, scope, is_loop, _)) = self.item(place) else {
                return;
            };
            // What reads a secret that nobody has asked for yet is not worth waiting for.
            let secrets = &context.options.secrets;
            let (gate, wanted) = secrets.without_waiting(|| self.gate(when, &scope, None));
            match gate {
                Gate::Shut(because) if is_loop && wanted.is_empty() => {
                    let record = Record::of(Outcome::Skipped);
                    self.end_item(place, record, Some(because), 0, Secrecy::Public);
                }
                _ => self.cancel_item(place, self.why_not_begun(place)),
            }
        }
    }

    /// An item that will not be made, or not again.
    fn cancel_item(&mut self, place: Place, because: &str) {
        let record = Record::of(Outcome::Canceled);
        self.end_item(place, record, Some(because.to_owned()), 0, Secrecy::Public);
    }

    /// An iteration of a group that will not be begun.
    fn cancel_iteration(&mut self, place: Place) {
        let canceled = Record::of(Outcome::Canceled);
        let group = self.entry_at(place);
        let inner: Vec<_> = self.inside(group).collect();
        let playbook = Arc::clone(&self.context.playbook);
        let because = self.why_not_begun(place).to_owned();
        self.tell_iteration(place, &canceled, Some(because), 0.0);
        if let Some(State::Inside(inside)) = self.state(place) {
            inside.status = inside.status.merge(canceled.status);
            for entry in inner {
                if playbook.entry(entry).id.is_some() {
                    inside.keep(place.item, entry, Arc::new(unbegun(&canceled)));
                }
            }
        }
    }

    /// An entry that will not be begun.
    pub(super) fn cancel_entry(&mut self, id: FrameId, slot: usize) {
        let because = self.why_not_begun(Place {
            frame: id,
            slot,
            item: 0,
        });
        let record = Record::of(Outcome::Canceled);
        self.drop_entry(id, slot, record, Some(because.to_owned()));
    }

    /// An entry that will not be begun has ended like this.
    pub(super) fn drop_entry(&mut self, id: FrameId, slot: usize, record: Record, because: Option<String>) {
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        let entry = self.entry_at(place);
        let Some(state) = self.state(place) else { return };
        let was_meeting = matches!(std::mem::replace(state, State::Waiting), State::Meeting(_));
        let had_arrived = was_meeting || self.doing.remove(&entry);
        self.pass_by(entry, had_arrived);
        self.end_entry(id, slot, record, because);
    }

    /// A call that was sent ahead and never started waits again where its sources have not all been asked: what was left out
    /// is told as such. Whether it does; only where it is stopped, so that it is never sent a second time.
    pub(super) fn wait_for_sources(&mut self, place: Place) -> bool {
        if !self.is_stopped(place) || self.is_unbegun(place) {
            return false;
        }
        let is_asking = matches!(
            self.state(place),
            Some(State::Calling(calling)) if matches!(calling.trigger, Trigger::Ask(_))
        );
        let Some(frame) = self.frames.get_mut(&place.frame).filter(|_| is_asking) else {
            return false;
        };
        let node = &mut frame.nodes[place.slot];
        node.state = State::Waiting;
        node.was_sent = true;
        frame.agenda.insert(place.slot);
        // It never began, and holds nothing.
        self.let_go(place);
        true
    }
}

/// Whether something ended without having been done.
pub(super) fn is_undone(kind: &Event) -> bool {
    match kind {
        Event::CallEnded { outcome, .. }
        | Event::GroupEnded { outcome, .. }
        | Event::IterationEnded { outcome, .. } => *outcome == Outcome::Canceled,
        _ => false,
    }
}
