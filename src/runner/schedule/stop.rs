//! What a failure stops, and what happens to what was on its way.

use std::sync::Arc;

use crate::event::{HostOutcome, Outcome};
use crate::failure::Failure;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::Effect;
use crate::runner::schedule::ending::unbegun;
use crate::runner::schedule::state::frame::State;
use crate::runner::schedule::state::gate::Trigger;
use crate::runner::schedule::state::guest::Recall;
use crate::runner::schedule::state::stops::Stop;
use crate::runner::schedule::state::timers::Timer;
use crate::template::Secrecy;

impl Schedule {
    /// A failure that its own entry does not handle: what is written after it is stopped, and what is written after the
    /// groups around it, up to the one that handles it. What is written before it goes on.
    pub(super) fn fail(&mut self, id: FrameId, slot: usize, failure: &Failure, label: &str) {
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
            if !self.frames.contains_key(&parent) {
                return;
            }
            is_handled = self.handles(parent, slot);
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

    /// A round has failed: the host is in no later one.
    pub(super) fn fail_host(&mut self, root: FrameId) {
        let first = self.frames.get(&root).and_then(|frame| frame.failure.as_ref());
        let Some(first) = first else { return };
        let reason = format!("{}: {}", first.label, first.failure.message);
        self.course.failed(root, reason);
    }

    /// Nothing more is begun on this host but what the stop leaves. What was said first stays.
    pub(super) fn give_up(&mut self, outcome: HostOutcome, reason: Option<String>, stop: Stop) {
        self.course.is_over(outcome, reason);
        self.stop_rounds(stop);
    }

    /// The run stops: nothing new is begun here but what says `always`, whatever the host is at.
    pub(in crate::runner) fn stop_run(&mut self) {
        self.stop_guests();
        self.give_up(HostOutcome::Aborted, None, Stop::Ended);
    }

    /// The run is canceled: nothing new is begun here, and what runs is ended, the last one first.
    pub(in crate::runner) fn cancel_run(&mut self) {
        self.course.is_canceled = true;
        self.give_up(HostOutcome::Aborted, None, Stop::Aborted);
        let under_way: Vec<_> = self.flights.iter().rev().map(|(no, _)| no).collect();
        self.effects.extend(under_way.into_iter().map(Effect::Cancel));
    }

    /// Nothing is under way, and nothing can begin: gives up.
    pub(in crate::runner) fn is_hung(&mut self) {
        let message = "nothing is under way and nothing can start: a bug in rmote-play, please report it";
        self.warn(message.to_owned());
        self.give_up(HostOutcome::Failed, Some(message.to_owned()), Stop::Aborted);
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
        let program = Arc::clone(&self.program);
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
            if stop.leaves(&program.playbook, node.entry) {
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
            self.effects.push_back(Effect::Withdraw(number));
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
        stop.is_some_and(|stop| !stop.leaves(&self.program.playbook, entry))
    }

    /// Whether an entry, or a group that it is in, says `always`.
    pub(super) fn is_in_always(&self, place: Place) -> bool {
        let mut at = Some((place.frame, place.slot));
        while let Some((frame, slot)) = at
            && let Some(frame) = self.frames.get(&frame)
        {
            if self.program.playbook.entry(frame.nodes[slot].entry).always {
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
        let now = self.now;
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

    /// The items of a call that were not sent are not sent any more. They end in their turn.
    pub(super) fn drop_unsent(&mut self, id: FrameId, slot: usize) {
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        if let State::Calling(calling) = &mut frame.nodes[slot].state {
            calling.is_dropped = true;
            frame.agenda.insert(slot);
        }
    }

    /// An item that will not be made, or not again.
    pub(super) fn cancel_item(&mut self, place: Place, because: &str) {
        let record = Record::of(Outcome::Canceled);
        self.end_item(place, record, Some(because.to_owned()), 0, Secrecy::Public);
    }

    /// An iteration of a group that will not be begun.
    fn cancel_iteration(&mut self, place: Place) {
        let canceled = Record::of(Outcome::Canceled);
        let group = self.entry_at(place);
        let program = Arc::clone(&self.program);
        let because = self.why_not_begun(place).to_owned();
        self.tell_iteration(place, &canceled, Some(because), 0.0);
        if let Some(State::Inside(inside)) = self.state(place) {
            inside.status = inside.status.merge(canceled.status);
            for entry in program.inside(group) {
                if program.playbook.entry(entry).id.is_some() {
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
