//! How the program ends, and what it says when it cannot do what was asked.

use std::process::ExitCode;

use crate::event::RunOutcome;

/// The exit codes: a promise to scripts and CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: all that was asked was done.
    Success,
    /// 1: a playbook is invalid or missing, or selects nothing; nothing was run.
    Invalid,
    /// 2, 4, 6: a call failed or was lost (2), a host was not reached (4), or both.
    Run {
        /// Some call failed or was lost on some host, or more hosts of a round failed than it allows.
        failed: bool,
        /// Some host was not reached.
        unreachable: bool,
    },
    /// What `--changes-exit` says: in check mode, all is well and something would change. What `--unknown-exit` says: nothing
    /// would for certain, and something is unknown.
    WouldChange(u8),
    /// What the shell on a host ended with.
    Of(u8),
    /// 64: the command line is wrong.
    Usage,
    /// 70: a bug in rmote-play, or a journal that broke off.
    Bug,
    /// 74: all was done, and what is to be told of it, or a report, could not be written in full.
    Unwritten,
    /// 130: the user stopped the run.
    Interrupted,
}

impl Exit {
    /// What a run's outcome means.
    pub(super) const fn of(outcome: RunOutcome) -> Self {
        match outcome {
            RunOutcome { crashed: true, .. } => Self::Bug,
            RunOutcome {
                interrupted: true, ..
            } => Self::Interrupted,
            RunOutcome {
                failed: false,
                unreachable: false,
                stopped: false,
                ..
            } => Self::Success,
            RunOutcome {
                failed,
                unreachable,
                stopped,
                ..
            } => Self::Run {
                failed: failed || stopped,
                unreachable,
            },
        }
    }

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Invalid => 1,
            Self::Run { failed, unreachable } => 2 * failed as u8 + 4 * unreachable as u8,
            Self::WouldChange(code) | Self::Of(code) => code,
            Self::Usage => 64,
            Self::Bug => 70,
            Self::Unwritten => 74,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why what was asked cannot be done: a message, and how the program ends for it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// How the program ends.
    pub exit: Exit,
    /// What is wrong, lower case, without a final period.
    pub message: String,
    /// What to do, as a whole sentence.
    pub help: Option<String>,
}

impl CliError {
    /// What was asked for makes no sense for this playbook; nothing was run.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Invalid,
            message: message.into(),
            help: None,
        }
    }

    /// The command line is wrong.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
            help: None,
        }
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<std::io::Error> for CliError {
    /// The answer could not be written.
    fn from(error: std::io::Error) -> Self {
        Self {
            exit: Exit::Unwritten,
            message: format!("standard output cannot be written: {error}"),
            help: None,
        }
    }
}
