//! A connection at work: frames out, frames in, content handed over, silence noticed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::{task, time};

use crate::blob::Blobs;
use crate::cause::{Cause, Unreachable};
use crate::failure::{Failure, Kind};
use crate::protocol::{self, CHUNK, FromAgent, PIECES, Piece, RESULT_LIMIT, Reply, ToAgent, WINDOW};
use crate::transport::frames::{Frames, bad};
use crate::transport::pipes::{Input, Origin};
use crate::transport::session::Incoming;

/// After this long without a word the agent is asked whether it is there; after twice that it is lost.
const SILENCE: Duration = Duration::from_secs(12);
/// At most about this many bytes are gathered into one write.
const BATCH: usize = 64 << 10;
/// How many requests for content may wait: a window of chunks for each of 256 calls. To ask for more is an error; if it were a
/// reason not to read on, an agent that waits to be read before it reads would never be answered.
const PULLS: usize = 256 * (WINDOW / CHUNK);
/// How many messages wait for whoever hears the host; then the host is not read.
const INCOMING: usize = 32;
/// A result's parts may be this much longer than the result, for the answer around it.
const ENVELOPE: usize = 1 << 20;
/// All parts that wait for their end, together.
const PARTS_LIMIT: usize = 64 << 20;

/// A request for pieces of blobs.
struct Pull {
    number: u64,
    pieces: Vec<Piece>,
}

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
    let writer = task::spawn(write(input, to_send, to_answer, blobs));
    let ear = Ear {
        frames,
        incoming,
        pulls,
        parts: Parts::default(),
        calls: calls.downgrade(),
    };
    task::spawn(async move {
        ear.run(origin, writer).await;
    });
    (calls, heard)
}

/// Writes what is to be sent until nobody is left who could send, or the connection does not take it. Content that takes long
/// to read holds up nothing else.
async fn write(
    mut input: Input,
    mut calls: mpsc::UnboundedReceiver<ToAgent>,
    mut pulls: mpsc::Receiver<Pull>,
    blobs: Arc<Blobs>,
) {
    let mut buffer = Vec::new();
    let mut reading = None;
    loop {
        tokio::select! {
            biased;
            message = calls.recv() => {
                let Some(message) = message else { return };
                append(&message, &mut buffer);
                while buffer.len() < BATCH {
                    let Ok(message) = calls.try_recv() else { break };
                    append(&message, &mut buffer);
                }
            }
            message = read(&mut reading) => append(&message, &mut buffer),
            Some(pull) = pulls.recv(), if reading.is_none() => {
                reading = Some(Reading::start(pull, &blobs));
                continue;
            }
        }
        if input.write_all(&buffer).await.is_err() || input.flush().await.is_err() {
            return;
        }
        if buffer.capacity() > BATCH {
            buffer = Vec::new();
        }
        buffer.clear();
    }
}

fn append(message: &ToAgent, buffer: &mut Vec<u8>) {
    // Requests are checked for their size before they are sent; everything else is small.
    drop(protocol::encode(message, buffer));
}

/// Content that is being read for an agent.
struct Reading {
    number: u64,
    bytes: task::JoinHandle<Result<Vec<u8>, Failure>>,
}

impl Reading {
    fn start(pull: Pull, blobs: &Arc<Blobs>) -> Self {
        let blobs = Arc::clone(blobs);
        Self {
            number: pull.number,
            bytes: task::spawn_blocking(move || pieces(&pull.pieces, &blobs)),
        }
    }
}

/// Waits for what is being read; for ever where nothing is.
async fn read(reading: &mut Option<Reading>) -> ToAgent {
    let Some(Reading { number, bytes }) = reading else {
        return std::future::pending().await;
    };
    let pull = *number;
    let read = bytes.await.unwrap_or_else(|_| {
        let message = "the content could not be read";
        Err(Failure::new(Kind::Crashed, message))
    });
    *reading = None;
    match read {
        Ok(bytes) => ToAgent::Chunk { pull, bytes },
        Err(failure) => ToAgent::NoChunk { pull, failure },
    }
}

/// No more than a chunk, whatever was asked for; it ends where a blob is shorter than it should be.
fn pieces(wanted: &[Piece], blobs: &Blobs) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    for piece in wanted {
        let length = usize::try_from(piece.length).map_or(CHUNK, |it| it.min(CHUNK - bytes.len()));
        let read = blobs.read(piece.blob, piece.offset, length)?;
        bytes.extend_from_slice(&read);
        if read.len() < length || bytes.len() == CHUNK {
            break;
        }
    }
    Ok(bytes)
}

/// What hears the agent.
struct Ear {
    frames: Frames,
    incoming: mpsc::Sender<Incoming>,
    pulls: mpsc::Sender<Pull>,
    parts: Parts,
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
            let heard = match message {
                FromAgent::Reply { id, reply } => Incoming::Reply(id, reply),
                FromAgent::Output { id, stream, bytes } => Incoming::Output(id, stream, bytes),
                FromAgent::Log { id, level, message } => Incoming::Log(id, level, message),
                FromAgent::Push { id, push } => Incoming::Push(id, push),
                FromAgent::Part { id, bytes } => {
                    self.parts.add(id, &bytes)?;
                    continue;
                }
                FromAgent::PartsEnd { id, .. } => Incoming::Reply(id, self.parts.join(id)?),
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
        }
    }
}

/// How a stream ended that broke no rule.
enum End {
    Bye,
    Eof,
}

/// The parts of large answers.
#[derive(Default)]
struct Parts {
    open: HashMap<u64, Vec<u8>>,
    total: usize,
}

impl Parts {
    fn add(&mut self, id: u64, bytes: &[u8]) -> Result<(), Unreachable> {
        let parts = self.open.entry(id).or_default();
        self.total += bytes.len();
        if parts.len() + bytes.len() > RESULT_LIMIT + ENVELOPE || self.total > PARTS_LIMIT {
            return Err(bad("an answer in parts is past the limit"));
        }
        parts.extend_from_slice(bytes);
        Ok(())
    }

    fn join(&mut self, id: u64) -> Result<Box<Reply>, Unreachable> {
        let parts = self.open.remove(&id).unwrap_or_default();
        self.total -= parts.len();
        protocol::decode(&parts)
            .map(Box::new)
            .map_err(|error| bad(&error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use crate::system::Level;

    use super::*;

    #[tokio::test]
    async fn content_that_takes_long_to_read_holds_up_nothing_else() {
        let mut bytes = vec![0; 64 << 20];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let blobs = Arc::new(Blobs::default());
        let head = blobs.file(file.path()).unwrap().layout.unwrap().head();
        let (calls, to_send) = mpsc::unbounded_channel();
        let (pulls, to_answer) = mpsc::channel(PULLS);
        let (input, mut output) = tokio::io::duplex(1 << 10);
        let writer = tokio::spawn(write(Box::new(input), to_send, to_answer, blobs));
        let pieces = vec![Piece {
            blob: head.blob,
            offset: head.offset,
            length: 8,
        }];
        pulls.send(Pull { number: 1, pieces }).await.ok().unwrap();
        while pulls.capacity() < PULLS {
            task::yield_now().await;
        }
        // The file's parts are being listed by now.
        calls.send(ToAgent::Ping { nonce: 7 }).unwrap();
        let mut messages = Vec::new();
        for _ in 0..2 {
            let mut frame = vec![0; output.read_u32().await.unwrap() as usize];
            output.read_exact(&mut frame).await.unwrap();
            messages.push(protocol::decode::<ToAgent>(&frame).unwrap());
        }
        assert_eq!(messages[0], ToAgent::Ping { nonce: 7 });
        assert!(matches!(messages[1], ToAgent::Chunk { pull: 1, .. }));
        drop(calls);
        writer.await.unwrap();
    }

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
            parts: Parts::default(),
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
