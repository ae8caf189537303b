//! Options about how a run is shown.

use clap::Args;

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
    /// Show the answer of each host in one line: HOST | OUTCOME | ANSWER
    #[arg(short, long, hide = true)]
    pub(super) one_line: bool,
}
