//! What is said until a second agent has introduced itself: the password, the script, the binary where it lacks.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::agent::deputy::shell::Shell;
use crate::agent::deputy::start::{OWN, Refusal, Started};
use crate::agent::deputy::way::Way;
use crate::bootstrap::{self, Task};
use crate::failure::{Failure, Kind};
use crate::login::Login;
use crate::protocol::{self, FRAME_LIMIT, FromAgent, VERSION};
use crate::system::Cancel;

/// How often the terminal is looked at: a change of its modes wakes nobody.
const GLANCE: Duration = Duration::from_millis(5);
/// How long the binary may be on its way, next to the time for the rest.
const INSTALL: Duration = Duration::from_mins(1);
/// How long an agent that was found there may take to introduce itself.
const FIRST_WORDS: Duration = Duration::from_secs(5);
/// The most that may come before an answer, and the most that is kept of complaints.
const NOISE: usize = 64 << 10;
/// How much is read or sent at once.
const PIECE: usize = 64 << 10;

/// What else is to be tried.
pub(super) enum Next {
    /// This directory did not take the binary: one after it may.
    Elsewhere { place: usize, why: String },
    /// No directory does.
    Nowhere,
    /// What is there does not start, and why: it is to be replaced.
    Damaged(Refusal),
}

/// What is awaited.
enum Phase {
    Answer,
    /// The binary is on its way to a directory.
    Taking {
        file: File,
        place: usize,
        dir: String,
    },
    Hello,
}

/// A shell that is to become an agent.
pub(super) struct Talk<'a> {
    login: &'a Login,
    way: &'a Way,
    build: &'a str,
    shell: Shell,
    marker: String,
    phase: Phase,
    /// To be written.
    outgoing: Vec<u8>,
    /// Read and not used.
    ahead: Vec<u8>,
    said: Vec<u8>,
    /// What is written at the terminal.
    shown: Vec<u8>,
    is_hidden: bool,
    asked: u32,
    allowed: Duration,
    deadline: Instant,
    /// Whether the binary was found there, and not put there just now.
    is_found: bool,
}

impl<'a> Talk<'a> {
    /// Starts the shell. `from`: the first directory into which the binary is put; `anew`: whatever is there.
    pub(super) fn begin(
        login: &'a Login,
        way: &'a Way,
        build: &'a str,
        from: usize,
        anew: bool,
    ) -> Result<Self, Failure> {
        let size = std::fs::metadata(OWN)
            .map_err(|error| Failure::io("cannot read the agent's own file", &error))?
            .len();
        let nonce = bootstrap::nonce();
        let user = login.user.as_str();
        let script = bootstrap::script(
            build,
            &nonce,
            Task::Become {
                user,
                from,
                size,
                anew,
            },
        );
        let program = way.method.program();
        let shell = Shell::start(way, user)
            .map_err(|error| Failure::io(format_args!("cannot start `{program}`"), &error))?;
        let allowed = Duration::from_millis(login.timeout_ms);
        Ok(Self {
            login,
            way,
            build,
            shell,
            marker: bootstrap::marker(&nonce),
            phase: Phase::Answer,
            outgoing: script.into_bytes(),
            ahead: Vec::new(),
            said: Vec::new(),
            shown: Vec::new(),
            is_hidden: false,
            asked: 0,
            allowed,
            deadline: Instant::now() + allowed,
            is_found: !anew,
        })
    }

    /// Talks until the agent has introduced itself, or until it is known that it will not; then the shell has ended.
    pub(super) fn run(mut self, cancel: &Cancel) -> Result<Result<Started, Next>, Refusal> {
        match self.converse(cancel) {
            Ok(None) => {
                let (shell, begun) = (self.shell, self.ahead);
                Ok(Ok(Started { shell, begun }))
            }
            Ok(Some(next)) => {
                self.shell.hang_up();
                Ok(Err(next))
            }
            Err(refusal) => {
                self.shell.hang_up();
                Err(refusal)
            }
        }
    }

    fn converse(&mut self, cancel: &Cancel) -> Result<Option<Next>, Refusal> {
        loop {
            cancel.check()?;
            self.answer_terminal()?;
            if Instant::now() >= self.deadline {
                let mut late = self.way.late(&self.login.user, self.allowed);
                if matches!(self.phase, Phase::Hello) {
                    late.message = format!(
                        "no answer in time: the agent as `{}` did not introduce itself",
                        self.login.user
                    );
                }
                return self.damaged(late.into());
            }
            let is_open = self.exchange().map_err(|error| {
                Failure::io(
                    format_args!("cannot speak to `{}`", self.way.method.program()),
                    &error,
                )
            })?;
            loop {
                if matches!(self.phase, Phase::Hello) {
                    if self.hello()? {
                        return Ok(None);
                    }
                    break;
                }
                let Some(answer) = self.answer()? else { break };
                if let Some(next) = self.answered(&answer)? {
                    return Ok(Some(next));
                }
            }
            if !is_open {
                let ended = self.ended();
                return self.damaged(ended);
            }
        }
    }

    /// It will not come to an introduction: what was found there is replaced, once.
    fn damaged(&self, why: Refusal) -> Result<Option<Next>, Refusal> {
        if self.is_found && matches!(self.phase, Phase::Hello) {
            return Ok(Some(Next::Damaged(why)));
        }
        Err(why)
    }

    /// Answers what is asked at the terminal: a password is asked for where what is typed is hidden, and asked for once.
    fn answer_terminal(&mut self) -> Result<(), Refusal> {
        let Some(terminal) = &mut self.shell.terminal else {
            return Ok(());
        };
        terminal.drain(&mut self.shown);
        if !matches!(self.phase, Phase::Answer) {
            return Ok(());
        }
        let was_hidden = std::mem::replace(&mut self.is_hidden, terminal.hides());
        if was_hidden || !self.is_hidden {
            return Ok(());
        }
        self.asked += 1;
        let user = &self.login.user;
        match &self.login.password {
            None => Err(self.way.unanswered(user).into()),
            Some(password) if self.asked == 1 => {
                self.shown.clear();
                terminal
                    .type_line(password.reveal())
                    .map_err(|error| Failure::io("cannot answer at the terminal", &error).into())
            }
            Some(_) => Err(Refusal {
                failure: self
                    .way
                    .asks_again(user, &clean(&String::from_utf8_lossy(&self.shown))),
                is_final: true,
            }),
        }
    }

    /// Waits a moment for something to be read or written, and does it. Whether more may come.
    fn exchange(&mut self) -> io::Result<bool> {
        if self.outgoing.is_empty()
            && let Phase::Taking { file, .. } = &mut self.phase
        {
            let mut piece = vec![0; PIECE];
            let length = file.read(&mut piece)?;
            piece.truncate(length);
            self.outgoing = piece;
        }
        let shell = &mut self.shell;
        let mut fds = vec![
            PollFd::new(&shell.output, PollFlags::IN),
            PollFd::new(&shell.complaints, PollFlags::IN),
        ];
        if !self.outgoing.is_empty() {
            fds.push(PollFd::new(&shell.input, PollFlags::OUT));
        }
        let glance = Timespec::try_from(GLANCE).expect("a few milliseconds");
        match poll(&mut fds, Some(&glance)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<bool> = fds.iter().map(|it| !it.revents().is_empty()).collect();
        drop(fds);
        if ready.get(2) == Some(&true) {
            match shell.input.write(&self.outgoing) {
                Ok(length) => drop(self.outgoing.drain(..length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Who does not read any more says why.
                Err(_) => self.outgoing.clear(),
            }
        }
        if ready[1] {
            take(&mut shell.complaints, &mut self.said)?;
            let old = self.said.len().saturating_sub(NOISE);
            self.said.drain(..old);
        }
        if ready[0] {
            return take(&mut shell.output, &mut self.ahead);
        }
        Ok(true)
    }

    /// The next answer of the script.
    fn answer(&mut self) -> Result<Option<String>, Failure> {
        let marker = self.marker.as_bytes();
        let found = self.ahead.windows(marker.len()).position(|it| it == marker);
        if let Some(at) = found {
            let start = at + marker.len();
            if let Some(end) = self.ahead[start..].iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(&self.ahead[start..start + end]).into_owned();
                self.ahead.drain(..=start + end);
                return Ok(Some(line));
            }
        }
        if self.ahead.len() > NOISE {
            let message = format!("the shell of `{}` does not run what it is given", self.login.user);
            return Err(Failure::new(Kind::Unsupported, message));
        }
        Ok(None)
    }

    fn answered(&mut self, answer: &str) -> Result<Option<Next>, Failure> {
        if bootstrap::runs(answer).is_some() {
            self.outgoing.clear();
            self.phase = Phase::Hello;
            if self.is_found {
                self.deadline = self.deadline.min(Instant::now() + FIRST_WORDS);
            }
            return Ok(None);
        }
        let mut words = answer.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("send"), Some(place), Some(dir)) => {
                let file = File::open(OWN)
                    .map_err(|error| Failure::io("cannot read the agent's own file", &error))?;
                self.deadline = Instant::now() + INSTALL;
                self.is_found = false;
                self.phase = Phase::Taking {
                    file,
                    place: place.parse().unwrap_or(usize::MAX - 1),
                    dir: clean(dir),
                };
            }
            (Some("failed"), Some(step), None) => {
                if let Phase::Taking { place, dir, .. } = &self.phase {
                    let why = format!("`{dir}` ({})", bootstrap::refusal(step));
                    return Ok(Some(Next::Elsewhere { place: *place, why }));
                }
            }
            // The answer that it runs follows.
            (Some("done"), None, None) => {}
            (Some("none"), None, None) => return Ok(Some(Next::Nowhere)),
            _ => {
                let message = format!("the shell of `{}` gave a strange answer", self.login.user);
                return Err(Failure::new(Kind::Unsupported, message));
            }
        }
        Ok(None)
    }

    /// Takes the introduction; whether it is there.
    fn hello(&mut self) -> Result<bool, Failure> {
        let Some((head, rest)) = self.ahead.split_first_chunk::<4>() else {
            return Ok(false);
        };
        let length = u32::from_be_bytes(*head) as usize;
        let strange = |what: &str| {
            let message = format!(
                "what the agent as `{}` sends makes no sense: {what}",
                self.login.user
            );
            Failure::new(Kind::Unsupported, message)
        };
        if length > FRAME_LIMIT {
            return Err(strange("its first frame is past the limit"));
        }
        let Some(frame) = rest.get(..length) else {
            return Ok(false);
        };
        match protocol::decode(frame) {
            Ok(FromAgent::Hello(hello)) if hello.version == VERSION && hello.build == self.build => {
                self.ahead.drain(..4 + length);
                Ok(true)
            }
            Ok(FromAgent::Hello(_)) => Err(strange("it is another build")),
            Ok(_) | Err(_) => Err(strange("it did not introduce itself")),
        }
    }

    /// The shell has ended, or never was.
    fn ended(&mut self) -> Refusal {
        let said = clean(&String::from_utf8_lossy(&self.said));
        let user = &self.login.user;
        if !matches!(self.phase, Phase::Answer) {
            let message = format!("the agent as `{user}` ended before it had introduced itself: {said}");
            return Failure::new(Kind::Unsupported, message).into();
        }
        let has_asked = self.asked > 0;
        Refusal {
            failure: self
                .way
                .refused(user, &said, has_asked, self.shell.terminal.is_some()),
            is_final: has_asked,
        }
    }
}

/// Reads what is there; whether more may come.
fn take(from: &mut File, into: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = [0; 4 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(length) => into.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if into.len() > NOISE {
            return Ok(true);
        }
    }
}

/// Text from elsewhere that can be shown.
fn clean(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}
