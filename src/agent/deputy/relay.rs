//! Passing on what is said between the controller and a deputy. What a deputy says is held to what it was given: it may
//! be any program of its account, and decides nothing but its own calls.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Write as _};
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal};

use crate::agent::call;
use crate::agent::deputy::given::{Death, Given};
use crate::agent::deputy::shell::{Shell, end_input};
use crate::agent::deputy::start::Started;
use crate::agent::deputy::terminal::Terminal;
use crate::agent::serve::Agent;
use crate::protocol::{self, FRAME_LIMIT, FromAgent, Outcome, RESULT_LIMIT, Reply, ToAgent};

/// How much is read at once.
const READ_AHEAD: usize = 64 << 10;
/// At most about this many bytes are gathered into one write.
const BATCH: usize = 64 << 10;
/// The last words of a deputy that are quoted.
const QUOTED: usize = 500;
/// How long a deputy that says nothing more may take to end.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// At most so many requests of one deputy for content are passed on at once; then it is not heard for a while.
const PULLS: usize = 512;
/// How often it is looked whether it may be heard again.
const GLANCE: Duration = Duration::from_millis(250);

/// The number of a pull as the controller knows it: numbers of this agent and of each deputy do not meet.
fn outer(account: u32, pull: u64) -> Option<u64> {
    let inner = u32::try_from(pull).ok()?;
    Some((u64::from(account) + 1) << 32 | u64::from(inner))
}

/// The account and its own number of a pull, if it is a deputy's.
pub(in crate::agent) fn inner(pull: u64) -> Option<(u32, u64)> {
    let account = u32::try_from(pull >> 32).ok()?.checked_sub(1)?;
    Some((account, pull & u64::from(u32::MAX)))
}

/// What can end a deputy.
pub(super) struct Life {
    pub(super) account: u32,
    /// Which deputy of its account it is.
    pub(super) tries: u64,
    pub(super) user: String,
    /// Kept, so that nothing there is hung up on before its time.
    terminal: Mutex<Option<File>>,
    process: Option<OwnedFd>,
    /// Whether what it said is being passed on: it is not heard meanwhile.
    is_passing: AtomicBool,
    has_left: AtomicBool,
}

impl Life {
    /// Ends it, as far as this account may: its terminal is hung up on, which also wakes what was stopped.
    pub(super) fn end(&self) {
        drop(
            self.terminal
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        if let Some(process) = &self.process {
            // It may be another user's, or have ended by itself.
            let _ = rustix::process::pidfd_send_signal(process, Signal::KILL);
        }
    }

    /// Whether it cannot be heard now.
    pub(super) fn is_held_up(&self) -> bool {
        self.is_passing.load(Ordering::Relaxed)
    }

    /// It is gone; whether that is new.
    pub(super) fn leave(&self) -> bool {
        !self.has_left.swap(true, Ordering::Relaxed)
    }
}

/// Begins to pass on; gives the way to the deputy, which ends when nobody has that any more.
pub(super) fn begin(
    agent: &Arc<Agent>,
    account: u32,
    tries: u64,
    user: &str,
    started: Started,
) -> io::Result<(mpsc::Sender<ToAgent>, Arc<Life>)> {
    let Shell {
        child,
        input,
        output,
        mut complaints,
        terminal,
    } = started.shell;
    for end in [&input, &output, &complaints] {
        rustix::io::ioctl_fionbio(end, false)?;
    }
    let process = Pid::from_raw(child.id().cast_signed());
    let life = Arc::new(Life {
        account,
        tries,
        user: user.to_owned(),
        terminal: Mutex::new(terminal.map(Terminal::keep)),
        process: process.and_then(|pid| rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()),
        is_passing: AtomicBool::new(false),
        has_left: AtomicBool::new(false),
    });
    let (sender, messages) = mpsc::channel();
    thread::Builder::new()
        .name("to deputy".into())
        .spawn(move || write(input, &messages))?;
    let (told, words) = mpsc::channel();
    thread::Builder::new().name("complaints".into()).spawn(move || {
        let mut said = Vec::new();
        let mut buffer = [0; 1024];
        while let Ok(length @ 1..) = complaints.read(&mut buffer) {
            said.extend_from_slice(&buffer[..length]);
            let old = said.len().saturating_sub(QUOTED);
            said.drain(..old);
        }
        // A deputy that is ended for what it said is not quoted.
        drop(told.send(said));
    })?;
    let from = Cursor::new(started.begun).chain(output);
    let relay = Relay {
        agent: Arc::clone(agent),
        life: Arc::clone(&life),
        child,
        words,
        parts: None,
    };
    thread::Builder::new()
        .name("from deputy".into())
        .spawn(move || relay.run(BufReader::with_capacity(READ_AHEAD, from)))?;
    Ok((sender, life))
}

/// Writes what is to be passed on; the end of the stream is what ends the deputy.
fn write(mut input: File, messages: &mpsc::Receiver<ToAgent>) {
    let mut buffer = Vec::new();
    let append = |message: &ToAgent, buffer: &mut Vec<u8>| {
        let written = protocol::encode_to_agent(message, buffer);
        // What fitted on its way here fits now: a call has lost fields since, and the rest is as it was.
        debug_assert!(written.is_ok(), "{written:?}");
    };
    while let Ok(message) = messages.recv() {
        buffer.clear();
        append(&message, &mut buffer);
        while buffer.len() < BATCH {
            let Ok(message) = messages.try_recv() else { break };
            append(&message, &mut buffer);
        }
        if input.write_all(&buffer).is_err() {
            break;
        }
    }
    end_input(input);
}

/// What hears a deputy.
struct Relay {
    agent: Arc<Agent>,
    life: Arc<Life>,
    child: Child,
    words: mpsc::Receiver<Vec<u8>>,
    /// The answer that comes in parts, and its call.
    parts: Option<(u64, Vec<u8>)>,
}

impl Relay {
    fn run(mut self, mut output: impl Read) {
        let mut breach = None;
        let mut strange = None;
        loop {
            match protocol::read_frame(&mut output) {
                Ok(Some(FromAgent::Bye) | None) => break,
                Ok(Some(message)) => {
                    self.life.is_passing.store(true, Ordering::Relaxed);
                    let heard = self.hear(message);
                    self.life.is_passing.store(false, Ordering::Relaxed);
                    if let Err(what) = heard {
                        breach = Some(what);
                        break;
                    }
                }
                Err(error) => {
                    strange = Some(error.to_string());
                    break;
                }
            }
        }
        drop(output);
        if breach.is_some() || strange.is_some() {
            self.life.end();
        }
        let death = match breach {
            Some(what) => Death::Breach(what),
            None => Death::Ended(strange.unwrap_or_else(|| last_words(&self.words))),
        };
        self.agent.deputies.gone(&self.agent, &self.life, &death);
        drop(self.child.wait());
    }

    /// Passes on what it may say.
    ///
    /// # Errors
    /// What it may not say, which ends it.
    fn hear(&mut self, message: FromAgent) -> Result<(), &'static str> {
        let agent = Arc::clone(&self.agent);
        agent.deputies.heard(&self.life);
        match message {
            FromAgent::Reply { id, reply } => {
                let given = self.own(id)?;
                self.answer(id, &given, *reply)
            }
            FromAgent::Part { id, bytes } => {
                self.own(id)?;
                let (open, parts) = self.parts.get_or_insert_with(|| (id, Vec::new()));
                if *open != id {
                    return Err("it began an answer within another one");
                }
                if parts.len() + bytes.len() > RESULT_LIMIT + FRAME_LIMIT {
                    return Err("its answer is past the limit");
                }
                parts.extend_from_slice(&bytes);
                Ok(())
            }
            FromAgent::PartsEnd { id, outcome } => {
                let given = self.own(id)?;
                let (_, parts) = self
                    .parts
                    .take_if(|(open, _)| *open == id)
                    .ok_or("it ended an answer that it had not begun")?;
                let reply: Reply = protocol::decode(&parts).map_err(|_| "its answer makes no sense")?;
                drop(parts);
                if reply.outcome != outcome {
                    return Err("it gave two answers to one call");
                }
                self.answer(id, &given, reply)
            }
            FromAgent::Log { id, level, .. } => {
                self.own(id)?;
                if agent.hears(level) {
                    self.pass(&message)?;
                }
                Ok(())
            }
            FromAgent::Output { id, .. } | FromAgent::Push { id, .. } => {
                self.own(id)?;
                self.pass(&message)
            }
            FromAgent::Pull { pull, pieces } => {
                let pull = outer(self.life.account, pull).ok_or("it asks for too much")?;
                agent.deputies.pulls(&self.life);
                self.pass(&FromAgent::Pull { pull, pieces })
            }
            FromAgent::Pong { .. } => Ok(()),
            FromAgent::Hello(_) | FromAgent::Bye => Err("it introduced itself twice"),
            FromAgent::Retried { .. } | FromAgent::Notice { .. } => {
                Err("it spoke of agents that it does not have")
            }
        }
    }

    /// A call that it was given and that it has not answered.
    fn own(&self, id: u64) -> Result<Given, &'static str> {
        let given = self.agent.deputies.held(&self.life, id);
        given.ok_or("it spoke of a call that is not its own")
    }

    fn answer(&self, id: u64, given: &Given, reply: Reply) -> Result<(), &'static str> {
        if reply.quit.is_some() && !given.may_quit {
            return Err("it ended the agent by a call that does not do so");
        }
        if matches!(reply.outcome, Outcome::Skipped | Outcome::Dropped) {
            return Err("it did not make a call that it was given");
        }
        let agent = &self.agent;
        let quit = reply.quit;
        // Before the answer is out: from then on it has nothing more to say of it.
        agent.deputies.answered(id);
        let outcome = call::answer(&agent.outlet, id, reply);
        agent.start(agent.ended(id, outcome, quit));
        Ok(())
    }

    fn pass(&self, message: &FromAgent) -> Result<(), &'static str> {
        let sent = self.agent.outlet.send(message);
        sent.map_err(|_| "a message of it does not fit a frame")
    }
}

/// Its last words, which are whole only once it has ended: that is not waited for long.
fn last_words(words: &mpsc::Receiver<Vec<u8>>) -> String {
    let said = words.recv_timeout(LAST_WORDS).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).into_owned();
    said.lines().last().unwrap_or_default().to_owned()
}

impl crate::agent::deputy::Deputies {
    /// Something came from a deputy.
    fn heard(&self, life: &Life) {
        if let Some(up) = self.lock().up(life) {
            up.heard = Instant::now();
            up.asked = None;
        }
    }

    /// A deputy asks for content; waits while it has asked for as much as it may at once.
    fn pulls(&self, life: &Life) {
        let mut table = self.lock();
        while let Some(up) = table.up(life) {
            if up.pulls < PULLS {
                up.pulls += 1;
                return;
            }
            table = self.wait(table, GLANCE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_of_deputies_find_their_way_back() {
        assert_eq!(inner(7), None);
        assert_eq!(inner(outer(0, 7).unwrap()), Some((0, 7)));
        assert_eq!(
            inner(outer(3, u64::from(u32::MAX)).unwrap()),
            Some((3, u64::from(u32::MAX)))
        );
        assert_eq!(outer(0, 1 << 32), None);
    }
}
