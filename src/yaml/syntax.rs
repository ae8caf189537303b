//! What is wrong where the YAML parser gives up: its own words, or what was probably meant.

use std::sync::LazyLock;

use regex::Regex;
use serde_yaml::granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span};
use crate::yaml::fatal::Fatal;
use crate::yaml::line::{Line, line_start};

/// How much of a text a help repeats.
const CLIP: usize = 60;
/// How far back an open bracket is looked at.
const WINDOW: usize = 4096;

/// A template in a value that is not quoted as a whole.
static TEMPLATE: LazyLock<Regex> = LazyLock::new(|| regex(r"[^\s\[\]{},]*\{\{[^{}\n]*(?:\}\}[^\s,}\]]*)?"));
/// A range or subscript after a name.
static RANGE: LazyLock<Regex> = LazyLock::new(|| regex(r"[\w.*-]+(?:\[[^\[\]{},\s]*\][\w.*-]*)+"));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// Refuses characters that YAML does not allow: its parser would take NUL for the end.
pub(super) fn check_characters(text: &str, source: SourceId) -> Result<(), Fatal> {
    let is_bad = |b: u8| (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || b == 0x7f;
    let Some(at) = text.bytes().position(is_bad) else {
        return Ok(());
    };
    let message = format!(
        "the control character U+{:04X} is not allowed in YAML",
        text.as_bytes()[at]
    );
    let diagnostic = Diagnostic::error(Code::YamlSyntax, message)
        .at(Span::new(source, at, at + 1))
        .help("Write it as an escape in double quotes, such as `\"\\x1b\"`.");
    Err(Fatal::broken(diagnostic, at))
}

/// The text up to the end of the line.
pub(super) fn rest_of_line(text: &str, start: usize) -> &str {
    let rest = text.get(start..).unwrap_or("");
    rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())].trim_end()
}

/// At most [`CLIP`] characters of a text.
pub(super) fn clip(text: &str) -> String {
    match text.char_indices().nth(CLIP) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The diagnostic of a scan error at `at`, inside a bracket that was opened at `open`. `whole` is the text as it is written, of which
/// `text` may leave something out.
pub(super) fn explain(
    error: &ScanError,
    (text, whole): (&str, &str),
    at: usize,
    open: Option<usize>,
    source: SourceId,
) -> Diagnostic {
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = rest_of_line(text, line_start);
    let line_end = line_start + line.len();
    // In brackets the cause may stand lines above; far away it is no longer found.
    let from = open
        .filter(|open| at - open.min(&at) < WINDOW)
        .unwrap_or(line_start)
        .min(line_start);
    let window = text.get(from..line_end.max(from)).unwrap_or("");
    if let Some(found) = TEMPLATE
        .find(window)
        .filter(|found| is_unquoted(window, found.start()))
        && (open.is_some() || begins_value(window, found.start()))
    {
        let error = Diagnostic::error(Code::UnquotedTemplate, "a template must be quoted")
            .at(Span::new(source, from + found.start(), from + found.end()))
            .help(format!(
                "Put the whole value into quotes: `\"{}\"`.",
                clip(found.as_str())
            ));
        let start = from + found.start();
        let begins = found.as_str().starts_with("{{") && begins_value(window, found.start());
        return match quoted(whole, start, open.is_some_and(|it| it < start)).filter(|_| begins) {
            Some((end, new)) => error.fixed_at(Span::new(source, start, end), new),
            None => error,
        };
    }
    if let Some(found) = RANGE
        .find(window)
        .filter(|found| is_unquoted(window, found.start()))
        && (open.is_some() || window[..found.start()].contains(['{', '[']))
    {
        let written = clip(found.as_str());
        return Diagnostic::error(
            Code::FlowRange,
            format!("`{written}` must be quoted inside brackets"),
        )
        .at(Span::new(source, from + found.start(), from + found.end()))
        .help(format!(
            "Write `\"{written}\"`, or each entry on a line of its own without brackets."
        ))
        .fixed_at(
            Span::new(source, from + found.start(), from + found.end()),
            format!("\"{}\"", found.as_str()),
        );
    }
    if let Some(error) = missing_space(error, text, line_start, line, at - line_start, source) {
        return error;
    }
    let end = at
        + text[at..]
            .chars()
            .next()
            .filter(|c| *c != '\n')
            .map_or(0, char::len_utf8);
    let span = Span::new(source, at, end);
    let (code, message, help) = words(error, text, line, at - line_start);
    let diagnostic = Diagnostic::error(code, message);
    let diagnostic = match open.filter(|open| *open != at) {
        Some(open) => diagnostic
            .at(span)
            .label(Span::new(source, open, open + 1), "opened here"),
        None => diagnostic.at(span),
    };
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// Where the value ends that begins with an unquoted template at `start`, and the value in quotes; `None`, where it is not
/// certain what the value is.
pub(super) fn quoted(text: &str, start: usize, is_flow: bool) -> Option<(usize, String)> {
    let line = rest_of_line(text, start);
    let value = if is_flow {
        let end = line.find("}}")? + 2;
        let rest = line[end..].trim_start();
        let is_end = rest.starts_with([',', ']']) || rest.starts_with('}') && !rest.starts_with("}}");
        is_end.then(|| &line[..end])?
    } else {
        line.split(" #").next()?.trim_end()
    };
    // Not where it goes on below.
    let next = text
        .get(start + line.len()..)
        .unwrap_or("")
        .lines()
        .nth(1)
        .unwrap_or("");
    let own = line_start(text, start);
    let is_longer = !next.trim().is_empty() && Line::at(next, 0).indent > Line::at(text, own).column;
    if is_longer && !is_flow
        || value.matches("{{").count() != value.matches("}}").count()
        || value.contains('\\')
    {
        return None;
    }
    let quote = match (value.contains('"'), value.contains('\'')) {
        (false, _) => '"',
        (true, false) => '\'',
        (true, true) => return None,
    };
    Some((start + value.len(), format!("{quote}{value}{quote}")))
}

/// Where what a scan error is about begins, if that is above it: the quote of a text that ended where no quote should end,
/// or the text that a key is deeper than.
pub(super) fn opener(error: &ScanError, text: &str, at: usize) -> Option<usize> {
    let before = &text[..at];
    let is_trailing = matches!(
        error.kind(),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar
    );
    if let (true, Some(quote)) = (
        is_trailing,
        before
            .trim_end()
            .chars()
            .next_back()
            .filter(|it| matches!(it, '"' | '\'')),
    ) {
        return before.trim_end().strip_suffix(quote)?.rfind(quote);
    }
    let start = line_start(text, at);
    let line = Line::at(text, start);
    let is_deeper = matches!(
        error.kind(),
        ErrorKind::MappingValueNotAllowed | ErrorKind::SimpleKeyExpected
    ) && line.dash.is_none()
        && at <= line.value.unwrap_or(line.end);
    let above = line.above(text).filter(|it| is_deeper && it.column < line.indent);
    above.map(|it| it.end)
}

/// Whether a scan error is about a thing that begins at its place, whatever is above it.
pub(super) fn is_of_its_own(error: &ScanError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnclosedQuotedScalar
            | ErrorKind::UnexpectedCharacter { .. }
            | ErrorKind::UnknownQuotedScalarEscape
            | ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::InvalidTrailingDoubleQuotedScalar
            | ErrorKind::UnclosedFlowCollection { .. }
    )
}

/// A key on the line above whose colon has no space behind it: it is text, so that the key here is out of place.
fn missing_space(
    error: &ScanError,
    text: &str,
    line_start: usize,
    line: &str,
    column: usize,
    source: SourceId,
) -> Option<Diagnostic> {
    if !matches!(error.kind(), ErrorKind::MappingValueNotAllowed) {
        return None;
    }
    let own = line.get(..column)?;
    let above_start = text[..line_start.checked_sub(1)?]
        .rfind('\n')
        .map_or(0, |end| end + 1);
    let above = rest_of_line(text, above_start);
    let indent = above.len() - above.trim_start().len();
    let (key, value) = above.trim_start().split_once(':')?;
    let is_key = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    let own_indent = own.len() - own.trim_start().len();
    let is_text = value.is_empty() || value.starts_with([' ', '\t']) || value.starts_with("//");
    if !is_key || is_text || own_indent != indent {
        return None;
    }
    let start = above_start + indent;
    Some(
        Diagnostic::error(
            Code::YamlSyntax,
            format!("the key `{key}` has no space after its colon"),
        )
        .at(Span::new(source, start, start + above.trim_start().len()))
        .help(format!("Write `{key}: {}`.", clip(value))),
    )
}

/// Whether no quote is open at an offset of a line.
fn is_unquoted(text: &str, at: usize) -> bool {
    let before = text[..at].rsplit('\n').next().unwrap_or("");
    before.matches('"').count().is_multiple_of(2) && before.matches('\'').count().is_multiple_of(2)
}

/// Whether a value may begin at an offset: only space is between it and what announces a value.
fn begins_value(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches(' ');
    before.is_empty() || before.ends_with([':', '-', '\n', '[', '{', ','])
}

fn words(error: &ScanError, text: &str, line: &str, column: usize) -> (Code, String, Option<String>) {
    let syntax = |message: &str, help: &str| (Code::YamlSyntax, message.to_owned(), Some(help.to_owned()));
    let quote = "Put the whole value into quotes, or write it as a block after `|`.";
    let (before, rest) = line.split_at_checked(column).unwrap_or((line, ""));
    match error.kind() {
        ErrorKind::MappingValueNotAllowed if !before.trim_start().contains([' ', ':']) => syntax(
            "a key is deeper than the text above it",
            "Check the indentation: the key above has its value already.",
        ),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            Code::ColonInText,
            "a text without quotes must not contain `: `".to_owned(),
            Some(quote.to_owned()),
        ),
        ErrorKind::RecursionLimitExceeded => (
            Code::TooDeep,
            "lists and maps are nested too deep".to_owned(),
            Some("Keep deep data in a file of its own.".to_owned()),
        ),
        ErrorKind::UnexpectedCharacter { character: '`' } => {
            syntax("a text without quotes must not begin with a backtick", quote)
        }
        ErrorKind::UnexpectedCharacter { character } => (
            Code::YamlSyntax,
            format!("a text without quotes must not begin with `{character}`"),
            Some(quote.to_owned()),
        ),
        ErrorKind::UnclosedQuotedScalar => syntax(
            "a quote is never closed",
            "Close it, or put the whole value into the other kind of quotes.",
        ),
        ErrorKind::UnclosedFlowCollection { open } => (
            Code::YamlSyntax,
            format!("`{open}` is never closed"),
            Some("Close it, or quote the value if it is text.".to_owned()),
        ),
        ErrorKind::UnknownQuotedScalarEscape => syntax(
            "double quotes do not know this escape",
            "Use single quotes, in which a backslash is only a backslash.",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            syntax(
                "text follows a closed quote",
                "A value that begins with a quote must end with it: put the whole of it into the other kind of quotes.",
            )
        }
        ErrorKind::MissingAnchorOrAliasName if rest.starts_with('*') || line.contains('*') => syntax(
            "a text without quotes must not begin with `*`",
            "Quote it: `\"*\"`, or write `all` for every host.",
        ),
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            syntax("a tab is not allowed as indentation", "Indent with spaces.")
        }
        ErrorKind::DirectiveDisallowed => syntax(
            "YAML directives are not supported",
            "Remove the line; quote a text that begins with `%`.",
        ),
        ErrorKind::ExpectedDocumentStart if text.trim_start().starts_with('%') => {
            syntax("a text without quotes must not begin with `%`", quote)
        }
        ErrorKind::ExpectedBlockMappingKey if before.trim_end().ends_with([']', '}']) => syntax(
            "text follows a closed bracket",
            "A value that begins with a bracket must end with it: quote the whole of it.",
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation => syntax(
            "this is where a key or an entry of the list was expected",
            "Check the indentation of the line.",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => syntax(
            "a key without its colon",
            "Write `key: value`, or check the indentation of the line.",
        ),
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => syntax(
            "a `,` or the closing bracket was expected here",
            "Close the bracket, or quote the value before this place.",
        ),
        ErrorKind::BlockSequenceEntryNotAllowed => syntax(
            "a list must begin on a line of its own",
            "Write each `- ` below its key, or quote the value.",
        ),
        ErrorKind::InvalidBlockScalarHeader => syntax(
            "text follows a `|` or `>`",
            "Begin the text on the next line, or quote the value.",
        ),
        other => (Code::YamlSyntax, other.to_string(), None),
    }
}
