//! How much is shown, and how.

use crate::report::paint::Color;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Failures only.
    Quiet,
    /// A line for each entry.
    #[default]
    Entries,
    /// And one for each host of it.
    Hosts,
    /// And its results.
    Results,
}

/// How it is shown.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// How much.
    pub detail: Detail,
    /// In colour or not.
    pub color: Color,
    /// Who reads it.
    pub github: bool,
    /// Where the run is recorded: the options, each with a space before it, of a command that runs it again.
    pub again: Option<String>,
}
