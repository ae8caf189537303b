//! The two descriptors that carry frames, out of the reach of children and stray prints.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;

use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio;

/// Descriptors below this number are what programs use by habit.
const LOWEST: i32 = 100;

/// What was moved out of the way.
pub(super) struct Channel {
    /// Frames from the controller.
    pub(super) input: File,
    /// Frames to it.
    pub(super) output: File,
    /// Where the last words of an agent go that cannot go on.
    pub(super) complaints: File,
}

/// Moves standard input, output and error to high descriptors that end at `exec`, and points 0, 1 and 2 at `/dev/null`.
pub(super) fn take() -> io::Result<Channel> {
    let input: OwnedFd = fcntl_dupfd_cloexec(stdio::stdin(), LOWEST)?;
    let output: OwnedFd = fcntl_dupfd_cloexec(stdio::stdout(), LOWEST)?;
    let complaints: OwnedFd = fcntl_dupfd_cloexec(stdio::stderr(), LOWEST)?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    stdio::dup2_stdin(&null)?;
    stdio::dup2_stdout(&null)?;
    stdio::dup2_stderr(&null)?;
    Ok(Channel {
        input: input.into(),
        output: output.into(),
        complaints: complaints.into(),
    })
}
