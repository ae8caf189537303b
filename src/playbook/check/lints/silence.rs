//! Warnings that a comment accepts.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostics};
use crate::source::{SourceId, SourceMap};

/// What the comment begins with; codes follow, with commas between them.
const ALLOW: &str = "# allow:";

/// Drops the warnings that a comment on their line, or on the line above, names by their codes.
pub(in crate::playbook) fn silence(sources: &SourceMap, diagnostics: &mut Diagnostics) {
    let mut known: HashMap<SourceId, Vec<Vec<String>>> = HashMap::new();
    diagnostics.retain_warnings(|code: Code, span| {
        let text = &sources.source(span.source).text;
        let lines = known.entry(span.source).or_insert_with(|| {
            if text.contains(ALLOW) {
                text.lines().map(allowed).collect()
            } else {
                Vec::new()
            }
        });
        if lines.is_empty() {
            return true;
        }
        let line = text[..span.start as usize].matches('\n').count();
        let is_allowed = |at: usize| {
            lines
                .get(at)
                .is_some_and(|it| it.iter().any(|it| it == code.as_str()))
        };
        !(is_allowed(line) || line.checked_sub(1).is_some_and(is_allowed))
    });
}

fn allowed(line: &str) -> Vec<String> {
    let Some((_, codes)) = line.split_once(ALLOW) else {
        return Vec::new();
    };
    codes.split(',').map(|it| it.trim().to_owned()).collect()
}
