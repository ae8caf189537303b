//! The words between controller and agent, and how they stand on the wire.

mod facts;
mod frame;
mod message;
mod weight;

pub use facts::{Facts, Os, Route, User};
pub use frame::{FRAME_LIMIT, FrameError, decode, encode, encode_to_agent, read_frame, write_frame};
pub use message::{
    ARGS_LIMIT, After, Behind, CHUNK, FromAgent, Hello, MARK, Mode, Need, Outcome, PIECES, Paths, Piece,
    RESULT_LIMIT, Reply, Request, SOURCES, ToAgent, Touches, VERSION, WARNINGS, WINDOW, build_name,
};
pub use weight::{DEPTH, Excess, WEIGHT_LIMIT, weight};
