//! How far a host has come in one round.

/// How far a host has come in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is still to enter it.
    Waiting,
    /// It has entered it, and not left it.
    Inside,
    /// It has left it, or never will enter it.
    Gone,
}

/// A host in one round.
#[derive(Debug)]
pub(super) struct Member {
    /// Its place among the hosts of the round.
    pub(super) place: usize,
    pub(super) phase: Phase,
    /// In how many of the rounds that come first it is still to be, or is.
    pub(super) needs_left: usize,
}

impl Member {
    /// Whether it is still to enter the round or to leave it.
    pub(super) fn is_busy(&self) -> bool {
        self.phase != Phase::Gone
    }
}
