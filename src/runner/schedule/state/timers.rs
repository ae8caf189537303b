//! What is to be done at a time: calls made again, frames whose time is over.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::runner::names::{FrameId, Place};

/// What is to be done at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum Timer {
    /// Make a call again, as this attempt.
    Retry(Place, u32),
    /// The time of a frame is over.
    Deadline(FrameId),
}

/// The timers of a host, by when they are due and then by when they were set.
#[derive(Debug, Default)]
pub(in crate::runner) struct Timers {
    set: BTreeMap<(Instant, u64), Timer>,
    made: u64,
}

impl Timers {
    /// Sets a timer.
    pub(in crate::runner) fn set(&mut self, at: Instant, timer: Timer) {
        self.made += 1;
        self.set.insert((at, self.made), timer);
    }

    /// Keeps those for which this holds.
    pub(in crate::runner) fn retain(&mut self, mut wanted: impl FnMut(&Timer) -> bool) {
        self.set.retain(|_, timer| wanted(timer));
    }

    /// When the next one is due.
    pub(in crate::runner) fn next(&self) -> Option<Instant> {
        self.set.keys().next().map(|(at, _)| *at)
    }

    /// Whether there is none.
    pub(in crate::runner) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// The calls that are to be made again.
    pub(in crate::runner) fn retries(&self) -> impl Iterator<Item = (Place, u32)> {
        self.set.values().filter_map(|timer| match timer {
            Timer::Retry(place, attempt) => Some((*place, *attempt)),
            Timer::Deadline(_) => None,
        })
    }

    pub(in crate::runner) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let entry = self.set.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }
}
