//! Ids that live inside one host's actor.

/// An instance of a list of entries: a round on this host, or a group once for each item of its loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FrameId(pub(super) u64);

/// An entry in a frame, and which item of its loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The frame.
    pub(super) frame: FrameId,
    /// The entry's place in the frame.
    pub(super) slot: usize,
    /// The item; 0 without a loop.
    pub(super) item: usize,
}
