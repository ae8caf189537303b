//! Options about how a run is shown.

use clap::{Args, ValueEnum};

/// How it is shown how far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// Lines that move on a terminal; where CI is set, a line a minute
    #[default]
    Auto,
    /// Lines that move, on a terminal
    Live,
    /// A line a minute, where nothing else was written
    Lines,
    /// Not at all
    None,
}

/// How much is shown of a run, and when.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Showing {
    /// Show each host (-v), and arguments, results and outputs too (-vv)
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Show failures and the recap only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Show what commands write while they run, with the name of the host; of a single host it is always shown
    #[arg(long, conflicts_with = "quiet")]
    pub(super) live: bool,
    /// How it is shown how far a run is
    #[arg(long, value_enum, default_value_t = Progress::Auto)]
    pub(super) progress: Progress,
    /// Show the answer of each host in one line: HOST | OUTCOME | ANSWER
    #[arg(short, long, hide = true)]
    pub(super) one_line: bool,
}
