//! Options by which somebody is asked before something is done.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;

use crate::cli::error::{CliError, Exit};
use crate::cli::last_resort::INTERRUPTED;
use crate::runner::{Answer, Asker};
use crate::secret::{Unanswered, can_ask, choose};

/// Before what somebody is asked.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AskingArgs {
    /// Ask before each entry begins: y runs it, n skips it, c runs all that follow, q stops
    #[arg(long)]
    pub(super) step: bool,
    /// Show the dry run first; where something would change, ask whether to do it
    #[arg(long, conflicts_with_all = ["check", "list_hosts", "list_calls", "list_tags"])]
    pub(super) confirm: bool,
}

impl AskingArgs {
    /// Who is asked before each entry.
    pub(super) fn asker(&self) -> Option<Arc<dyn Asker>> {
        self.step.then(|| Arc::new(AtTerminal) as Arc<dyn Asker>)
    }

    /// Refuses to ask where nobody is there.
    ///
    /// # Errors
    /// Without a terminal.
    pub(super) fn check(&self) -> Result<(), CliError> {
        let option = match (self.step, self.confirm) {
            (true, _) => "--step",
            (_, true) => "--confirm",
            _ => return Ok(()),
        };
        if can_ask() {
            return Ok(());
        }
        Err(CliError::usage(format!(
            "`{option}` asks, and there is no terminal to ask at"
        )))
    }
}

/// Asks whether what was shown is done. `otherwise`: what is true where it is not, as `nothing was changed`.
///
/// # Errors
/// Where it is not to be done.
pub(super) fn confirmed(otherwise: &str) -> Result<(), CliError> {
    let why = match choose("Do this? [y/N]", "ny", &INTERRUPTED) {
        Ok('y') => return Ok(()),
        Ok(_) | Err(Unanswered::Canceled) => "not confirmed".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(CliError {
        exit: Exit::Interrupted,
        message: format!("{why}; {otherwise}"),
        help: None,
    })
}

/// Who sits at the terminal.
#[derive(Debug)]
struct AtTerminal;

impl Asker for AtTerminal {
    fn ask(&self, entry: &str, is_over: &AtomicBool) -> Answer {
        match choose(&format!("Run `{entry}`? [Y/n/c/q]"), "yncq", is_over) {
            Ok('y') => Answer::Do,
            Ok('n') => Answer::Leave,
            Ok('c') => Answer::DoAll,
            Ok(_) | Err(_) => Answer::Stop,
        }
    }
}
