//! The program that changes the user, started with a terminal to ask at and pipes for all else.

use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::agent::deputy::terminal::Terminal;
use crate::agent::deputy::way::Way;

/// How long a program that is hung up on may take to end, and how often it is looked at.
const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(5);

/// It, and our ends.
pub(super) struct Shell {
    pub(super) child: Child,
    pub(super) input: File,
    pub(super) output: File,
    pub(super) complaints: File,
    pub(super) terminal: Option<Terminal>,
}

impl Shell {
    /// Starts it; all our ends are non-blocking. Where the host has no terminal to give, it may do without.
    pub(super) fn start(way: &Way, user: &str) -> io::Result<Self> {
        let terminal = Terminal::open().ok();
        let ((their_input, input), (output, their_output)) = if way.reads_input() {
            // One end for both: its standard input is the terminal.
            let (ours, theirs) = UnixStream::pair()?;
            let (input, their_input) = (ours.try_clone()?, theirs.try_clone()?);
            ((their_input.into(), input.into()), (ours.into(), theirs.into()))
        } else {
            (pipe()?, pipe()?)
        };
        let (complaints, their_complaints) = pipe()?;
        for end in [&input, &output, &complaints] {
            rustix::io::ioctl_fionbio(end, true)?;
        }
        let mut command = way.command(user);
        let tty = terminal.as_ref().map(Terminal::theirs).transpose()?;
        if way.reads_input() {
            let asks = tty.as_ref().map(OwnedFd::try_clone).transpose()?;
            command.stdin(asks.map_or_else(Stdio::null, Stdio::from));
        } else {
            command.stdin(Stdio::from(their_input));
        }
        command.stderr(Stdio::from(their_complaints));
        command.stdout(Stdio::from(their_output));
        own_terminal(&mut command, tty);
        Ok(Self {
            child: command.spawn()?,
            input: input.into(),
            output: output.into(),
            complaints: complaints.into(),
            terminal,
        })
    }
}

impl Shell {
    /// Takes everything from it that it could wait for, its terminal first, which ends it even where its user is one whom
    /// this account may not kill; and waits a moment for that.
    pub(super) fn hang_up(self) {
        let Self {
            mut child,
            input,
            output,
            complaints,
            terminal,
        } = self;
        drop((terminal, input, output, complaints));
        // It may be another user's, or have ended by itself.
        drop(child.kill());
        let until = Instant::now() + PATIENCE;
        while matches!(child.try_wait(), Ok(None)) && Instant::now() < until {
            thread::sleep(TICK);
        }
    }
}

/// Ends what a shell, or what it has become, reads.
pub(super) fn end_input(input: File) {
    let input = UnixStream::from(OwnedFd::from(input));
    // Of a pipe nothing is left but to close it.
    drop(input.shutdown(Shutdown::Write));
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (from, to) = io::pipe()?;
    Ok((from.into(), to.into()))
}

/// Gives the program a session of its own with this controlling terminal.
#[expect(unsafe_code, reason = "it can be done only between fork and exec")]
fn own_terminal(command: &mut Command, tty: Option<OwnedFd>) {
    let prepare = move || {
        rustix::process::setsid()?;
        if let Some(tty) = &tty {
            rustix::process::ioctl_tiocsctty(tty)?;
        }
        Ok(())
    };
    // SAFETY: the closure makes two system calls, allocates nothing, takes no lock and does not panic; the descriptor
    // lives in it as long as the command does.
    unsafe { command.pre_exec(prepare) };
}
