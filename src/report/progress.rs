//! The moving part of a terminal: what is under way, and which hosts hold it up for how long.

use std::fmt::Write as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::recap::seconds;
use crate::report::safe::safe;
use crate::report::wide;

/// A display below the lines that stay. Drawn only on a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    columns: Option<usize>,
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
    pub(super) fn new(bar: ProgressBar, columns: Option<usize>) -> Self {
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self { bar, columns }
    }

    /// Writes lines above it.
    pub(super) fn aside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }

    /// Shows the entries under way, and how far their round is.
    pub(super) fn show(&self, moving: &str, round: &str, far: &str, waiting: &[Waiting<'_>]) {
        let mut message = format!("{moving}{} · {far}", safe(round).replace('\n', " "));
        for it in waiting {
            let doing = safe(it.doing).replace('\n', " ");
            let _ = write!(message, " · {}: {doing} {}", it.host, seconds(it.since));
        }
        // A line that wraps would be drawn over and over.
        let columns = self.columns.unwrap_or(usize::MAX);
        let lines: Vec<_> = message.lines().map(|line| wide::fit(line, columns)).collect();
        self.bar.set_message(lines.join("\n"));
    }

    /// Takes it away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
