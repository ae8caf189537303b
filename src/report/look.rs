//! How much is shown, and how.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::report::paint::Color;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Failures and the recap only.
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
    /// The command that runs it again for some of its hosts; `None`: it is not known.
    pub again: Option<Again>,
    /// How many columns the terminal has that it is shown on; `None`: it is no terminal.
    pub width: Option<usize>,
    /// Whether what commands write is shown as it comes.
    pub live: bool,
    /// How many bytes of content the hosts were given so far.
    pub sent: Arc<AtomicU64>,
    /// Whether the output is a log of CI, which is told once a minute that the run goes on.
    pub is_log: bool,
}

impl Look {
    /// How much content was sent, where that is worth a word: with what separates it from the words before.
    pub(in crate::report) fn sent(&self, between: &str) -> String {
        match self.sent.load(Ordering::Relaxed) >> 20 {
            0 => String::new(),
            many => format!("{between}{many} MiB sent"),
        }
    }
}

/// A command that runs the same again, but for `--limit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The program, the command and its options, as a shell reads them.
    pub before: String,
    /// What follows the options, likewise.
    pub after: String,
    /// What was typed, for people who look for a run: without values of variables and arguments of a call, which may be secret.
    pub told: String,
    /// Whether the run is recorded, so that `@failed` and `@unreachable` stand for its hosts.
    pub is_recorded: bool,
}
