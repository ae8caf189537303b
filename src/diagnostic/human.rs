//! Diagnostics for people, drawn by miette.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{Display, Write as _};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents};
use miette::{SourceCode, SourceSpan, SpanContents};

use crate::diagnostic::private::Private;
use crate::diagnostic::render::{clean, is_unsafe};
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{SourceId, SourceMap, Span};

/// How wide the drawing is, in columns.
const WIDTH: usize = 110;
/// How many bytes of one place are marked.
const MARK_LIMIT: usize = 160;
/// How many bytes of source are drawn around one place; longer lines are cut on both sides of it.
const EXCERPT_LIMIT: usize = 2000;
/// How many bytes of a line that is cut are drawn on each side.
const MARGIN: usize = 60;
/// How many bytes of a message are written.
const MESSAGE_LIMIT: usize = 4000;

/// Draws each diagnostic.
pub(super) fn draw(all: &[&Diagnostic], sources: &SourceMap, private: &Private, color: bool) -> Vec<String> {
    let theme = if color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(WIDTH)
        .with_links(false);
    let mut texts = HashMap::new();
    let is_shown = |label: &&Label| !sources.source(label.span.source).is_hidden;
    for label in all.iter().filter_map(|d| d.labels.first()).filter(is_shown) {
        texts.entry(label.span.source).or_insert_with(|| {
            let text = private.without(label.span.source, &sources.source(label.span.source).text);
            match text {
                Cow::Borrowed(text) => printable(text),
                Cow::Owned(text) => Cow::Owned(printable(&text).into_owned()),
            }
        });
    }
    let one = |diagnostic: &&Diagnostic| {
        let report = Report::new(diagnostic, sources, &texts);
        let mut out = String::new();
        handler
            .render_report(&mut out, &report)
            .expect("a String takes all text");
        out.push('\n');
        out
    };
    all.iter().map(one).collect()
}

/// The text with everything unsafe replaced, byte for byte.
fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unsafe) {
        let replaced = text
            .chars()
            .fold(String::with_capacity(text.len()), |mut out, c| {
                if is_unsafe(c) && c != '\r' {
                    out.extend(std::iter::repeat_n('?', c.len_utf8()));
                } else {
                    out.push(if c == '\r' { ' ' } else { c });
                }
                out
            });
        Cow::Owned(replaced)
    } else {
        Cow::Borrowed(text)
    }
}

/// A diagnostic as miette wants it.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    excerpt: Option<Excerpt<'a>>,
}

impl<'a> Report<'a> {
    fn new(
        diagnostic: &'a Diagnostic,
        sources: &'a SourceMap,
        texts: &'a HashMap<SourceId, Cow<'a, str>>,
    ) -> Self {
        let main = diagnostic.labels.first().map(|label| label.span);
        let excerpt = main.and_then(|span| {
            Some(Excerpt {
                text: texts.get(&span.source)?,
                source: span.source,
                sources,
            })
        });
        let mut labels: Vec<LabeledSpan> = Vec::new();
        let mut elsewhere = String::new();
        for label in &diagnostic.labels {
            match &excerpt {
                Some(excerpt) if excerpt.source == label.span.source && excerpt.can_draw(label, main) => {
                    labels.push(excerpt.label(label, labels.is_empty()));
                }
                _ => {
                    let at = sources.location(label.span);
                    let _ = write!(elsewhere, "\n{}: {}", clean(&at.to_string()), clean(&label.text));
                }
            }
        }
        let help = diagnostic.help.as_deref().map(clean).unwrap_or_default() + &elsewhere;
        Self {
            diagnostic,
            message: limited(&clean(&diagnostic.message)),
            help: Some(limited(help.trim_start())).filter(|help| !help.is_empty()),
            labels,
            excerpt,
        }
    }
}

fn limited(text: &str) -> String {
    if text.len() <= MESSAGE_LIMIT {
        return text.to_owned();
    }
    format!("{}…", &text[..floor(text, MESSAGE_LIMIT)])
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as _)
    }
}

/// A source of which only the neighbourhood of a place is drawn.
#[derive(Debug)]
struct Excerpt<'a> {
    text: &'a str,
    source: SourceId,
    sources: &'a SourceMap,
}

impl Excerpt<'_> {
    /// Whether a place can be drawn next to the main one: not, where a long line between them would have to be drawn.
    fn can_draw(&self, label: &Label, main: Option<Span>) -> bool {
        let Some(main) = main.filter(|main| *main != label.span) else {
            return true;
        };
        let (start, end) = (
            main.start.min(label.span.start) as usize,
            main.start.max(label.span.start) as usize,
        );
        end - start < EXCERPT_LIMIT / 2
            || self
                .text
                .get(start..end)
                .is_some_and(|between| between.lines().all(|line| line.len() < EXCERPT_LIMIT / 4))
    }

    /// The mark of a place: its first line, and not too much of it.
    fn label(&self, label: &Label, is_main: bool) -> LabeledSpan {
        let start = floor(self.text, label.span.start as usize);
        let end = (label.span.end as usize).clamp(start, start + MARK_LIMIT);
        let marked = &self.text[start..floor(self.text, end)];
        let length = marked.find('\n').unwrap_or(marked.len());
        let words = (!label.text.is_empty()).then(|| limited(&clean(&label.text)));
        if is_main {
            LabeledSpan::new_primary_with_span(words, (start, length))
        } else {
            LabeledSpan::new_with_span(words, (start, length))
        }
    }

    fn line_start(&self, at: usize) -> Option<usize> {
        let from = floor(self.text, at.saturating_sub(EXCERPT_LIMIT));
        match self.text[from..at].rfind('\n') {
            Some(found) => Some(from + found + 1),
            None => (from == 0).then_some(0),
        }
    }

    fn line_end(&self, at: usize) -> Option<usize> {
        let to = floor(self.text, at + EXCERPT_LIMIT);
        match self.text[at..to].find('\n') {
            Some(found) => Some(at + found),
            None => (to == self.text.len()).then_some(to),
        }
    }

    /// The whole lines of a place with some before and after, if they are not too long.
    fn lines(&self, start: usize, end: usize, before: usize, after: usize) -> Option<(usize, usize)> {
        let mut from = self.line_start(start)?;
        let mut to = self.line_end(end)?;
        for _ in 0..before {
            match from.checked_sub(1).and_then(|last| self.line_start(last)) {
                Some(earlier) if start - earlier < EXCERPT_LIMIT => from = earlier,
                _ => break,
            }
        }
        for _ in 0..after {
            match (to < self.text.len()).then(|| self.line_end(to + 1)).flatten() {
                Some(later) if later - end < EXCERPT_LIMIT => to = later,
                _ => break,
            }
        }
        let longest = self.text[from..to].lines().map(str::len).max().unwrap_or(0);
        (longest <= EXCERPT_LIMIT / 4).then_some((from, to))
    }
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let start = floor(self.text, span.offset());
        let end = floor(self.text, span.offset().saturating_add(span.len())).max(start);
        let (from, to) = match self.lines(start, end, before, after) {
            Some(lines) => lines,
            // Contexts that miette would join, and that are better drawn apart.
            None if end - start > EXCERPT_LIMIT => return Err(MietteError::OutOfBounds),
            None => {
                let from = floor(self.text, start.saturating_sub(MARGIN));
                let to = floor(self.text, end + MARGIN);
                let from = self.text[from..start]
                    .rfind('\n')
                    .map_or(from, |at| from + at + 1);
                let to = self.text[end..to].find('\n').map_or(to, |at| end + at);
                (from, to)
            }
        };
        let data = &self.text[from..to];
        // Without context, only the place itself is asked for.
        let named = if before + after == 0 { start } else { from };
        let at = self.sources.location(Span::new(self.source, named, named));
        Ok(Box::new(MietteSpanContents::new_named(
            clean(&at.path),
            data.as_bytes(),
            (from, to - from).into(),
            at.line as usize - 1,
            at.column as usize - 1,
            data.lines().count(),
        )))
    }
}

/// The nearest boundary of characters at or before an offset.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
