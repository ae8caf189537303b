//! What `validate` is told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::inventories::Inventories;

/// Checking playbooks.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct ValidateArgs {
    /// Playbooks, units, and directories in which they are found
    #[arg(required_unless_present = "explain", value_name = "PLAYBOOK|UNIT|DIRECTORY")]
    pub(in crate::cli) playbooks: Vec<PathBuf>,
    /// Say what a code means, with an example; without one: list them
    #[arg(long, value_name = "CODE", num_args = 0..=1, conflicts_with = "playbooks")]
    #[expect(clippy::option_option, reason = "the option may have no value")]
    pub(in crate::cli) explain: Option<Option<String>>,
    /// How mistakes are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(in crate::cli) format: Format,
    /// Put right what is certain: names with one likely meaning, `yes` for `true`, modes, templates without quotes
    #[arg(long, conflicts_with = "explain")]
    pub(in crate::cli) fix: bool,
    /// With --fix: show what would be written, and write nothing
    #[arg(long, requires = "fix")]
    pub(in crate::cli) diff: bool,
    /// Warnings are errors
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Let a part of a host pattern match nothing
    #[arg(long)]
    pub(in crate::cli) allow_empty_pattern: bool,
    /// Variables of the run: name=text, @file, or a JSON object of several
    #[arg(short = 'e', long = "extra", value_name = "NAME=VALUE")]
    pub(in crate::cli) extra: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) inventories: Inventories,
    /// Run inventories that are programs; without it their hosts are not known
    #[arg(long)]
    pub(in crate::cli) run_inventory: bool,
}

/// How mistakes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// With the source drawn
    Human,
    /// One JSON array
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}
