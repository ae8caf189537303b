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
struct Place {
    path: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    text: String,
}

fn place(label: &Label, sources: &SourceMap) -> Place {
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

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// One JSON array, a line for each diagnostic.
pub(super) fn json(all: &[&Diagnostic], sources: &SourceMap) -> String {
    let items: Vec<_> = all
        .iter()
        .map(|d| Item {
            code: d.code.as_str(),
            severity: severity(d),
            message: clean(&d.message),
            help: d.help.as_deref().map(clean),
            labels: d.labels.iter().map(|label| place(label, sources)).collect(),
        })
        .map(|item| serde_json::to_string(&item).expect("texts and numbers are JSON"))
        .collect();
    if items.is_empty() {
        "[]\n".to_owned()
    } else {
        format!("[\n{}\n]\n", items.join(",\n"))
    }
}

/// GitHub's workflow commands, one a line.
pub(super) fn github(all: &[&Diagnostic], sources: &SourceMap) -> String {
    let mut out = String::new();
    for diagnostic in all {
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
        let mut message = clean(&diagnostic.message);
        for label in diagnostic.labels.iter().skip(1) {
            let at = sources.location(label.span);
            let _ = write!(message, "\n{at}: {}", clean(&label.text));
        }
        if let Some(help) = &diagnostic.help {
            let _ = write!(message, "\n{}", clean(help));
        }
        let _ = writeln!(
            out,
            "::{} {}::{}",
            severity(diagnostic),
            properties.join(","),
            escape(&message)
        );
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
