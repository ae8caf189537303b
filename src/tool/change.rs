//! What a tool says of a change before it is made.

use crate::diff::Diff;

/// What it means that something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// The host is changed by it.
    Change,
    /// The host is changed by it, if whoever decides that lets this account: nobody can tell before it is asked.
    Doubtful,
    /// Nothing is changed, but what comes of it is known only afterwards.
    Unknown,
    /// Nothing is changed, and nothing depends on it.
    Nothing,
}

/// A change that can be shown.
pub trait Describe {
    /// What it means that it is pending.
    fn pending(&self) -> Pending {
        Pending::Change
    }

    /// What will differ, in order; empty where nothing can be said beforehand.
    fn diff(&self) -> Vec<Diff>;
}

impl Describe for () {
    fn diff(&self) -> Vec<Diff> {
        Vec::new()
    }
}

/// For tools that never change anything.
impl Describe for std::convert::Infallible {
    fn diff(&self) -> Vec<Diff> {
        match *self {}
    }
}
