//! Draws diagnostics.

use crate::diagnostic::Diagnostics;
use crate::source::SourceMap;

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, with the source drawn; in colour or not.
    Human {
        /// Whether escape sequences may be used.
        color: bool,
    },
}

/// Draws all diagnostics, in the order of the sources.
pub fn render(diagnostics: &Diagnostics, sources: &SourceMap, format: Format) -> String {
    let _ = (diagnostics, sources, format);
    unimplemented!()
}
