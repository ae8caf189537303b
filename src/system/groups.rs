//! The process groups of programs that run, so that whatever ends this process takes them with it: itself, or, where it is
//! killed, a guard that it has started for that.

use std::collections::BTreeSet;
use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

/// A program that runs for less than this needs no guard.
pub(super) const BRIEF: Duration = Duration::from_millis(100);

/// Kept rather than looked up: not every kernel lists a process's children, and to search for them takes longer the more
/// processes a host has.
static RUNNING: Mutex<Running> = Mutex::new(Running {
    groups: BTreeSet::new(),
    guard: Guard::None,
});

struct Running {
    groups: BTreeSet<i32>,
    guard: Guard,
}

enum Guard {
    /// This process has none, as in tests.
    None,
    /// It is this program with these arguments, and not needed yet.
    Ready(&'static [&'static str]),
    /// What it is told by; its end is what it waits for.
    There(ChildStdin),
}

fn lock() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on this process has a guard when it needs one: itself, started with these arguments, that calls [`stand_guard`].
pub fn guarded_by(arguments: &'static [&'static str]) {
    lock().guard = Guard::Ready(arguments);
}

/// A program that leads this group was started.
pub(super) fn add(group: Pid) {
    let group = group.as_raw_nonzero().get();
    let mut running = lock();
    running.groups.insert(group);
    running.tell(group);
}

/// It has ended. To be said before it is waited for, while its number cannot be another's.
pub(super) fn remove(group: Pid) {
    let group = group.as_raw_nonzero().get();
    let mut running = lock();
    running.groups.remove(&group);
    running.tell(-group);
}

/// A program runs for longer: sees to it that there is a guard.
pub(super) fn guard() {
    let mut running = lock();
    let Guard::Ready(arguments) = running.guard else {
        return;
    };
    let started = Command::new("/proc/self/exe")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        .process_group(0)
        .spawn();
    // A host that starts no process more has none.
    let told_by = started.ok().and_then(|mut guard| guard.stdin.take());
    running.guard = told_by.map_or(Guard::None, Guard::There);
    for group in running.groups.clone() {
        running.tell(group);
    }
}

/// Kills every group that runs.
pub fn kill_running() {
    kill(&std::mem::take(&mut lock().groups));
}

/// Waits for the end of the process that started this one, and kills what that has left.
///
/// # Errors
/// Where what it says cannot be read.
pub fn stand_guard(mut told_by: impl Read) -> io::Result<()> {
    let mut groups = BTreeSet::new();
    let mut word = [0; 4];
    let end = loop {
        match told_by.read_exact(&mut word) {
            Ok(()) => match i32::from_le_bytes(word) {
                group @ 1.. => _ = groups.insert(group),
                group => _ = groups.remove(&group.wrapping_neg()),
            },
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    kill(&groups);
    end
}

fn kill(groups: &BTreeSet<i32>) {
    for group in groups.iter().copied().filter_map(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

impl Running {
    /// Tells the guard of a group that runs, or, below zero, that does so no more.
    fn tell(&mut self, group: i32) {
        if let Guard::There(told_by) = &mut self.guard
            && told_by.write_all(&group.to_le_bytes()).is_err()
        {
            // Somebody has killed it.
            self.guard = Guard::None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_kills_what_still_runs_and_nothing_else() {
        let sleeper = || {
            let mut command = Command::new("sleep");
            command.arg("60").process_group(0).spawn().unwrap()
        };
        let (mut left, mut ended) = (sleeper(), sleeper());
        let words = [
            left.id().cast_signed(),
            ended.id().cast_signed(),
            -ended.id().cast_signed(),
        ];
        let told: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        stand_guard(&told[..]).unwrap();
        let status = left.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
        assert!(ended.try_wait().unwrap().is_none());
        ended.kill().unwrap();
        ended.wait().unwrap();
    }
}
