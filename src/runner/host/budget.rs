//! How much of what hosts write and log is told: a host decides how much that is, and must not fill the disk of the controller,
//! where it is kept, with it.

use std::sync::atomic::Ordering;

use crate::runner::host::Host;

/// What an event takes next to its text.
const EVENT: u64 = 256;
/// How much of one call is told.
const CALL: u64 = 8 << 20;
/// How much of all calls of a run.
const RUN: u64 = 512 << 20;
/// How much a host may tell that belongs to no call.
const NOTICES: u32 = 20;

/// What has been told of one call.
#[derive(Debug, Default)]
pub(super) struct Share {
    spent: u64,
    is_cut: bool,
}

impl Host {
    /// Whether so many bytes of a call's output or log may be told; that no more is told is said once.
    pub(super) fn affords(&mut self, id: u64, bytes: usize) -> bool {
        let cost = bytes as u64 + EVENT;
        let share = &mut self.outputs.entry(id).or_default().share;
        if share.spent + cost > CALL {
            if !std::mem::replace(&mut share.is_cut, true) {
                let whose = self.schedule.whose(id);
                let label = whose.map_or_else(String::new, |(call, ..)| call.label.clone());
                let most = CALL >> 20;
                self.schedule.warn(format!(
                    "`{label}` has written and logged more than {most} MiB: the rest of it is not shown and not kept"
                ));
            }
            return false;
        }
        share.spent += cost;
        let told = &self.context.told;
        if told.spent.fetch_add(cost, Ordering::Relaxed) + cost > RUN {
            if !told.is_cut.swap(true, Ordering::Relaxed) {
                let most = RUN >> 20;
                self.schedule.warn(format!(
                    "the calls of this run have written and logged more than {most} MiB: the rest of it is not shown and \
                     not kept"
                ));
            }
            return false;
        }
        true
    }

    /// What the agent says that belongs to no call.
    pub(super) fn noticed(&mut self, message: String) {
        if self.notices < NOTICES {
            self.notices += 1;
            self.schedule.warn(message);
        }
    }
}
