//! Keys of entries that may be expressions: fixed, or as they came out when the entry was begun.

use std::time::Duration;

use crate::playbook::{Call, DELAY_DEFAULT, RETRIES_DEFAULT, Setting};
use crate::runner::names::{FrameId, Place};
use crate::runner::schedule::Schedule;
use crate::runner::settings::Settings;

impl Schedule {
    /// Whether nothing of an entry is shown: also where it is not known yet.
    pub(super) fn is_hidden(&self, frame: FrameId, slot: usize) -> bool {
        let mut at = Some((frame, slot));
        while let Some((frame, slot)) = at {
            let Some(found) = self.frames.get(&frame) else {
                return true;
            };
            match &self.program.playbook.entry(found.nodes[slot].entry).no_log {
                Setting::Fixed(it) => return *it,
                Setting::Asked(_) => {
                    let settings = found.nodes[slot].settings.as_ref();
                    return settings.and_then(|it| it.no_log).unwrap_or(true);
                }
                Setting::Outer => at = found.parent,
            }
        }
        true
    }

    /// Whether a failure of an entry does not count. Of one that was not begun, an expression does not say it.
    pub(super) fn ignores(&self, frame: FrameId, slot: usize) -> bool {
        let Some(found) = self.frames.get(&frame) else {
            return false;
        };
        match &self.program.playbook.entry(found.nodes[slot].entry).ignore_errors {
            Setting::Fixed(it) => *it,
            Setting::Asked(_) | Setting::Outer => {
                self.settings(frame, slot).is_some_and(|it| it.ignore_errors)
            }
        }
    }

    /// Whether an entry handles its own failure.
    pub(super) fn handles(&self, frame: FrameId, slot: usize) -> bool {
        let entry = self.frames.get(&frame).map(|found| found.nodes[slot].entry);
        let is_region = entry.is_some_and(|it| self.program.playbook.entry(it).is_region);
        is_region || self.ignores(frame, slot)
    }

    /// How long an entry may take.
    pub(super) fn time_of(&self, frame: FrameId, slot: usize) -> Option<Duration> {
        let entry = self.frames.get(&frame)?.nodes[slot].entry;
        match self.program.playbook.entry(entry).timeout.as_ref()? {
            Setting::Fixed(it) => Some(*it),
            Setting::Asked(_) | Setting::Outer => self.settings(frame, slot)?.timeout,
        }
    }

    /// How many times a call is made again, and how long is waited in between.
    pub(super) fn attempts(&self, place: Place, call: &Call) -> (u32, Duration) {
        let settings = self.settings(place.frame, place.slot);
        let retries = match &call.retries {
            Setting::Fixed(it) => *it,
            Setting::Asked(_) | Setting::Outer => settings.map_or(RETRIES_DEFAULT, |it| it.retries),
        };
        let delay = match &call.delay {
            Setting::Fixed(it) => *it,
            Setting::Asked(_) | Setting::Outer => settings.map_or(DELAY_DEFAULT, |it| it.delay),
        };
        (retries, delay)
    }

    fn settings(&self, frame: FrameId, slot: usize) -> Option<&Settings> {
        self.frames.get(&frame)?.nodes[slot].settings.as_deref()
    }
}
