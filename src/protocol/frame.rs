//! Frames: a length of four bytes, big end first, then that many bytes of `MessagePack`.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::weight::{Excess, weight};
use crate::protocol::{ARGS_LIMIT, Request, ToAgent};

/// The longest frame, without its length.
pub const FRAME_LIMIT: usize = 1 << 20;
/// Up to this many bytes of arguments ride inside their call.
const ARGS_INSIDE: usize = 512 << 10;

/// Why a stream of frames cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream ended inside a frame, or reading failed.
    #[error("cannot read a frame: {0}")]
    Read(#[source] io::Error),
    /// A length past the limit: nothing was allocated for it.
    #[error("a frame of {0} bytes is past the limit of {FRAME_LIMIT}")]
    TooLong(usize),
    /// What is in it is not a message.
    #[error("a frame holds no message: {0}")]
    Decode(#[source] rmp_serde::decode::Error),
    /// What is in it is more than a message may hold: nothing was allocated for it.
    #[error("a frame holds no message that can be taken: {0}")]
    Excess(#[source] Excess),
    /// A message cannot be written.
    #[error("a message cannot be written: {0}")]
    Encode(#[source] rmp_serde::encode::Error),
}

/// Appends a message as a frame.
///
/// # Errors
/// Where it would be past the limit, or is one that would not be read; nothing is appended then.
pub fn encode<T: Serialize>(message: &T, buffer: &mut Vec<u8>) -> Result<(), FrameError> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; 4]);
    let written = rmp_serde::encode::write_named(buffer, message).map_err(FrameError::Encode);
    let length = buffer.len() - start - 4;
    match written {
        Ok(()) if length <= FRAME_LIMIT => {
            if let Err(excess) = weight(&buffer[start + 4..]) {
                buffer.truncate(start);
                return Err(FrameError::Excess(excess));
            }
            let bytes = u32::try_from(length).expect("under the limit").to_be_bytes();
            buffer[start..start + 4].copy_from_slice(&bytes);
            Ok(())
        }
        Ok(()) => {
            buffer.truncate(start);
            Err(FrameError::TooLong(length))
        }
        Err(error) => {
            buffer.truncate(start);
            Err(error)
        }
    }
}

/// Appends a message to an agent; the arguments of a call go in frames of their own, before it, where they are large.
///
/// # Errors
/// Where it would be past the limit all the same; nothing is appended then.
pub fn encode_to_agent(message: &ToAgent, buffer: &mut Vec<u8>) -> Result<(), FrameError> {
    let ToAgent::Call(request) = message else {
        return encode(message, buffer);
    };
    if request.args.len() <= ARGS_INSIDE {
        return encode(message, buffer);
    }
    if request.args.len() > ARGS_LIMIT {
        return Err(FrameError::TooLong(request.args.len()));
    }
    let start = buffer.len();
    let mut written = Ok(());
    for piece in request.args.chunks(ARGS_INSIDE) {
        let (id, bytes) = (request.id, piece.to_vec());
        written = written.and_then(|()| encode(&ToAgent::Args { id, bytes }, buffer));
    }
    let rest = Request {
        args: Vec::new(),
        ..(**request).clone()
    };
    let written = written.and_then(|()| encode(&ToAgent::Call(Box::new(rest)), buffer));
    if written.is_err() {
        buffer.truncate(start);
    }
    written
}

/// Reads the message in a frame's body, or an answer that came in parts.
///
/// # Errors
/// Where it is no such message, or one that would take more memory than a message may.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    weight(body).map_err(FrameError::Excess)?;
    rmp_serde::from_slice(body).map_err(FrameError::Decode)
}

/// Reads a whole frame and the message in it; `None` at the end of the stream.
///
/// # Errors
/// Where the stream ends inside a frame, the frame is too long, or holds no such message.
pub fn read_frame<T: DeserializeOwned>(from: &mut impl Read) -> Result<Option<T>, FrameError> {
    let mut length = [0; 4];
    let mut filled = 0;
    while filled < 4 {
        match from.read(&mut length[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(FrameError::Read(io::ErrorKind::UnexpectedEof.into())),
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FrameError::Read(error)),
        }
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > FRAME_LIMIT {
        return Err(FrameError::TooLong(length));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).map_err(FrameError::Read)?;
    decode(&body).map(Some)
}

/// Writes a message as one frame, with one write.
///
/// # Errors
/// Where it is too long or cannot be written.
pub fn write_frame<T: Serialize>(message: &T, to: &mut impl Write) -> Result<(), FrameError> {
    let mut buffer = Vec::with_capacity(256);
    encode(message, &mut buffer)?;
    to.write_all(&buffer).map_err(FrameError::Read)
}
