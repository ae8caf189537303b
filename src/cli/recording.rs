//! Options about what a run leaves for later ones.

use std::path::Path;

use clap::Args;

use crate::cli::error::Exit;
use crate::cli::printer::Printer;
use crate::journal::{Archive, Fault, Writer};

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

impl Recording {
    /// The journal of a run, unless none is wanted.
    pub(super) fn journal(&self, path: &Path, command: &str) -> (Option<Writer>, Fault) {
        let archive = Archive::of_user().filter(|_| !self.no_journal);
        let Some(archive) = archive else {
            return (None, Fault::default());
        };
        let playbook = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let (writer, fault) = Writer::new(archive, playbook, command.to_owned());
        (Some(writer), fault)
    }
}

/// Says what is wrong with the journal. One that broke off is a fault of ours.
pub(super) fn recorded(exit: Exit, fault: &Fault, printer: Printer) -> Exit {
    match fault.get() {
        None => exit,
        Some((why, false)) => {
            let message = format!("the run is not recorded: {why}");
            printer.complain("warning", &message, Some("--no-journal does without."));
            exit
        }
        Some((why, true)) => {
            let message = format!("the journal of the run broke off: {why}");
            let help = "`--limit @failed` and `rmote-play report` know only a part of it.";
            printer.complain("error", &message, Some(help));
            match exit {
                Exit::Success | Exit::WouldChange(_) => Exit::Bug,
                exit => exit,
            }
        }
    }
}
