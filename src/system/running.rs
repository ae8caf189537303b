//! A program that runs: its pipes, its end, and its death where it must not go on.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};

use crate::failure::{Failure, Kind};
use crate::system::capture::Capture;
use crate::system::groups;
use crate::system::live::Live;
use crate::system::{Ended, Program, Reader, Show, Stream};

/// How long a process group may take to end in good order before it is killed.
const GRACE: Duration = Duration::from_millis(500);
/// How long output is read on after the program itself has ended.
const DRAIN: Duration = Duration::from_millis(200);
/// How often a kernel without pidfd is asked whether the program has ended.
const TICK: Duration = Duration::from_millis(20);

/// One output stream.
struct Output<'a> {
    pipe: Option<File>,
    capture: Capture,
    live: Option<Live<'a>>,
}

impl Output<'_> {
    /// Takes what is there, a buffer at most, so that no stream keeps the others waiting.
    fn take(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else {
            return Ok(());
        };
        match pipe.read(buffer) {
            Ok(0) => self.pipe = None,
            Ok(n) => {
                self.capture.push(&buffer[..n]);
                if let Some(live) = &mut self.live {
                    live.push(&buffer[..n], Instant::now());
                }
                if self.capture.is_too_long() {
                    self.pipe = None;
                }
            }
            Err(error) if is_for_later(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// Where in its life a program is.
enum Phase {
    Alive,
    /// It was asked to end, and is killed at this time.
    Dying {
        why: Failure,
        kill: Instant,
    },
    /// It has been killed.
    Killed {
        why: Failure,
    },
}

pub(super) struct Running<'a> {
    host: &'a Reader<'a>,
    name: String,
    child: Child,
    group: Option<Pid>,
    end: Option<OwnedFd>,
    cancel: Option<Arc<OwnedFd>>,
    stdin: Option<File>,
    input: &'a [u8],
    outputs: [Output<'a>; 2],
    phase: Phase,
    /// When it has run for so long that it needs a guard, until it has one.
    guard: Option<Instant>,
}

impl<'a> Running<'a> {
    pub(super) fn new(host: &'a Reader<'a>, program: &Program<'a>, mut child: Child) -> io::Result<Self> {
        let group = Pid::from_raw(child.id().cast_signed());
        if let Some(group) = group {
            groups::add(group);
        }
        let nonblocking = |pipe: OwnedFd| -> io::Result<File> {
            rustix::io::ioctl_fionbio(&pipe, true)?;
            Ok(pipe.into())
        };
        let stdin = child
            .stdin
            .take()
            .map(OwnedFd::from)
            .map(nonblocking)
            .transpose()?;
        let stdout = child
            .stdout
            .take()
            .map(OwnedFd::from)
            .map(nonblocking)
            .transpose()?;
        let stderr = child
            .stderr
            .take()
            .map(OwnedFd::from)
            .map(nonblocking)
            .transpose()?;
        let output = |pipe, stream| {
            let is_answer = program.show == Show::Errors && stream == Stream::Stdout;
            let is_live = program.show != Show::Nothing && !is_answer;
            Output {
                pipe,
                capture: if is_answer {
                    Capture::whole()
                } else {
                    Capture::default()
                },
                live: is_live.then(|| Live::new(host.link(), stream)),
            }
        };
        Ok(Self {
            host,
            name: program.name(),
            end: group.and_then(|pid| rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()),
            cancel: host.link().cancel().descriptor(),
            child,
            group,
            stdin,
            input: program.stdin,
            outputs: [output(stdout, Stream::Stdout), output(stderr, Stream::Stderr)],
            phase: Phase::Alive,
            guard: Some(Instant::now() + groups::BRIEF),
        })
    }

    /// Until its end.
    pub(super) fn follow(mut self) -> io::Result<Result<Ended, Failure>> {
        let mut buffer = vec![0; 64 << 10];
        let status = loop {
            if self.wait(&mut buffer, None)? {
                if matches!(self.phase, Phase::Dying { .. }) {
                    // Before the child is waited for, its number cannot be another group's.
                    self.signal(Signal::KILL);
                }
                if let Some(group) = self.group {
                    groups::remove(group);
                }
                break self.child.wait()?;
            }
            self.decide();
        };
        if matches!(self.phase, Phase::Alive) {
            self.drain(&mut buffer)?;
        }
        for output in &mut self.outputs {
            if let Some(live) = &mut output.live {
                live.finish();
            }
        }
        Ok(self.outcome(status))
    }

    fn decide(&mut self) {
        if self.guard.take_if(|at| Instant::now() >= *at).is_some() {
            groups::guard();
        }
        match &mut self.phase {
            Phase::Alive => {
                let is_too_long = self.outputs[0].capture.is_too_long();
                let too_long = || {
                    let message = "answered with more than 16 MiB, which is too much";
                    Failure::new(Kind::Invalid, message)
                };
                let canceled = self.host.check_canceled().err();
                if let Some(why) = canceled.or_else(|| is_too_long.then(too_long)) {
                    self.signal(Signal::TERM);
                    let kill = Instant::now() + GRACE;
                    self.phase = Phase::Dying { why, kill };
                }
            }
            Phase::Dying { why, kill } => {
                if Instant::now() >= *kill {
                    let why = why.clone();
                    self.signal(Signal::KILL);
                    self.phase = Phase::Killed { why };
                }
            }
            Phase::Killed { .. } => {}
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // It may be gone already, which is what was wanted.
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    /// Reads on for a moment what was written before the end; what goes on writing is on its own.
    fn drain(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.end = None;
        let until = Instant::now() + DRAIN;
        while self.outputs.iter().any(|output| output.pipe.is_some()) {
            if Instant::now() >= until {
                self.host.link().warn(format!(
                    "`{}` has ended, but something it started keeps its output open: the rest of it is not read",
                    self.name
                ));
                break;
            }
            self.wait(buffer, Some(until))?;
        }
        Ok(())
    }

    /// Waits until something happens and deals with it. Gives back whether the program has ended.
    fn wait(&mut self, buffer: &mut [u8], drain: Option<Instant>) -> io::Result<bool> {
        let is_alive = matches!(self.phase, Phase::Alive);
        let mut fds = Vec::with_capacity(5);
        let mut whose = Vec::with_capacity(5);
        let mut add = |fd, flags, who| {
            fds.push(PollFd::from_borrowed_fd(fd, flags));
            whose.push(who);
        };
        if drain.is_none() {
            if let Some(end) = &self.end {
                add(end.as_fd(), PollFlags::IN, Whose::End);
            }
            if let Some(cancel) = self.cancel.as_deref().filter(|_| is_alive) {
                add(cancel.as_fd(), PollFlags::IN, Whose::Cancel);
            }
            if let Some(stdin) = &self.stdin {
                add(stdin.as_fd(), PollFlags::OUT, Whose::Stdin);
            }
        }
        for (index, output) in self.outputs.iter().enumerate() {
            if let Some(pipe) = &output.pipe {
                add(pipe.as_fd(), PollFlags::IN, Whose::Output(index));
            }
        }
        let timeout = self
            .wake(drain)
            .map(|at| at.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|it| Timespec::try_from(it).ok());
        match rustix::event::poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(false),
            Err(errno) => return Err(errno.into()),
        }
        let ready: Vec<Whose> = fds
            .iter()
            .zip(whose)
            .filter(|(fd, _)| !fd.revents().is_empty())
            .map(|(_, who)| who)
            .collect();
        drop(fds);
        let mut has_ended = false;
        for who in ready {
            match who {
                Whose::End => has_ended = true,
                Whose::Cancel => {}
                Whose::Stdin => self.feed()?,
                Whose::Output(index) => self.outputs[index].take(buffer)?,
            }
        }
        let now = Instant::now();
        for live in self.outputs.iter_mut().filter_map(|output| output.live.as_mut()) {
            live.flush_due(now);
        }
        if self.end.is_none() && drain.is_none() {
            has_ended = self.has_ended();
        }
        Ok(has_ended)
    }

    /// For kernels without pidfd: asks without reaping, so that the number stays the child's.
    fn has_ended(&self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.group
            .is_none_or(|pid| !matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(None)))
    }

    fn wake(&self, drain: Option<Instant>) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Alive => self.host.link().cancel().deadline(),
            Phase::Dying { kill, .. } => Some(*kill),
            Phase::Killed { .. } => None,
        };
        let tick = (self.end.is_none() && drain.is_none()).then(|| Instant::now() + TICK);
        let live = self.outputs.iter().filter_map(|it| it.live.as_ref()?.due()).min();
        let phase = if drain.is_some() { drain } else { phase };
        let guard = self.guard.filter(|_| drain.is_none());
        [phase, tick, live, guard].into_iter().flatten().min()
    }

    fn feed(&mut self) -> io::Result<()> {
        let Some(stdin) = &mut self.stdin else {
            return Ok(());
        };
        let piece = &self.input[..self.input.len().min(64 << 10)];
        match stdin.write(piece) {
            Ok(n) => self.input = &self.input[n..],
            Err(error) if is_for_later(&error) => {}
            // It need not read what it is given.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.input = &[],
            Err(error) => return Err(error),
        }
        if self.input.is_empty() {
            self.stdin = None;
        }
        Ok(())
    }

    fn outcome(self, status: ExitStatus) -> Result<Ended, Failure> {
        let [stdout, stderr] = self.outputs;
        if let Phase::Dying { why, .. } | Phase::Killed { why } = self.phase {
            let end = stderr.capture.end();
            return Err(Failure {
                message: format!("`{}` {}", self.name, why.message),
                stderr: (!end.is_empty()).then_some(end),
                ..why
            });
        }
        let exit_code = status
            .code()
            .or_else(|| status.signal().map(|signal| 128 + signal))
            .unwrap_or(-1);
        Ok(Ended {
            exit_code,
            stdout: stdout.capture.finish(),
            stderr: stderr.capture.finish(),
        })
    }
}

/// Whose descriptor it is.
#[derive(Clone, Copy)]
enum Whose {
    End,
    Cancel,
    Stdin,
    Output(usize),
}
