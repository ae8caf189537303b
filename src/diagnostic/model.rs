//! A diagnostic and the sink that collects them.

use indexmap::IndexSet;

use crate::diagnostic::Code;
use crate::diagnostic::fix::{self, Fix};
use crate::diagnostic::unread::Unread;
use crate::source::{SourceMap, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing runs.
    Error,
    /// It runs; `--strict` makes it an error.
    Warning,
}

/// A place in a source and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words next to the mark; may be empty for the main label.
    pub text: String,
}

/// One thing that is wrong: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// One terse sentence fragment, lower case, without a final period, naming the thing in backticks.
    pub message: String,
    /// The main place first. Empty only where no source exists (a missing file named on the command line).
    pub labels: Vec<Label>,
    /// A whole sentence that says what to do.
    pub help: Option<String>,
    /// What puts it right, where that is known.
    pub fix: Option<Box<Fix>>,
}

impl Diagnostic {
    /// An error of this code, not yet placed.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A warning of this code, not yet placed.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Marks a place with words next to it. The first one is the main place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Marks the main place.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        self.label(span, "")
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn hidden(mut self) -> Self {
        let explained = self.code.explain();
        let sentence = explained.split_inclusive(". ").next().unwrap_or(explained);
        self.message = format!(
            "in an encrypted file, of which nothing is shown: {}",
            sentence.trim()
        );
        self.help = None;
        self.fix = None;
        self.labels.iter_mut().for_each(|label| label.text.clear());
        self
    }

    /// Says which of `known` was meant, if one is near enough to `written`.
    #[must_use]
    pub fn did_you_mean<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let mut near = near(written, known);
        near.sort_by_key(|(distance, _)| *distance);
        near.dedup_by_key(|(_, name)| *name);
        let Some((_, name)) = near.first() else {
            return self;
        };
        let mut it = self.help(format!("Did you mean `{name}`?"));
        if fix::is_plain(name) && near.len() == 1 {
            let mut fix = Fix::of_word(written, name);
            fix.is_certain = fix::is_certain(it.code);
            it.fix = Some(Box::new(fix));
        }
        it
    }
}

/// Those of `known` that are near enough to `written` to be what was meant, with how far they are.
fn near<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    if written.len() > 100 {
        return Vec::new();
    }
    let limit = |name: &str| (name.len().max(written.len()) / 3).max(1);
    known
        .into_iter()
        .filter(|name| name.len().abs_diff(written.len()) <= limit(name))
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= limit(name))
        .collect()
}

/// The one of `known` that is nearest to `written`, if any is near enough to be what was meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = near(written, known).into_iter();
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Collects diagnostics, so that a stage can go on after the first.
#[derive(Debug, Default)]
pub struct Diagnostics {
    found: IndexSet<Diagnostic>,
    /// Parts of texts that could not be read.
    unread: Vec<Unread>,
}

impl Diagnostics {
    /// Adds one; the same one twice is kept once.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.insert(diagnostic);
    }

    /// Notes that a part of a text could not be read. `under`: the keys that it is below, the innermost first;
    /// `hole`: the column of a map that may have lost keys.
    pub fn unread(&mut self, span: Span, text: &str, under: &[&str], hole: Option<usize>) {
        self.unread.push(Unread::new(span, text, under, hole));
    }

    /// Notes that a whole text could not be read.
    pub fn unread_file(&mut self, span: Span) {
        self.unread.push(Unread::whole(span));
    }

    /// Notes what others note as not read.
    pub fn add_unread(&mut self, mut others: Self) {
        self.unread.append(&mut others.unread);
    }

    /// Whether a part of a text could not be read.
    pub fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Takes out what may only be wrong because a part of a text could not be read. That was told as an error: where none would
    /// be left, all stay.
    pub fn drop_follow_ups(&mut self, sources: &SourceMap) {
        let is_kept = |it: &Diagnostic| !self.unread.iter().any(|gap| gap.explains(it, sources));
        let kept: Vec<bool> = self.found.iter().map(is_kept).collect();
        let mut left = self.found.iter().zip(&kept);
        if left.any(|(it, is_kept)| *is_kept && it.severity == Severity::Error) {
            let mut kept = kept.into_iter();
            self.found.retain(|_| kept.next().unwrap_or(true));
        }
    }

    /// Whether anything is an error.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether an error has one of these codes.
    pub fn has_error_of(&self, codes: &[Code]) -> bool {
        let mut errors = self.found.iter().filter(|it| it.severity == Severity::Error);
        errors.any(|it| codes.contains(&it.code))
    }

    /// Keeps the warnings of which `keep` says so, by their codes and main places.
    pub fn retain_warnings(&mut self, mut keep: impl FnMut(Code, Span) -> bool) {
        self.found.retain(|it| match it.labels.first() {
            Some(label) if it.severity == Severity::Warning => keep(it.code, label.span),
            _ => true,
        });
    }

    /// Keeps only those errors for whose code and first place `keep` holds, and those that have no place.
    pub fn retain_errors(&mut self, mut keep: impl FnMut(Code, Span) -> bool) {
        self.found.retain(|it| match it.labels.first() {
            Some(label) if it.severity == Severity::Error => keep(it.code, label.span),
            _ => true,
        });
    }

    /// Whether something within a place is an error.
    pub fn has_error_within(&self, span: Span) -> bool {
        let is_within = |it: Span| it.source == span.source && it.start >= span.start && it.end <= span.end;
        let mut errors = self.found.iter().filter(|d| d.severity == Severity::Error);
        errors.any(|d| d.labels.first().is_some_and(|label| is_within(label.span)))
    }

    /// Whether something that an error names meets a place.
    pub fn has_error_at(&self, span: Span) -> bool {
        let meets = |it: Span| it.source == span.source && it.start < span.end && span.start < it.end;
        let mut errors = self.found.iter().filter(|d| d.severity == Severity::Error);
        errors.any(|d| d.labels.iter().any(|label| meets(label.span)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Takes everything that may quote a text out of those from this one on: only their codes and places are left.
    pub fn hide_from(&mut self, first: usize) {
        let all = std::mem::take(&mut self.found).into_iter().enumerate();
        self.found = all
            .map(|(at, it)| if at < first { it } else { it.hidden() })
            .collect();
    }

    /// Takes those out for which this holds, and gives them.
    pub fn take(&mut self, is_taken: impl Fn(&Diagnostic) -> bool) -> Vec<Diagnostic> {
        let all = std::mem::take(&mut self.found).into_iter();
        let (taken, rest): (Vec<_>, Vec<_>) = all.partition(is_taken);
        self.found = rest.into_iter().collect();
        taken
    }

    /// Makes every warning an error but those of these codes.
    pub fn deny_warnings(&mut self, but: &[Code]) {
        self.found = std::mem::take(&mut self.found)
            .into_iter()
            .map(|mut diagnostic| {
                if !but.contains(&diagnostic.code) {
                    diagnostic.severity = Severity::Error;
                }
                diagnostic
            })
            .collect();
    }

    /// Makes errors of these codes warnings.
    pub fn soften(&mut self, codes: &[Code]) {
        self.found = std::mem::take(&mut self.found)
            .into_iter()
            .map(|mut diagnostic| {
                if codes.contains(&diagnostic.code) {
                    diagnostic.severity = Severity::Warning;
                }
                diagnostic
            })
            .collect();
    }

    /// All of them, in the order of the sources and of the text.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<_> = self.found.iter().collect();
        all.sort_by_key(|d| d.labels.first().map(|l| l.span));
        all
    }
}
