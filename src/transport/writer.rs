//! What goes to an agent: frames, and the content that it asks for.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::task;

use crate::blob::Blobs;
use crate::failure::{Failure, Kind};
use crate::protocol::{self, ARGS_LIMIT, CHUNK, Piece, Reply, ToAgent};
use crate::transport::pipes::Input;
use crate::transport::session::Incoming;

/// At most about this many bytes are gathered into one write.
const BATCH: usize = 64 << 10;

/// A request for pieces of blobs.
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) pieces: Vec<Piece>,
}

/// Writes what is to be sent until nobody is left who could send, or the connection does not take it. Content that takes long
/// to read holds up nothing else.
pub(super) async fn write(
    mut input: Input,
    mut calls: mpsc::UnboundedReceiver<ToAgent>,
    mut pulls: mpsc::Receiver<Pull>,
    blobs: Arc<Blobs>,
    incoming: mpsc::Sender<Incoming>,
) {
    let mut unsent = Vec::new();
    let mut buffer = Vec::new();
    let mut reading = None;
    loop {
        tokio::select! {
            biased;
            message = calls.recv() => {
                let Some(message) = message else { return };
                unsent.extend(append(&message, &mut buffer));
                while buffer.len() < BATCH {
                    let Ok(message) = calls.try_recv() else { break };
                    unsent.extend(append(&message, &mut buffer));
                }
            }
            message = read(&mut reading) => unsent.extend(append(&message, &mut buffer)),
            Some(pull) = pulls.recv(), if reading.is_none() => {
                reading = Some(Reading::start(pull, &blobs));
                continue;
            }
        }
        if input.write_all(&buffer).await.is_err() || input.flush().await.is_err() {
            return;
        }
        for answer in unsent.drain(..) {
            // Where nobody hears, nobody waits.
            drop(incoming.send(answer).await);
        }
        if buffer.capacity() > BATCH {
            buffer = Vec::new();
        }
        buffer.clear();
    }
}

/// Adds a message to what is sent. A call that cannot be sent is answered in the host's place, so that nobody waits for it;
/// so is the agent that waits for content.
fn append(message: &ToAgent, buffer: &mut Vec<u8>) -> Option<Incoming> {
    let error = protocol::encode_to_agent(message, buffer).err()?;
    match message {
        ToAgent::Call(request) => {
            let size = request.args.len();
            let message = if size > ARGS_LIMIT {
                let most = ARGS_LIMIT >> 20;
                format!("its arguments have {size} bytes, and at most {most} MiB are possible")
            } else {
                format!("it cannot be sent to the host: {error}")
            };
            let failure = Failure::new(Kind::Invalid, message);
            Some(Incoming::Reply(request.id, Box::new(Reply::failed(failure))))
        }
        ToAgent::NoChunk { pull, failure } => {
            let failure = Failure::new(failure.kind, "the content cannot be read");
            // Short.
            drop(protocol::encode(
                &ToAgent::NoChunk { pull: *pull, failure },
                buffer,
            ));
            None
        }
        // Bounded where they are made; of an account that the agent is not told of, it says so at the first call.
        ToAgent::Become { .. }
        | ToAgent::Args { .. }
        | ToAgent::Cancel { .. }
        | ToAgent::Withdraw { .. }
        | ToAgent::Chunk { .. }
        | ToAgent::Ping { .. }
        | ToAgent::Bye => None,
    }
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

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use crate::protocol::{FRAME_LIMIT, Mode, Request};

    use super::*;

    /// Room enough for whatever a test asks for.
    const PULLS: usize = 8;

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
        let (nobody, _) = mpsc::channel(1);
        let writer = tokio::spawn(write(Box::new(input), to_send, to_answer, blobs, nobody));
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

    fn call(id: u64, size: usize) -> ToAgent {
        ToAgent::Call(Box::new(Request {
            id,
            tool: "a.b".into(),
            account: None,
            args: vec![7; size],
            mode: Mode::Apply,
            diff: false,
            stream: false,
            read_only: false,
            timeout_ms: None,
            after: Vec::new(),
            if_changed: None,
            changed_before: false,
            touches: None,
            behind: None,
            settled: 0,
        }))
    }

    #[tokio::test]
    async fn arguments_of_any_size_are_sent_or_refused_at_once() {
        let sizes = [
            0,
            FRAME_LIMIT / 2,
            FRAME_LIMIT / 2 + 1,
            FRAME_LIMIT - 40,
            FRAME_LIMIT,
            2 * FRAME_LIMIT,
            ARGS_LIMIT,
            ARGS_LIMIT + 1,
            3 * ARGS_LIMIT,
        ];
        let (calls, to_send) = mpsc::unbounded_channel();
        let (_pulls, to_answer) = mpsc::channel(PULLS);
        let (input, mut output) = tokio::io::duplex(1 << 20);
        let (heard, mut answers) = mpsc::channel(32);
        let blobs = Arc::new(Blobs::default());
        let writer = tokio::spawn(write(Box::new(input), to_send, to_answer, blobs, heard));
        for (id, size) in (0..).zip(sizes) {
            calls.send(call(id, size)).unwrap();
        }
        drop(calls);
        let mut sent = Vec::new();
        let mut arguments = 0;
        while let Ok(length) = output.read_u32().await {
            let mut frame = vec![0; length as usize];
            output.read_exact(&mut frame).await.unwrap();
            match protocol::decode(&frame).unwrap() {
                ToAgent::Args { bytes, .. } => arguments += bytes.len(),
                ToAgent::Call(request) => {
                    sent.push((request.id, arguments + request.args.len()));
                    arguments = 0;
                }
                other => panic!("{other:?}"),
            }
        }
        writer.await.unwrap();
        let mut refused = Vec::new();
        while let Some(answer) = answers.recv().await {
            let Incoming::Reply(id, reply) = answer else {
                panic!("{answer:?}")
            };
            let message = reply.error.unwrap().message;
            assert!(message.contains("at most 16 MiB are possible"), "{message}");
            refused.push(id);
        }
        let wanted: Vec<_> = (0..).zip(sizes).filter(|(_, size)| *size <= ARGS_LIMIT).collect();
        assert_eq!(sent, wanted);
        assert_eq!(refused, [7, 8]);
    }
}
