//! Looking through what is under way for what may begin: list by list, in the order in which they were begun, each from its
//! first place on.

use crate::runner::names::FrameId;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::pass::{Advance, Look, Pass};

impl Schedule {
    /// Looks on until something was done.
    pub(super) fn advance(&mut self) -> Advance {
        let mut pass = self.pass.take().unwrap_or(Pass {
            last: FrameId(self.frames_made),
            frame: FrameId(0),
            slot: 0,
            has_begun: false,
        });
        loop {
            let next = self.frames.range(pass.frame..=pass.last.max(pass.frame)).next();
            let Some((id, frame)) = next.map(|(id, frame)| (*id, frame)) else {
                return if pass.has_begun {
                    Advance::Pass
                } else {
                    Advance::Nothing
                };
            };
            let from = if id == pass.frame { pass.slot } else { 0 };
            let slot = frame.agenda.range(from..).next().copied();
            let Some(slot) = slot.filter(|_| !self.is_full()) else {
                pass.frame = FrameId(id.0 + 1);
                pass.slot = 0;
                continue;
            };
            let look = self.look(id, slot);
            pass.frame = id;
            pass.slot = if look == Look::Again { slot } else { slot + 1 };
            if look != Look::Nothing {
                pass.has_begun = true;
                self.pass = Some(pass);
                return Advance::Some;
            }
        }
    }
}
