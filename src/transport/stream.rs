//! A connection at work: frames out, frames in, content handed over, silence noticed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::{task, time};

use crate::blob::Blobs;
use crate::cause::{Cause, Unreachable};
use crate::protocol::{
    self, CHUNK, FRAME_LIMIT, FrameError, FromAgent, PIECES, RESULT_LIMIT, Reply, ToAgent, WINDOW,
};
use crate::transport::frames::{Frames, bad};
use crate::transport::kept::Kept;
use crate::transport::pipes::{Input, Origin, clean};
use crate::transport::session::Incoming;
use crate::transport::writer::{Pull, write};

/// After this long without a word the agent is asked whether it is there; after twice that it is lost.
const SILENCE: Duration = Duration::from_secs(12);
/// How many requests for content may wait: a window of chunks for each of 256 calls. To ask for more is an error; if it were a
/// reason not to read on, an agent that waits to be read before it reads would never be answered.
const PULLS: usize = 256 * (WINDOW / CHUNK);
/// How many messages wait for whoever hears the host; then the host is not read.
const INCOMING: usize = 32;
/// A message that weighs more than this is handed over before another one is read.
const HEAVY: u64 = 4 << 20;

/// Sets a connection to work: gives the ways to it and from it.
pub(super) fn start(
    frames: Frames,
    input: Input,
    origin: Origin,
    blobs: Arc<Blobs>,
) -> (mpsc::UnboundedSender<ToAgent>, mpsc::Receiver<Incoming>) {
    let (calls, to_send) = mpsc::unbounded_channel();
    let (pulls, to_answer) = mpsc::channel(PULLS);
    let (incoming, heard) = mpsc::channel(INCOMING);
    let writer = task::spawn(write(input, to_send, to_answer, blobs, incoming.clone()));
    let ear = Ear {
        frames,
        incoming,
        pulls,
        parts: None,
        kept: Kept::default(),
        calls: calls.downgrade(),
    };
    task::spawn(async move {
        ear.run(origin, writer).await;
    });
    (calls, heard)
}

/// What hears the agent.
struct Ear {
    frames: Frames,
    incoming: mpsc::Sender<Incoming>,
    pulls: mpsc::Sender<Pull>,
    /// The answer that comes in parts, and its call.
    parts: Option<(u64, Vec<u8>)>,
    kept: Kept,
    calls: mpsc::WeakUnboundedSender<ToAgent>,
}

impl Ear {
    async fn run(mut self, origin: Origin, writer: task::JoinHandle<()>) {
        let incoming = self.incoming.clone();
        let end = tokio::select! {
            end = self.hear() => Some(end),
            () = incoming.closed() => None,
        };
        let left = writer.is_finished() && self.calls.strong_count() == 0;
        writer.abort();
        drop(writer.await);
        let (closed, process) = match end {
            Some(Ok(End::Eof)) if !left => (Err(origin.loss().await), None),
            Some(Err(unreachable)) => (Err(unreachable), Some(origin.process)),
            Some(Ok(_)) | None => (Ok(()), Some(origin.process)),
        };
        drop(incoming.send(Incoming::Closed(closed)).await);
        drop(incoming);
        if let Some(process) = process {
            process.reap().await;
        }
    }

    async fn hear(&mut self) -> Result<End, Unreachable> {
        let mut asked = false;
        loop {
            let Ok(message) = time::timeout(SILENCE, self.frames.next()).await else {
                let silence = SILENCE.as_secs() * 2;
                let Some(calls) = self.calls.upgrade().filter(|_| !asked) else {
                    let message = format!("the connection is lost: no word from the agent for {silence} s");
                    return Err(Unreachable::new(Cause::Lost, message));
                };
                asked = true;
                drop(calls.send(ToAgent::Ping { nonce: 0 }));
                continue;
            };
            asked = false;
            let Some(message) = message? else {
                return Ok(End::Eof);
            };
            let mut weight = self.frames.weight();
            let heard = match message {
                FromAgent::Reply { id, reply } => Incoming::Reply(id, self.kept.take(reply, weight)),
                FromAgent::Output { id, stream, bytes } => Incoming::Output(id, stream, bytes),
                FromAgent::Log { id, level, message } => Incoming::Log(id, level, message),
                FromAgent::Push { id, push } => Incoming::Push(id, push),
                FromAgent::Part { id, bytes } => {
                    self.part(id, &bytes)?;
                    continue;
                }
                FromAgent::PartsEnd { id, .. } => {
                    let (reply, joined) = self.join(id)?;
                    weight = joined;
                    Incoming::Reply(id, self.kept.take(reply, weight))
                }
                FromAgent::Retried { id, reason } => Incoming::Retried(id, clean(reason.as_bytes())),
                FromAgent::Notice { message } => Incoming::Notice(clean(message.as_bytes())),
                FromAgent::Pull { pull, pieces } => {
                    let is_long = pieces.len() > PIECES;
                    let asked = self.pulls.try_send(Pull { number: pull, pieces });
                    if is_long || matches!(asked, Err(TrySendError::Full(_))) {
                        return Err(bad("it asks for more content at once than it may"));
                    }
                    // Where the writer is gone the end of the stream follows.
                    continue;
                }
                FromAgent::Pong { .. } => continue,
                FromAgent::Bye => return Ok(End::Bye),
                FromAgent::Hello(_) => return Err(bad("it introduced itself twice")),
            };
            if self.incoming.send(heard).await.is_err() {
                return Ok(End::Bye);
            }
            if weight > HEAVY && self.incoming.reserve_many(INCOMING).await.is_err() {
                return Ok(End::Bye);
            }
        }
    }

    /// A part of an answer. Those of one answer come one after another.
    fn part(&mut self, id: u64, bytes: &[u8]) -> Result<(), Unreachable> {
        let (open, parts) = self.parts.get_or_insert_with(|| (id, Vec::new()));
        if *open != id {
            return Err(bad("an answer in parts began within another one"));
        }
        // Around the result is the answer.
        if parts.len() + bytes.len() > RESULT_LIMIT + FRAME_LIMIT {
            return Err(bad("an answer in parts is past the limit"));
        }
        parts.extend_from_slice(bytes);
        Ok(())
    }

    /// The answer whose parts are whole, and what it weighs.
    fn join(&mut self, id: u64) -> Result<(Box<Reply>, u64), Unreachable> {
        let parts = self.parts.take_if(|(open, _)| *open == id);
        let (_, parts) = parts.unwrap_or_default();
        let nonsense = |error: FrameError| bad(&error.to_string());
        let weight = protocol::weight(&parts).map_err(|error| nonsense(FrameError::Excess(error)))?;
        let reply = protocol::decode(&parts).map_err(nonsense)?;
        Ok((Box::new(reply), weight))
    }
}

/// How a stream ended that broke no rule.
enum End {
    Bye,
    Eof,
}

#[cfg(test)]
mod tests {
    use crate::protocol::Piece;
    use crate::system::Level;

    use super::*;

    /// An agent's words, heard while nobody answers it.
    async fn heard(words: &[FromAgent]) -> (Result<End, Unreachable>, Vec<Incoming>) {
        let mut bytes = Vec::new();
        for word in words {
            protocol::encode(word, &mut bytes).unwrap();
        }
        let (calls, _to_send) = mpsc::unbounded_channel();
        let (pulls, _to_answer) = mpsc::channel(PULLS);
        let (incoming, mut heard) = mpsc::channel(INCOMING);
        let mut ear = Ear {
            frames: Frames::new(Box::new(tokio::io::empty()), bytes),
            incoming,
            pulls,
            parts: None,
            kept: Kept::default(),
            calls: calls.downgrade(),
        };
        let end = time::timeout(Duration::from_secs(10), ear.hear()).await;
        drop(ear);
        let mut all = Vec::new();
        while let Some(incoming) = heard.recv().await {
            all.push(incoming);
        }
        (end.expect("it is heard to its end"), all)
    }

    fn pull(pull: u64, count: usize) -> FromAgent {
        let piece = Piece {
            blob: 1,
            offset: 0,
            length: 1,
        };
        let pieces = vec![piece; count];
        FromAgent::Pull { pull, pieces }
    }

    #[tokio::test]
    async fn an_agent_is_heard_while_what_it_asks_for_cannot_be_sent() {
        // A window of 16 chunks for each of the 256 calls that may be under way.
        let mut words: Vec<_> = (0..16 * 256).map(|number| pull(number, 1)).collect();
        words.push(FromAgent::Log {
            id: 1,
            level: Level::Info,
            message: "heard".into(),
        });
        let (end, all) = heard(&words).await;
        assert!(matches!(end, Ok(End::Eof)));
        assert!(matches!(&all[..], [Incoming::Log(1, ..)]), "{all:?}");
    }

    #[tokio::test]
    async fn to_ask_for_more_than_is_allowed_ends_the_connection() {
        let many: Vec<_> = (0..=PULLS as u64).map(|number| pull(number, 1)).collect();
        for words in [many, vec![pull(1, PIECES + 1)]] {
            let (end, _) = heard(&words).await;
            let why = end.err().expect("it is refused").message;
            assert!(why.contains("more content at once"), "{why}");
        }
    }
}
