//! How far a look through everything that is under way has come.

use crate::runner::names::FrameId;

/// How far one look through everything has come.
#[derive(Debug)]
pub(in crate::runner) struct Pass {
    /// The newest list that there was when it began: younger ones have to wait for the next one.
    pub(in crate::runner) last: FrameId,
    pub(in crate::runner) frame: FrameId,
    pub(in crate::runner) slot: usize,
    pub(in crate::runner) has_begun: bool,
}

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum Advance {
    /// Something was done.
    Some,
    /// Everything was looked through, and something was done.
    Pass,
    /// Everything was looked through, and nothing can begin.
    Nothing,
}

/// What came of a look at one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runner) enum Look {
    /// Nothing can be done at it.
    Nothing,
    /// Something was done, and more may be.
    Again,
}
