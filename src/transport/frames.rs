//! Frames from an agent, read as they come; nothing is allocated for more than a frame may hold.

use tokio::io::AsyncReadExt;

use crate::cause::{Cause, Unreachable};
use crate::protocol::{self, FRAME_LIMIT, FrameError, FromAgent, Hello, VERSION};
use crate::transport::pipes::Output;

/// The first size of the buffer, and the size it goes back to after a long frame.
const BUFFER: usize = 8 << 10;

/// Reads frames.
pub(super) struct Frames {
    output: Output,
    buffer: Vec<u8>,
    /// How much of the buffer has been used up.
    used: usize,
    weight: u64,
}

impl Frames {
    /// From a stream, of which these bytes were read already.
    pub(super) fn new(output: Output, begun: Vec<u8>) -> Self {
        Self {
            output,
            buffer: begun,
            used: 0,
            weight: 0,
        }
    }

    /// What the last message weighs.
    pub(super) const fn weight(&self) -> u64 {
        self.weight
    }

    /// The next message; `None` at the end of the stream, be it inside a frame. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Result<Option<FromAgent>, Unreachable> {
        loop {
            let waiting = &self.buffer[self.used..];
            let mut missing = 4usize.saturating_sub(waiting.len());
            if let Some((head, rest)) = waiting.split_first_chunk::<4>() {
                let length = u32::from_be_bytes(*head) as usize;
                if length > FRAME_LIMIT {
                    return Err(bad(&format!("a frame of {length} bytes is past the limit")));
                }
                if let Some(frame) = rest.get(..length) {
                    let weight = protocol::weight(frame).map_err(FrameError::Excess);
                    let message = weight.and_then(|weight| {
                        self.weight = weight;
                        protocol::decode(frame)
                    });
                    self.used += 4 + length;
                    return message.map(Some).map_err(|error| bad(&error.to_string()));
                }
                missing = length - rest.len();
            }
            self.make_room(missing);
            if !matches!(self.output.read_buf(&mut self.buffer).await, Ok(1..)) {
                return Ok(None);
            }
        }
    }

    fn make_room(&mut self, missing: usize) {
        self.buffer.drain(..self.used);
        self.used = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > 4 * BUFFER {
            self.buffer = Vec::new();
        }
        self.buffer.reserve(missing.max(BUFFER));
    }

    /// The introduction, checked and sanitized; `None` at the end of the stream.
    pub(super) async fn hello(&mut self, build: &str) -> Result<Option<Hello>, Unreachable> {
        let hello = match self.next().await? {
            None => return Ok(None),
            Some(FromAgent::Hello(hello)) => *hello,
            Some(_) => return Err(bad("it did not introduce itself")),
        };
        if hello.version != VERSION {
            return Err(bad(&format!(
                "it speaks version {}, not {VERSION}",
                hello.version
            )));
        }
        if hello.build != build {
            return Err(bad("another build of it answered than was started"));
        }
        let facts = hello.facts.sanitized();
        Ok(Some(Hello { facts, ..hello }))
    }
}

/// What an agent sent that is not the protocol.
pub(super) fn bad(what: &str) -> Unreachable {
    let message = format!("what the agent sends makes no sense: {what}");
    Unreachable::new(Cause::Lost, message)
}
