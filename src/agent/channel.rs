//! The two descriptors that carry frames, out of the reach of children and stray prints.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;

use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio;

/// Descriptors below this number are what programs use by habit.
const LOWEST: i32 = 100;

/// Moves standard input and output to high descriptors that end at `exec`, and points 0, 1 and 2 at `/dev/null`.
pub(super) fn take() -> io::Result<(File, File)> {
    let input: OwnedFd = fcntl_dupfd_cloexec(stdio::stdin(), LOWEST)?;
    let output: OwnedFd = fcntl_dupfd_cloexec(stdio::stdout(), LOWEST)?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    stdio::dup2_stdin(&null)?;
    stdio::dup2_stdout(&null)?;
    stdio::dup2_stderr(&null)?;
    Ok((File::from(input), File::from(output)))
}
