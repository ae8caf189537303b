//! SARIF 2.1.0: the log that code scanning reads.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::diagnostic::machine::{paragraph, place, severity};
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::source::SourceMap;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One result.
pub(super) fn result(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let rule = Code::ALL.iter().position(|code| *code == diagnostic.code);
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "ruleIndex": rule,
        "level": severity(diagnostic),
        "message": { "text": paragraph(diagnostic, sources) },
    });
    if let Some((main, others)) = diagnostic.labels.split_first() {
        result["locations"] = json!([{ "physicalLocation": physical(main, sources) }]);
        let related: Vec<_> = (others.iter().enumerate())
            .map(|(id, label)| {
                json!({
                    "id": id + 1,
                    "message": { "text": if label.text.is_empty() { "see here" } else { &label.text } },
                    "physicalLocation": physical(label, sources),
                })
            })
            .collect();
        if !related.is_empty() {
            result["relatedLocations"] = related.into();
        }
    }
    result.to_string()
}

fn physical(label: &Label, sources: &SourceMap) -> Json {
    let at = place(label, sources);
    json!({
        "artifactLocation": artifact(&at.path),
        "region": {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        },
    })
}

/// A path as a URI: relative ones count from the root of the sources.
fn artifact(path: &str) -> Json {
    let mut uri = String::new();
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(byte.into());
            }
            other => {
                let _ = write!(uri, "%{other:02X}");
            }
        }
    }
    if uri.starts_with('/') {
        json!({ "uri": format!("file://{uri}") })
    } else {
        json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
    }
}

/// The log with these results.
pub(super) fn log(results: &[&str]) -> String {
    let rules: Vec<_> = Code::ALL
        .iter()
        .map(|code| {
            json!({
                "id": code.as_str(),
                "shortDescription": { "text": code.as_str().replace('-', " ") },
                "fullDescription": { "text": code.explain() },
                "help": { "text": help(*code) },
            })
        })
        .collect();
    let driver = json!({ "name": "rmote-play", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    format!(
        "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{driver}}},\
         \"columnKind\":\"unicodeCodePoints\",\"results\":[\n{}\n]}}]}}\n",
        results.join(",\n")
    )
}

fn help(code: Code) -> String {
    let (wrong, right) = code.example();
    let mut text = code.explain().to_owned();
    for (title, example) in [("Wrong", wrong), ("Right", right)] {
        if !example.is_empty() {
            let _ = write!(text, "\n\n{title}:\n{example}");
        }
    }
    text
}
