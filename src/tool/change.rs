//! What a tool says of a change before it is made.

use crate::diff::Diff;

/// A change that can be shown.
pub trait Describe {
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
