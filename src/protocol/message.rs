//! What controller and agent say to each other. Each message is one frame of `MessagePack`.

use serde::{Deserialize, Serialize};

use crate::blob::Hash;
use crate::diff::Diff;
use crate::failure::Failure;
use crate::login::Login;
use crate::protocol::Facts;
use crate::system::{Level, Push, Stream};
use crate::value::Map;

/// Both ends are built from the same sources, so any difference is an error.
pub const VERSION: u32 = 1;
/// Content and output travel in pieces of at most this many bytes.
pub const CHUNK: usize = 64 << 10;
/// At most this many bytes of one blob are under way to an agent.
pub const WINDOW: usize = 1 << 20;
/// At most this many pieces are asked for at once.
pub const PIECES: usize = 1024;
/// The largest result, all parts together.
pub const RESULT_LIMIT: usize = 16 << 20;
/// The most that the arguments of one call may have, content that is sent as a blob not counted.
pub const ARGS_LIMIT: usize = 16 << 20;
/// At most so many warnings are in one answer.
pub const WARNINGS: usize = 100;

/// From the controller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToAgent {
    /// Do this.
    Call(Box<Request>),
    /// The next piece of the arguments of a call that follows: those that are too large for its frame.
    Args {
        /// The call.
        id: u64,
        /// The piece.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// Calls may act as this account from now on; its agent is started when the first of them does.
    Become {
        /// What [`Request::account`] calls it; a number that is not used twice on a connection.
        account: u32,
        /// The account.
        login: Box<Login>,
    },
    /// End this call: its process group is killed, or it is dropped if it waits. It is answered all the same.
    Cancel {
        /// The call.
        id: u64,
    },
    /// Drop this call if it has not started; else let it end. It is answered all the same.
    Withdraw {
        /// The call.
        id: u64,
    },
    /// The pieces that were asked for. Shorter than asked: something has become shorter.
    Chunk {
        /// The pull that it answers.
        pull: u64,
        /// The piece.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// The blob that was asked for cannot be had.
    NoChunk {
        /// The pull that it answers.
        pull: u64,
        /// Why.
        failure: Failure,
    },
    /// Are you there?
    Ping {
        /// Comes back in the answer.
        nonce: u64,
    },
    /// End when nothing runs any more.
    Bye,
}

/// From the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromAgent {
    /// The first message.
    Hello(Box<Hello>),
    /// A piece of a reply that is too large for one frame: the pieces of a call's [`Reply`], joined, are its encoding.
    Part {
        /// The call.
        id: u64,
        /// The piece.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// The joined parts are whole.
    PartsEnd {
        /// The call.
        id: u64,
        /// [`Reply::outcome`], for whoever passes it on.
        outcome: Outcome,
    },
    /// A call has ended.
    Reply {
        /// The call.
        id: u64,
        /// How.
        reply: Box<Reply>,
    },
    /// A child of a call has written something.
    Output {
        /// The call.
        id: u64,
        /// Where to.
        stream: Stream,
        /// What.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// A log record.
    Log {
        /// The call.
        id: u64,
        /// How much it matters.
        level: Level,
        /// The record.
        message: String,
    },
    /// Send these pieces of blobs, one after another, in one chunk.
    Pull {
        /// A number for the answer, never used twice on a connection.
        pull: u64,
        /// The pieces; together they have at most [`CHUNK`] bytes.
        pieces: Vec<Piece>,
    },
    /// A part of a file that a call brings.
    Push {
        /// The call.
        id: u64,
        /// The part.
        push: Push,
    },
    /// I am.
    Pong {
        /// What was asked with.
        nonce: u64,
    },
    /// The agent of an account ended while it had this call, which is safe to repeat: another agent makes it again.
    Retried {
        /// The call.
        id: u64,
        /// What had become of that agent.
        reason: String,
    },
    /// What the owner of the host should know, and belongs to no call.
    Notice {
        /// It.
        message: String,
    },
    /// The agent ends in good order; the end of the stream follows.
    Bye,
}

/// A piece of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The blob.
    pub blob: u64,
    /// From this byte on.
    pub offset: u64,
    /// So many bytes.
    pub length: u32,
}

/// How an agent introduces itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`].
    pub version: u32,
    /// The hash of the agent's own binary, as the controller gave it on the command line.
    pub build: String,
    /// The agent's process id.
    pub pid: u32,
    /// What names this start of the host's kernel; empty where it does not say.
    pub boot_id: String,
    /// What the host says of itself.
    pub facts: Facts,
}

/// Whether a call may change the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It only looks.
    Check,
    /// It looks, then changes what differs.
    Apply,
}

/// What must have become of an earlier call before this one starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Need {
    /// It has ended, however.
    Ended,
    /// It has ended, and a failure of it is handled; if it was dropped, this call is dropped, too.
    NotDropped,
    /// It has ended and did not fail; if it failed or was dropped, this call is dropped.
    Succeeded,
}

/// An order edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// The earlier call; one that the agent no longer knows has succeeded long ago.
    pub id: u64,
    /// What must have become of it.
    pub need: Need,
}

/// Paths on a host, absolute and normalised, each with everything below it; nothing: anything.
pub type Paths = Option<Vec<String>>;

/// In check mode: what a call may touch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touches {
    /// What its outcome depends on.
    pub reads: Paths,
    /// What it may change.
    pub writes: Paths,
}

/// In check mode: a change before a call that the agent does not know of, or cannot foresee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// The call that would make it, as the controller counts.
    pub id: u64,
    /// Where.
    pub writes: Paths,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, none a state"
)]
pub struct Request {
    /// Its number, growing over the connection, never used twice.
    pub id: u64,
    /// The tool.
    pub tool: String,
    /// The account that it acts as; none: the one that logged in.
    pub account: Option<u32>,
    /// Its arguments as `MessagePack`, for the tool's own type.
    #[serde(with = "serde_bytes")]
    pub args: Vec<u8>,
    /// Whether it may change anything.
    pub mode: Mode,
    /// Whether the diff is wanted.
    pub diff: bool,
    /// Whether what its children write is wanted while they run.
    pub stream: bool,
    /// The playbook says that it only reads (`writes: []`): it runs in check mode too, and is never `changed`.
    pub read_only: bool,
    /// How long it may take, in milliseconds, from its start on.
    pub timeout_ms: Option<u64>,
    /// What comes first.
    pub after: Vec<After>,
    /// It runs only if one of these changed something, or `changed_before` is set; else it is skipped.
    pub if_changed: Option<Vec<u64>>,
    /// One of its `on_change` sources has changed something and was answered already.
    pub changed_before: bool,
    /// In check mode: what it may touch.
    pub touches: Option<Box<Touches>>,
    /// In check mode: what of that may be different by calls of which the agent does not know.
    pub behind: Option<Box<Behind>>,
    /// Every call below this number was answered and the answer was received: the agent forgets it.
    pub settled: u64,
}

/// How a call ended, as the agent knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Nothing was to be done.
    Ok,
    /// Something was changed; in check mode: would be.
    Changed,
    /// It failed.
    Failed,
    /// It failed, since it was ended while it ran: by its own time limit, or because it was canceled. It may have changed
    /// something before.
    Killed,
    /// None of its `on_change` sources changed anything.
    Skipped,
    /// A call that it needed failed or was dropped, or it was taken back: it did not start.
    Dropped,
    /// Check mode: what it would find depends on a change that was not made.
    Unknown {
        /// The call that would make that change.
        because: u64,
    },
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// How it ended.
    pub outcome: Outcome,
    /// What differs, if that was asked for.
    pub diff: Vec<Diff>,
    /// What its owner should know.
    pub warnings: Vec<String>,
    /// Why it failed.
    pub error: Option<Failure>,
    /// The typed fields of the result.
    pub fields: Map,
    /// In check mode: those of them that are left out since they are known only once the call is made.
    pub unsure: Vec<String>,
    /// Microseconds from its start to its end, waiting not counted.
    pub micros: u64,
    /// The agent ends after it, with this exit code: nothing that was sent ahead is started any more.
    pub quit: Option<i32>,
}

impl Reply {
    /// The answer to a call that ended like this, and of which there is nothing more to say.
    pub fn ended(outcome: Outcome) -> Self {
        Self {
            outcome,
            diff: Vec::new(),
            warnings: Vec::new(),
            error: None,
            fields: Map::new(),
            unsure: Vec::new(),
            micros: 0,
            quit: None,
        }
    }

    /// The answer to a call that failed with this.
    pub fn failed(failure: Failure) -> Self {
        Self {
            error: Some(failure),
            ..Self::ended(Outcome::Failed)
        }
    }
}

/// What is in every agent that was built from the same sources as this code, in the same way for the same machine.
pub const MARK: &str = concat!(
    "rmote-play agent of sources ",
    env!("RMOTE_PLAY_SOURCES"),
    " built for ",
    env!("RMOTE_PLAY_BUILD")
);
/// What is in every agent that was built from the same sources, for whatever machine.
pub const SOURCES: &str = concat!("rmote-play agent of sources ", env!("RMOTE_PLAY_SOURCES"), " ");

/// Names the agent's binary: the first 16 hex digits of its hash.
pub fn build_name(hash: &Hash) -> String {
    hash.to_string()[..16].to_owned()
}
