//! The only door to standard output and standard error.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use crate::cli::args::When;
use crate::report::safe;

/// Where results and complaints go, and whether in colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printer {
    color: When,
}

#[expect(clippy::unused_self, reason = "only who was given a printer may write")]
impl Printer {
    pub(super) const fn new(color: When) -> Self {
        Self { color }
    }

    /// Whether standard output is shown in colour.
    pub(super) fn out_color(self) -> bool {
        self.wants(io::stdout().is_terminal())
    }

    /// Whether standard error is shown in colour.
    pub(super) fn err_color(self) -> bool {
        self.wants(io::stderr().is_terminal())
    }

    /// Whether standard output is a terminal, on which things may move.
    pub(super) fn is_live(self) -> bool {
        io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Whether standard output is a terminal.
    pub(super) fn is_terminal(self) -> bool {
        io::stdout().is_terminal()
    }

    /// How many columns the terminal has that standard output is; `None`: it is none, or does not say.
    pub(super) fn columns(self) -> Option<usize> {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        (size.ws_col > 0 && self.is_terminal()).then_some(usize::from(size.ws_col))
    }

    fn wants(self, is_terminal: bool) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty()),
        }
    }

    /// Standard output, for a sink.
    pub(super) fn writer(self) -> BufWriter<Stdout> {
        BufWriter::with_capacity(64 << 10, io::stdout())
    }

    /// Standard error, for what a sink says next to results.
    pub(super) fn notes(self) -> io::Stderr {
        io::stderr()
    }

    /// Writes a result.
    pub(super) fn out(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Writes a complaint. Where even that fails, nobody is there to hear it.
    pub(super) fn err(self, text: &str) {
        let _unheard = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes a complaint as a sentence of ours, with what to do about it.
    pub(super) fn complain(self, kind: &str, message: &str, help: Option<&str>) {
        let (bold, off) = if self.err_color() {
            ("\u{1b}[1;31m", "\u{1b}[0m")
        } else {
            ("", "")
        };
        let mut text = format!("{bold}{kind}:{off} {}\n", safe(message));
        if let Some(help) = help {
            text.push_str("  help: ");
            text.push_str(&safe(help));
            text.push('\n');
        }
        self.err(&text);
    }
}
