//! The control groups of machines: what is in them ends, and then they do.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long processes may take to be gone once they are killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends whatever is left in a control group and removes it; whether it is gone.
pub(super) fn remove(group: &Path) -> bool {
    // Without this file the kernel is an old one; its processes are on their way out anyway.
    fs::write(group.join("cgroup.kill"), "1").ok();
    await_empty(group);
    remove_folders(group);
    !group.exists()
}

/// The kernel tells by its file of events when the last process is gone, and takes no group away before that.
fn await_empty(group: &Path) {
    let Ok(mut events) = File::open(group.join("cgroup.events")) else {
        return;
    };
    let end = Instant::now() + PATIENCE;
    loop {
        let mut text = String::new();
        let read = events.rewind().and_then(|()| events.read_to_string(&mut text));
        let left = end.saturating_duration_since(Instant::now());
        if read.is_err() || !text.contains("populated 1") || left.is_zero() {
            return;
        }
        let left = Timespec::try_from(left).expect("it is short");
        poll(&mut [PollFd::new(&events, PollFlags::PRI)], Some(&left)).ok();
    }
}

/// Control groups are removed from below; their files are no files.
fn remove_folders(group: &Path) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            remove_folders(&entry.path());
        }
    }
    fs::remove_dir(group).ok();
}
