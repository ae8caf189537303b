//! The words between controller and agent, and how they stand on the wire.

mod facts;
mod frame;
mod message;

pub use facts::{Facts, Os, User};
pub use frame::{FRAME_LIMIT, FrameError, decode, encode, read_frame, write_frame};
pub use message::{
    After, CHUNK, FromAgent, Hello, MARK, Mode, Need, Outcome, PIECES, Piece, RESULT_LIMIT, Reply, Request,
    ToAgent, VERSION, WINDOW, build_name,
};
