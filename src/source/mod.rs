//! Source texts and places in them: the words every stage uses to say *where*.

mod drafts;
mod file;

pub use drafts::{Drafts, with_drafts};
pub use file::{LARGEST_TEXT, open_file, read_file, read_text};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One text that was loaded: an index into a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes in one source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Makes a span; offsets past 4 GiB do not occur, since sources are limited to 64 MiB.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            source,
            start: clamp(start),
            end: clamp(end.max(start)),
        }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it covers nothing.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Puts a value at a place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned {
            value: f(self.value),
            span: self.span,
        }
    }
}

/// A place in words that need no source text: what events and JSON carry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Location {
    /// The file as it was named, relative to the working directory where it was so named.
    pub path: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// A loaded text.
#[derive(Debug)]
pub struct Source {
    /// The path as it was named.
    pub path: PathBuf,
    /// The whole text.
    pub text: Arc<str>,
    /// Whether it is never shown: it was encrypted.
    pub is_hidden: bool,
    name: Arc<str>,
    lines: Vec<u32>,
}

/// All texts of one load. It only grows, so that ids stay good.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<Source>,
}

impl SourceMap {
    /// Keeps a text and names it.
    pub fn add(&mut self, path: &Path, text: impl Into<Arc<str>>) -> SourceId {
        self.keep(path, text.into(), false)
    }

    /// The same for a text that is never shown.
    pub fn add_hidden(&mut self, path: &Path, text: impl Into<Arc<str>>) -> SourceId {
        self.keep(path, text.into(), true)
    }

    fn keep(&mut self, path: &Path, text: Arc<str>, is_hidden: bool) -> SourceId {
        let lines = std::iter::once(0)
            .chain(
                text.bytes()
                    .enumerate()
                    .filter(|(_, b)| *b == b'\n')
                    .map(|(i, _)| i + 1),
            )
            .map(|n| u32::try_from(n).unwrap_or(u32::MAX))
            .collect();
        let id = SourceId(u32::try_from(self.files.len()).expect("fewer than 2^32 sources"));
        self.files.push(Source {
            path: path.to_path_buf(),
            name: path.to_string_lossy().into(),
            text,
            is_hidden,
            lines,
        });
        id
    }

    /// All of them, in the order in which they were loaded.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..self.files.len()).filter_map(|it| u32::try_from(it).ok().map(SourceId))
    }

    /// The paths of all texts, as they were named.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|it| it.path.as_path())
    }

    /// The source of an id that this map gave.
    pub fn source(&self, id: SourceId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// The text that a span covers; empty where the span does not fit the text.
    pub fn text(&self, span: Span) -> &str {
        self.source(span.source)
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// The directory of a source: what relative paths written in it count from.
    pub fn folder(&self, id: SourceId) -> &Path {
        let parent = self.source(id).path.parent();
        parent
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or_else(|| Path::new("."))
    }

    /// The line in which a span begins, from 0, and where that line begins.
    pub fn line(&self, span: Span) -> (usize, usize) {
        let file = self.source(span.source);
        let line = file.lines.partition_point(|&it| it <= span.start).max(1);
        (line - 1, file.lines[line - 1] as usize)
    }

    /// The start of a span as file, line and column.
    pub fn location(&self, span: Span) -> Location {
        let file = self.source(span.source);
        let line = file.lines.partition_point(|&s| s <= span.start).max(1);
        let start = file.lines[line - 1] as usize;
        let before = file.text.get(start..span.start as usize).unwrap_or("");
        Location {
            path: Arc::clone(&file.name),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
        }
    }
}

/// Where a text came from, when it is not the source's bytes one by one: a YAML scalar with its indentation, quotes and
/// escapes taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// All of it.
    pub whole: Span,
    /// Pairs of (offset in the text, offset in the source), ascending, one for each line. Empty: only `whole` is known.
    pub lines: Vec<(u32, u32)>,
}

impl Place {
    /// A text whose parts cannot be placed.
    pub const fn whole(whole: Span) -> Self {
        Self {
            whole,
            lines: Vec::new(),
        }
    }

    /// The place of a part of the text, as exactly as it is known.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let place = |offset: usize| {
            let at = self
                .lines
                .partition_point(|(text, _)| *text as usize <= offset)
                .checked_sub(1)?;
            let (text, source) = self.lines[at];
            Some(source as usize + (offset - text as usize))
        };
        match (place(start), place(end)) {
            (Some(start), Some(end)) if end <= self.whole.end as usize => {
                Span::new(self.whole.source, start, end)
            }
            _ => self.whole,
        }
    }

    /// The place of a part of the text.
    #[must_use]
    pub fn part(&self, offset: usize, length: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (from, to) = (clamp(offset), clamp(offset + length));
        let first = self.lines.partition_point(|(text, _)| *text <= from);
        let before = first.checked_sub(1).map(|at| self.lines[at]);
        let begin = before.map(|(text, source)| (0, source + (from - text)));
        let rest = self.lines[first..].iter().take_while(|(text, _)| *text <= to);
        Self {
            whole: self.whole,
            lines: begin
                .into_iter()
                .chain(rest.map(|(text, source)| (text - from, *source)))
                .collect(),
        }
    }
}
