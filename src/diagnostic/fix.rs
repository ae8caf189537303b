//! How a mistake is put right where that is certain: edits of the text.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, SourceMap, Span};

/// What puts a mistake right.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fix {
    /// What it does, as a sentence without its period.
    pub title: String,
    /// Whether there is no other way to mean it; else it is only offered.
    pub is_certain: bool,
    place: Option<Span>,
    old: Option<String>,
    new: String,
}

/// Bytes of a source and what is to be in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The text.
    pub source: SourceId,
    /// Its bytes.
    pub range: Range<usize>,
    /// What they become.
    pub new: String,
}

impl Fix {
    /// Writes a word in the place of another one at the main place of a diagnostic.
    pub(super) fn of_word(old: &str, new: &str) -> Self {
        Self {
            title: format!("Write `{new}`"),
            is_certain: true,
            place: None,
            old: Some(old.to_owned()),
            new: new.to_owned(),
        }
    }

    /// Writes a text in the place of all that is at a place.
    pub(super) fn of_place(place: Span, new: String) -> Self {
        Self {
            title: format!("Write `{new}`"),
            is_certain: true,
            place: Some(place),
            old: None,
            new,
        }
    }
}

impl Diagnostic {
    /// Says that a word at the main place is to be another one.
    #[must_use]
    pub fn fixed_word(mut self, old: &str, new: &str) -> Self {
        self.fix = Some(Box::new(Fix::of_word(old, new)));
        self
    }

    /// Says what is to be written at a place.
    #[must_use]
    pub fn fixed_at(mut self, place: Span, new: impl Into<String>) -> Self {
        self.fix = Some(Box::new(Fix::of_place(place, new.into())));
        self
    }

    /// The edit that puts it right; `None` where none does, and in texts that are never shown.
    pub fn edit(&self, sources: &SourceMap) -> Option<Edit> {
        let fix = self.fix.as_ref()?;
        let span = fix.place.or_else(|| self.labels.first().map(|it| it.span))?;
        if sources.source(span.source).is_hidden {
            return None;
        }
        let start = span.start as usize;
        let range = match &fix.old {
            None => start..span.end as usize,
            Some(old) => {
                let at = start + only(sources.text(span), old)?;
                at..at + old.len()
            }
        };
        Some(Edit {
            source: span.source,
            range,
            new: fix.new.clone(),
        })
    }
}

/// Whether what a name with this code was meant as is certain where only one is near: what is written in an expression may be
/// meant in another way.
pub(super) fn is_certain(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownKey
            | Code::UnknownArgument
            | Code::UnknownTool
            | Code::UnknownInput
            | Code::UnknownId
            | Code::UnknownHost
            | Code::UnknownRound
            | Code::EmptyPattern
            | Code::InvalidArgument
            | Code::WrongType
    )
}

/// Whether a word needs no quotes anywhere.
pub(super) fn is_plain(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(is_part)
        && !matches!(
            word.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        )
}

/// Where a word is in a text, if it is there once.
fn only(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut found = text.match_indices(word).map(|(at, _)| at).filter(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The text with its edits made. Those that overlap an earlier one are left out.
pub fn edited(text: &str, edits: &[Edit]) -> String {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|it| it.range.start);
    let mut made = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        if let (true, Some(kept)) = (edit.range.start >= at, text.get(at..edit.range.start)) {
            made.push_str(kept);
            made.push_str(&edit.new);
            at = edit.range.end;
        }
    }
    made.push_str(text.get(at..).unwrap_or(""));
    made
}
