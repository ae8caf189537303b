//! Diagnostics as text, for people and for programs.

use crate::diagnostic::private::Private;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::diagnostic::{human, machine, sarif};
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
    /// included) and `text`. The main label is first.
    Json,
    /// A workflow command for each, which GitHub shows as an annotation of the file.
    Github,
    /// A SARIF 2.1.0 log of one run.
    Sarif,
}

/// A diagnostic as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// How bad it is.
    pub severity: Severity,
    /// Its code.
    pub code: Code,
    /// It, in the format that was asked for.
    pub text: String,
}

/// Writes all diagnostics, in the order of the sources. Nothing to write gives an empty text, in JSON an empty array.
pub fn render(diagnostics: &Diagnostics, sources: &SourceMap, format: Format) -> String {
    let drawn = draw(diagnostics, sources, format);
    let mut text = join(&drawn, format);
    let counts = counted(&drawn);
    if matches!(format, Format::Human { .. }) && !counts.is_empty() {
        text.push_str(&counts);
        text.push('\n');
    }
    text
}

/// Writes each diagnostic, in the order of the sources.
pub fn draw(diagnostics: &Diagnostics, sources: &SourceMap, format: Format) -> Vec<Drawn> {
    let all = diagnostics.sorted();
    let private = Private::of(&all, sources);
    let hidden: Vec<_> = all.iter().map(|it| private.hidden(it, sources)).collect();
    let all: Vec<&Diagnostic> = hidden.iter().map(AsRef::as_ref).collect();
    let texts = match format {
        Format::Human { color } => human::draw(&all, sources, &private, color),
        Format::Json => all.iter().map(|it| machine::json(it, sources)).collect(),
        Format::Github => all.iter().map(|it| machine::github(it, sources)).collect(),
        Format::Sarif => all.iter().map(|it| sarif::result(it, sources)).collect(),
    };
    let drawn = |(it, text): (&&Diagnostic, String)| Drawn {
        severity: it.severity,
        code: it.code,
        text,
    };
    all.iter().zip(texts).map(drawn).collect()
}

/// Diagnostics, of one playbook or of many, as one text.
pub fn join(drawn: &[Drawn], format: Format) -> String {
    let texts: Vec<_> = drawn.iter().map(|it| it.text.as_str()).collect();
    match format {
        Format::Human { .. } | Format::Github => texts.concat(),
        Format::Json if texts.is_empty() => "[]\n".to_owned(),
        Format::Json => format!("[\n{}\n]\n", texts.join(",\n")),
        Format::Sarif => sarif::log(&texts),
    }
}

/// How many there are of each sort, in words; nothing for none.
pub fn counted(all: &[Drawn]) -> String {
    let count = |severity, one: &str| {
        let number = all.iter().filter(|it| it.severity == severity).count();
        match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{number} {one}s")),
        }
    };
    let counts = [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
    ];
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
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
