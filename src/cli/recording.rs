//! Options about what a run leaves for later ones.

use std::path::Path;

use clap::Args;

use crate::cli::error::Exit;
use crate::cli::printer::Printer;
use crate::journal::{About, Archive, Fault, Writer};

/// What is kept of a run.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Recording {
    /// Do not record the run, nor which handlers hosts owe after it
    #[arg(long)]
    pub(super) no_journal: bool,
    /// Do not run handlers that are owed since earlier runs, and forget them
    #[arg(long, conflicts_with = "no_journal")]
    pub(super) forget_owed: bool,
    /// Go on with a run that did not end well: what it has done is not done again. The last run of the playbook, or the one of
    /// this id
    #[arg(
        long,
        value_name = "RUN",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "last",
        conflicts_with_all = ["no_journal", "forget_owed"]
    )]
    pub(super) resume: Option<String>,
    /// With --resume: run this call again, or the calls of this group: those of which nobody knows whether they were done, else
    /// all. ID[3-7]: these items of its loop
    #[arg(long, value_name = "ID|PATH", requires = "resume")]
    pub(super) redo: Vec<String>,
    /// With --resume: this call, of which nobody knows whether it was done, was done
    #[arg(long, value_name = "ID|PATH", requires = "resume")]
    pub(super) done: Vec<String>,
    /// Write to the disk that a call starts which must not be done twice, before it does: also a machine that loses its power
    /// knows afterwards
    #[arg(long, conflicts_with = "no_journal")]
    pub(super) durable: bool,
}

impl Recording {
    /// The journal of a run, unless none is wanted.
    pub(super) fn journal(&self, path: &Path, about: About) -> (Option<Writer>, Fault) {
        let archive = Archive::of_user().filter(|_| !self.no_journal);
        let Some(archive) = archive else {
            return (None, Fault::default());
        };
        let about = About {
            playbook: path.canonicalize().unwrap_or_else(|_| path.to_path_buf()),
            is_durable: self.durable,
            ..about
        };
        let (writer, fault) = Writer::new(archive, about);
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
