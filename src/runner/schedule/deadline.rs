//! What is done at a time: calls are made again, and the time of a round, or of an iteration of a group, is over.

use std::collections::HashSet;

use tokio::time::Instant;

use crate::argument::Duration;
use crate::event::Outcome;
use crate::failure::{Failure, Kind};
use crate::runner::names::{FrameId, Place};
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::Effect;
use crate::runner::schedule::state::frame::State;
use crate::runner::schedule::state::guest::Recall;
use crate::runner::schedule::state::stops::Stop;
use crate::runner::schedule::state::timers::Timer;
use crate::runner::status::Status;

impl Schedule {
    /// Gives a frame a time.
    pub(super) fn limit(&mut self, frame: FrameId, timeout: Option<std::time::Duration>) {
        let Some(timeout) = timeout else { return };
        let Some(at) = self.now.checked_add(timeout) else {
            return;
        };
        if let Some(frame) = self.frames.get_mut(&frame) {
            frame.deadline = Some((at, timeout));
        }
        self.timers.set(at, Timer::Deadline(frame));
    }

    /// Time has passed: does what is due.
    pub(in crate::runner) fn ring(&mut self, now: Instant) {
        self.now = now;
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Retry(place, attempt) => self.retries.push_back((place, attempt)),
                Timer::Deadline(frame) => self.run_out(frame),
            }
        }
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
                let word = self.program.playbook.entry(frame.nodes[slot].entry).action.word();
                (word, label)
            }
            None => (
                "round",
                self.program.playbook.round(frame.round).name.value.clone(),
            ),
        };
        let message = format!(
            "the {what} `{label}` did not end within its timeout of {}",
            Duration(allowed)
        );
        let failure = Failure::new(Kind::Timeout, message);
        let Some(frame) = self.frames.get_mut(&id) else {
            return;
        };
        frame.status = frame.status.merge(Status::of(Outcome::Failed));
        // After whatever has failed in it by itself.
        frame.failed_at(usize::MAX, &failure, &label);
        let parent = frame.parent;
        if parent.is_none() {
            self.fail_host(id);
        }
        let within: HashSet<_> = self.frames.keys().copied().collect();
        let is_within = |frame: &FrameId| self.is_within_frame(*frame, id);
        let within: HashSet<_> = within.into_iter().filter(is_within).collect();
        self.stop_behind_turn(id);
        self.stop_frame(id, 0, Stop::Ended);
        self.take_back_stopped();
        match parent {
            None => self.stop_rounds(Stop::Ended),
            Some((parent, slot)) => {
                if self.frames.contains_key(&parent) && !self.handles(parent, slot) {
                    self.fail(parent, slot, &failure, &label);
                }
            }
        }
        // Only now, so that nothing starts which waits for the end of what is killed; the last one first. `always` has no
        // limit.
        let is_killed = |host: &Self, place: Place| within.contains(&place.frame) && host.is_stopped(place);
        let killed = self.flights.iter().rev();
        let killed = killed.filter(|(_, flight)| flight.place().is_some_and(|place| is_killed(self, place)));
        let killed: Vec<_> = killed.map(|(no, _)| no).collect();
        self.effects.extend(killed.into_iter().map(Effect::Cancel));
        self.call_back(Recall::Cancel, is_killed);
    }

    /// The time of a frame is over: what is written after the entry whose turn it is was never begun, though it may have been
    /// opened ahead.
    fn stop_behind_turn(&mut self, id: FrameId) {
        let mut at = Some(id);
        while let Some(id) = at {
            let frame = self.frames.get(&id);
            let Some((frame, slot)) = frame.and_then(|frame| Some((frame, frame.first_open()?))) else {
                return;
            };
            let is_left = self.program.playbook.entry(frame.nodes[slot].entry).always;
            let mut inner = match &frame.nodes[slot].state {
                State::Inside(inside) => inside.open.keys().copied().collect(),
                _ => Vec::new(),
            };
            self.stop_frame(id, slot + 1, Stop::Failed);
            if is_left {
                // It goes on without limit, with all that is in it.
                return;
            }
            at = (!inner.is_empty()).then(|| inner.remove(0));
            for ahead in inner {
                self.stop_frame(ahead, 0, Stop::Unbegun);
            }
        }
    }

    fn is_within_frame(&self, mut frame: FrameId, outer: FrameId) -> bool {
        while frame != outer {
            match self.frames.get(&frame).and_then(|it| it.parent) {
                Some((parent, _)) => frame = parent,
                None => return false,
            }
        }
        true
    }
}
