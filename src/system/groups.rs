//! The process groups of programs that run, so that whoever ends this process can take them with it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// Kept rather than looked up: not every kernel lists a process's children, and to search for them takes longer the more
/// processes a host has.
static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn change(how: impl FnOnce(&mut BTreeSet<i32>)) {
    how(&mut RUNNING.lock().unwrap_or_else(PoisonError::into_inner));
}

/// A program that leads this group was started.
pub(super) fn add(group: Pid) {
    change(|running| _ = running.insert(group.as_raw_nonzero().get()));
}

/// It has ended. To be said before it is waited for, while its number cannot be another's.
pub(super) fn remove(group: Pid) {
    change(|running| _ = running.remove(&group.as_raw_nonzero().get()));
}

/// Kills every group that runs.
pub fn kill_running() {
    change(|running| {
        for group in std::mem::take(running).into_iter().filter_map(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    });
}
