//! Passing on what is said between the controller and a deputy.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Write as _};
use std::process::Child;
use std::sync::{Arc, mpsc};
use std::thread;

use crate::agent::deputy::shell::Shell;
use crate::agent::deputy::start::Started;
use crate::agent::deputy::terminal::Terminal;
use crate::agent::serve::Agent;
use crate::protocol::{self, FromAgent, ToAgent};

/// How much is read at once.
const READ_AHEAD: usize = 64 << 10;
/// At most about this many bytes are gathered into one write.
const BATCH: usize = 64 << 10;
/// The last words of a deputy that are quoted.
const QUOTED: usize = 500;

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

/// Begins to pass on; gives the way to the deputy, which ends when nobody has that any more.
pub(super) fn begin(
    agent: &Arc<Agent>,
    account: u32,
    user: &str,
    started: Started,
) -> io::Result<mpsc::Sender<ToAgent>> {
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
    let terminal = terminal.map(Terminal::keep);
    let (sender, messages) = mpsc::channel();
    thread::Builder::new()
        .name("to deputy".into())
        .spawn(move || write(input, &messages))?;
    let words = thread::Builder::new().name("complaints".into()).spawn(move || {
        let mut said = Vec::new();
        let mut buffer = [0; 1024];
        while let Ok(length @ 1..) = complaints.read(&mut buffer) {
            said.extend_from_slice(&buffer[..length]);
            let old = said.len().saturating_sub(QUOTED);
            said.drain(..old);
        }
        said
    })?;
    let from = Cursor::new(started.begun).chain(output);
    let relay = Relay {
        agent: Arc::clone(agent),
        account,
        user: user.to_owned(),
        child,
        words,
        terminal,
    };
    thread::Builder::new()
        .name("from deputy".into())
        .spawn(move || relay.run(BufReader::with_capacity(READ_AHEAD, from)))?;
    Ok(sender)
}

/// Writes what is to be passed on; the end of the stream is what ends the deputy.
fn write(mut input: File, messages: &mpsc::Receiver<ToAgent>) {
    let mut buffer = Vec::new();
    while let Ok(message) = messages.recv() {
        buffer.clear();
        // What fitted a frame on its way here fits one now.
        drop(protocol::encode(&message, &mut buffer));
        while buffer.len() < BATCH {
            let Ok(message) = messages.try_recv() else { break };
            drop(protocol::encode(&message, &mut buffer));
        }
        if input.write_all(&buffer).is_err() {
            return;
        }
    }
}

/// What hears a deputy.
struct Relay {
    agent: Arc<Agent>,
    account: u32,
    user: String,
    child: Child,
    words: thread::JoinHandle<Vec<u8>>,
    /// Kept, so that nothing there is hung up on.
    terminal: Option<File>,
}

impl Relay {
    fn run(mut self, mut output: impl Read) {
        let mut strange = None;
        loop {
            match protocol::read_frame(&mut output) {
                Ok(Some(FromAgent::Bye) | None) => break,
                Ok(Some(message)) => {
                    if let Err(what) = self.hear(&message) {
                        strange = Some(what.to_owned());
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
        drop(self.terminal.take());
        // Its last words are whole only once it has ended; a program that hangs keeps nothing but this thread.
        let said = strange.or_else(|| {
            let words = self.words.join().ok()?;
            let words = String::from_utf8_lossy(&words).into_owned();
            words.lines().last().map(str::to_owned)
        });
        if !self.agent.deputies.ended() {
            let mut message = format!("the agent as `{}` has ended", self.user);
            if let Some(said) = said {
                message = format!("{message}: {said}");
            }
            self.agent.lost(message);
        }
        drop(self.child.wait());
    }

    fn hear(&self, message: &FromAgent) -> Result<(), &'static str> {
        let agent = &self.agent;
        let ended = match message {
            FromAgent::Reply { id, reply } => Some((*id, reply.outcome, reply.quit)),
            FromAgent::PartsEnd { id, outcome } => Some((*id, *outcome, None)),
            FromAgent::Log { level, .. } if !agent.hears(*level) => return Ok(()),
            FromAgent::Part { .. }
            | FromAgent::Output { .. }
            | FromAgent::Log { .. }
            | FromAgent::Push { .. } => None,
            FromAgent::Pull { pull, pieces } => {
                let pull = outer(self.account, *pull).ok_or("it asks for too much")?;
                let pieces = pieces.clone();
                let message = FromAgent::Pull { pull, pieces };
                return agent.outlet.send(&message).map_err(|_| "it asks for too much");
            }
            FromAgent::Pong { .. } => return Ok(()),
            FromAgent::Hello(_) | FromAgent::Bye => return Err("it introduced itself twice"),
        };
        agent
            .outlet
            .send(message)
            .map_err(|_| "a message does not fit a frame")?;
        if let Some((id, outcome, quit)) = ended {
            agent.deputies.answered(id);
            agent.start(agent.ended(id, outcome, quit));
        }
        Ok(())
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
