//! What ends the reading of a text, or of a part of it.

use crate::diagnostic::Diagnostic;
use crate::yaml::recover::Broken;

/// Ends the reading.
pub(super) enum Fatal {
    /// Nothing more of the text is read.
    Over(Box<Diagnostic>),
    /// The text is not valid YAML at a place.
    Broken(Broken),
}

impl Fatal {
    /// What is wrong from a place on.
    pub(super) fn broken(diagnostic: Diagnostic, start: usize) -> Self {
        Self::Broken(Broken {
            diagnostic: Some(Box::new(diagnostic)),
            start,
            is_open: true,
        })
    }
}

impl From<Diagnostic> for Fatal {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Over(Box::new(diagnostic))
    }
}
