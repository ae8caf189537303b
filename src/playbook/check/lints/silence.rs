//! Warnings that a comment accepts.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::source::{SourceId, SourceMap, Span};

/// What follows the `#` of the comment; codes come after it, with commas between them.
const ALLOW: &str = " allow:";

/// Drops the warnings that a comment names by their codes: on their line, on the line above, or above the entry that they
/// are in. Warns of codes that are mistyped.
pub(in crate::playbook) fn silence(sources: &SourceMap, diagnostics: &mut Diagnostics) {
    let mut known: HashMap<SourceId, Vec<Vec<String>>> = HashMap::new();
    diagnostics.retain_warnings(|code: Code, span| {
        let text = &sources.source(span.source).text;
        let allowed = known.entry(span.source).or_insert_with(|| {
            if text.contains(ALLOW) {
                text.lines().map(codes).collect()
            } else {
                Vec::new()
            }
        });
        if allowed.is_empty() {
            return true;
        }
        let is_allowed = |at: usize| {
            let codes = allowed.get(at);
            codes.is_some_and(|it| it.iter().any(|it| it == code.as_str()))
        };
        let line = text[..span.start as usize].matches('\n').count();
        let lines: Vec<&str> = text.lines().collect();
        let above = [Some(line), entry(&lines, line)].into_iter().flatten();
        let mut above = above.filter_map(|it| it.checked_sub(1));
        !(is_allowed(line) || above.any(is_allowed))
    });
    for id in sources.ids() {
        mistyped(sources, id, diagnostics);
    }
}

/// The codes that a line accepts.
fn codes(line: &str) -> Vec<String> {
    words(line).map(|(_, code)| code.to_owned()).collect()
}

/// The same, with where in the line they are.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    // In a template the comment may take the white space before it along: `{#- allow: ... #}`.
    let begin = line.find(ALLOW).filter(|it| {
        let before = &line[..*it];
        before.ends_with('#') || before.ends_with("{#-")
    });
    let start = begin.map_or(line.len(), |it| it + ALLOW.len());
    let mut at = start;
    line[start..].split(',').filter_map(move |part| {
        let from = at + part.len() - part.trim_start().len();
        at += part.len() + 1;
        // In a template the comment ends on the same line. A reason may follow.
        let code = part
            .split_whitespace()
            .next()?
            .trim_end_matches([':', '#', '}', '-']);
        (!code.is_empty()).then_some((from, code))
    })
}

fn mistyped(sources: &SourceMap, id: SourceId, diagnostics: &mut Diagnostics) {
    let source = sources.source(id);
    if source.is_hidden || !source.text.contains(ALLOW) {
        return;
    }
    let mut begin = 0;
    for line in source.text.split_inclusive('\n') {
        for (at, code) in words(line) {
            let known = Code::ALL.iter().map(|it| it.as_str());
            // What is not near to one may well be a comment about something else.
            if known.clone().any(|it| it == code) || nearest(code, known.clone()).is_none() {
                continue;
            }
            let start = begin + at;
            diagnostics.push(
                Diagnostic::warning(
                    Code::UnknownKey,
                    format!(
                        "`{}` is the code of no warning: nothing is accepted by it",
                        code.escape_debug()
                    ),
                )
                .at(Span::new(id, start, start + code.len()))
                .did_you_mean(code, known),
            );
        }
        begin += line.len();
    }
}

/// The first line of the entry that a line is in, as the indentation says.
fn entry(lines: &[&str], line: usize) -> Option<usize> {
    let indent = |it: &str| it.len() - it.trim_start_matches(' ').len();
    let is_item = |it: &str| it.trim_start().starts_with("- ");
    // Lines that begin further to the right than this belong to siblings of what is around.
    let mut limit = indent(lines.get(line)?);
    // The item that was met last: its key is looked for.
    let mut item: Option<usize> = None;
    for at in (0..=line).rev() {
        let text = lines[at];
        let trimmed = text.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') || indent(text) > limit {
            continue;
        }
        if let Some(found) = item {
            if is_item(text) && indent(text) == indent(lines[found]) {
                continue;
            }
            // The key may be on the line of an item itself.
            if trimmed.trim_start_matches("- ").starts_with("calls:") {
                return Some(found);
            }
            item = None;
        }
        if is_item(text) && (at == line || indent(text) < limit || limit == indent(lines[line])) {
            item = Some(at);
        }
        limit = indent(text);
    }
    None
}
