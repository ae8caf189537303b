//! What is to be done at a time: calls made again, frames whose time is over.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::runner::names::{FrameId, Place};
use crate::runner::schedule::Schedule;

/// What is to be done at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// Make a call again, as this attempt.
    Retry(Place, u32),
    /// The time of a frame is over.
    Deadline(FrameId),
}

/// The timers of a host, by when they are due and then by when they were set.
#[derive(Debug, Default)]
pub(super) struct Timers {
    set: BTreeMap<(Instant, u64), Timer>,
    made: u64,
}

impl Timers {
    /// Sets a timer.
    pub(super) fn set(&mut self, at: Instant, timer: Timer) {
        self.made += 1;
        self.set.insert((at, self.made), timer);
    }

    /// Keeps those for which this holds.
    pub(super) fn retain(&mut self, mut wanted: impl FnMut(&Timer) -> bool) {
        self.set.retain(|_, timer| wanted(timer));
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.set.keys().next().map(|(at, _)| *at)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// The calls that are to be made again.
    pub(super) fn retries(&self) -> impl Iterator<Item = (Place, u32)> {
        self.set.values().filter_map(|timer| match timer {
            Timer::Retry(place, attempt) => Some((*place, *attempt)),
            Timer::Deadline(_) => None,
        })
    }

    fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let entry = self.set.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }
}

impl Schedule {
    /// Gives a frame a time.
    pub(super) fn limit(&mut self, frame: FrameId, timeout: Option<Duration>) {
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
}
