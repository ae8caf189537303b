//! Diagnostics for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::diagnostic::render::clean;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{SourceMap, Span};

#[derive(Serialize)]
struct Item<'a> {
    code: &'a str,
    severity: &'a str,
    message: String,
    help: Option<String>,
    labels: Vec<Place>,
}

#[derive(Serialize)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
    text: String,
}

/// Where a label is, in lines and columns.
pub(super) fn place(label: &Label, sources: &SourceMap) -> Place {
    let span = label.span;
    let start = sources.location(span);
    let end = sources.location(Span {
        start: span.end,
        ..span
    });
    Place {
        path: clean(&start.path),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        text: clean(&label.text),
    }
}

/// The word for how bad it is.
pub(super) fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A JSON object.
pub(super) fn json(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let item = Item {
        code: diagnostic.code.as_str(),
        severity: severity(diagnostic),
        message: clean(&diagnostic.message),
        help: diagnostic.help.as_deref().map(clean),
        labels: diagnostic
            .labels
            .iter()
            .map(|label| place(label, sources))
            .collect(),
    };
    serde_json::to_string(&item).expect("texts and numbers are JSON")
}

/// One of GitHub's workflow commands, with its line end.
pub(super) fn github(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let mut properties = Vec::new();
    if let Some(label) = diagnostic.labels.first() {
        let at = place(label, sources);
        properties.push(format!("file={}", property(&at.path)));
        properties.push(format!("line={}", at.line));
        properties.push(format!("endLine={}", at.end_line));
        // Columns are refused where the lines differ.
        if at.line == at.end_line {
            properties.push(format!("col={}", at.column));
            properties.push(format!("endColumn={}", at.end_column));
        }
    }
    properties.push(format!("title={}", property(diagnostic.code.as_str())));
    format!(
        "::{} {}::{}\n",
        severity(diagnostic),
        properties.join(","),
        escape(&paragraph(diagnostic, sources))
    )
}

/// Message, further places and help, a line each.
pub(super) fn paragraph(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let mut message = clean(&diagnostic.message);
    for label in diagnostic.labels.iter().skip(1) {
        let at = sources.location(label.span);
        let _ = write!(message, "\n{at}: {}", clean(&label.text));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(message, "\n{}", clean(help));
    }
    message
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
