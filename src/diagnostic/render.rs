//! Diagnostics as text, for people and for programs.

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::diagnostic::{human, machine};
use crate::source::SourceMap;

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, with the source drawn; in colour or not. Ends with a line that counts them.
    Human {
        /// Whether escape sequences may be used.
        color: bool,
    },
    /// One JSON array of objects with `code`, `severity` (`error` or `warning`), `message`, `help` (text or null) and
    /// `labels`: objects with `path`, `line`, `column`, `end_line`, `end_column` (from 1, in characters, the end not
    /// included) and `text`. The main label stands first.
    Json,
    /// A workflow command for each, which GitHub shows as an annotation of the file.
    Github,
}

/// Writes all diagnostics, in the order of the sources. Nothing to write gives an empty text, in JSON an empty array.
pub fn render(diagnostics: &Diagnostics, sources: &SourceMap, format: Format) -> String {
    let all = diagnostics.sorted();
    match format {
        Format::Human { color } => human::draw(&all, sources, color) + &summary(&all),
        Format::Json => machine::json(&all, sources),
        Format::Github => machine::github(&all, sources),
    }
}

fn summary(all: &[&Diagnostic]) -> String {
    let count = |severity, one: &str| {
        let number = all.iter().filter(|d| d.severity == severity).count();
        match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{number} {one}s")),
        }
    };
    let counts: Vec<_> = [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if counts.is_empty() {
        String::new()
    } else {
        format!("{}\n", counts.join(", "))
    }
}

/// Whether a character could move the cursor, change colours or turn the direction of a line.
pub(super) fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text without such characters.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| !is_unsafe(*c)).collect()
}
