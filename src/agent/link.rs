//! The way back from one call to the controller.

use std::fmt::Write as _;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use crate::agent::pulls::Content;
use crate::agent::serve::Agent;
use crate::blob::Range;
use crate::failure::{Failure, Kind};
use crate::protocol::{CHUNK, FromAgent};
use crate::system::{Cancel, Level, Link, Push, Stream};

/// What one call may ask of the agent.
pub(super) struct CallLink {
    agent: Arc<Agent>,
    id: u64,
    cancel: Cancel,
    stream: bool,
    kept: Mutex<Kept>,
    broken: Mutex<Option<Failure>>,
}

/// What a call leaves behind for its answer.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) warnings: Vec<String>,
    pub(super) quit: Option<i32>,
    /// Why something that it had to say could not be sent.
    pub(super) unsaid: Option<Failure>,
}

impl CallLink {
    /// `stream`: what children write is sent as it comes.
    pub(super) fn new(agent: Arc<Agent>, id: u64, cancel: Cancel, stream: bool) -> Self {
        Self {
            agent,
            id,
            cancel,
            stream,
            kept: Mutex::default(),
            broken: Mutex::default(),
        }
    }

    /// Why content could not be read. Only a call that failed by it is told: a tool may do without the content.
    pub(super) fn broken(&self) -> Option<Failure> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn into_kept(self) -> Kept {
        self.kept.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// What cannot be sent fails the call: it is no more than it says.
    fn send(&self, message: &FromAgent) {
        if let Err(error) = self.agent.outlet.send(message) {
            let failure = Failure::new(
                Kind::Invalid,
                format!("what it has to say cannot be sent: {error}"),
            );
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.unsaid.get_or_insert(failure);
        }
    }
}

impl Link for CallLink {
    fn open(&self, ranges: &[Range]) -> Box<dyn Read + '_> {
        Box::new(Content::new(
            ranges,
            &self.agent.pulls,
            &self.agent.outlet,
            &self.cancel,
            &self.broken,
        ))
    }

    fn push(&self, push: Push) {
        self.send(&FromAgent::Push { id: self.id, push });
    }

    fn output(&self, stream: Stream, bytes: &[u8]) {
        if !self.stream {
            return;
        }
        for piece in bytes.chunks(CHUNK) {
            self.send(&FromAgent::Output {
                id: self.id,
                stream,
                bytes: piece.to_vec(),
            });
        }
    }

    fn log(&self, level: Level, message: &str) {
        if self.agent.hears(level) {
            let kept = &message[..message.floor_char_boundary(CHUNK)];
            let mut record = kept.to_owned();
            if kept.len() < message.len() {
                let _ = write!(record, "… [{} bytes left out]", message.len() - kept.len());
            }
            self.send(&FromAgent::Log {
                id: self.id,
                level,
                message: record,
            });
        }
    }

    fn set_log_level(&self, level: Level) {
        self.agent.hear_from(level);
    }

    fn warn(&self, message: String) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.warnings.push(message);
    }

    fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    fn quit(&self, code: i32) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.quit = Some(code);
    }
}
