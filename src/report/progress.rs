//! The moving part of a terminal: what is under way, and which hosts hold it up for how long.

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::recap::seconds;
use crate::report::safe::safe;

/// A display below the lines that stay. Drawn only on a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

/// A host that a round waits for.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    pub(super) host: &'a str,
    pub(super) doing: &'a str,
    pub(super) since: f64,
}

impl Progress {
    /// Over a bar that its maker has given a place.
    pub(super) fn new(bar: ProgressBar) -> Self {
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Writes lines above it.
    pub(super) fn aside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }

    /// Shows how far a round is.
    pub(super) fn show(&self, round: &str, left: usize, all: usize, waiting: &[Waiting<'_>]) {
        let mut message = format!("{} · {left} of {all} hosts under way", safe(round));
        for it in waiting {
            message.push_str(" · ");
            message.push_str(it.host);
            message.push_str(": ");
            message.push_str(&safe(it.doing));
            message.push(' ');
            message.push_str(&seconds(it.since));
        }
        self.bar.set_message(message);
        self.bar.tick();
    }

    /// Takes it away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
