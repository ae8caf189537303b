//! Options about what a run leaves for later ones.

use clap::Args;

/// What is kept of a run.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Recording {
    /// Do not record the run, nor which handlers hosts owe after it
    #[arg(long)]
    pub(super) no_journal: bool,
    /// Do not run handlers that are owed since earlier runs, and forget them
    #[arg(long, conflicts_with = "no_journal")]
    pub(super) forget_owed: bool,
}
