//! What is only wrong because a part of a text could not be read.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceMap, Span};

/// Keys of a playbook whose values say which hosts, variables and tools there are.
const GROUNDS: &[&str] = &["hosts", "groups", "inventory", "vars_files", "tools"];

/// A part of a text that could not be read.
#[derive(Debug)]
pub(super) struct Unread {
    span: Span,
    /// Names that it seems to define.
    names: HashSet<String>,
    /// Whether it may define any name.
    is_open: bool,
    /// Whether it may give what it is in any id or name.
    is_nameless: bool,
    /// Whether it is of the declaration of a tool.
    is_tool: bool,
    /// The column of a map of which keys may be lost.
    hole: Option<usize>,
}

impl Unread {
    /// `under`: the keys that it is below, the innermost first.
    pub(super) fn new(span: Span, text: &str, under: &[&str], hole: Option<usize>) -> Self {
        let mut names = HashSet::new();
        let mut before = "";
        let top = under.last().copied();
        let mut is_open = top.is_some_and(|key| GROUNDS.contains(&key))
            || hole.is_some() && under.iter().any(|key| matches!(*key, "vars" | "inputs"));
        for (at, word) in words(text) {
            let is_key = text[at + word.len()..]
                .trim_start_matches(['"', '\''])
                .starts_with(':');
            if is_key || matches!(before, "id" | "name") {
                names.insert(word.to_owned());
            }
            is_open |= is_key && GROUNDS.contains(&word) && (word != "hosts" || top != Some("rounds"));
            before = word;
        }
        let first = words(text).find(|(_, word)| *word != "-");
        let is_nameless = first.is_some_and(|(_, word)| ["id", "name"].iter().any(|it| it.starts_with(word)));
        Self {
            span,
            names,
            is_open,
            is_nameless,
            is_tool: top == Some("tools"),
            hole,
        }
    }

    /// A whole text.
    pub(super) fn whole(span: Span) -> Self {
        Self {
            span,
            names: HashSet::new(),
            is_open: true,
            is_nameless: true,
            is_tool: true,
            hole: Some(0),
        }
    }

    /// Whether something may be only wrong because this is missing.
    pub(super) fn explains(&self, diagnostic: &Diagnostic, sources: &SourceMap) -> bool {
        let Some(label) = diagnostic.labels.first() else {
            return false;
        };
        match diagnostic.code {
            Code::UnknownId
            | Code::UndefinedVariable
            | Code::UnknownHost
            | Code::UnknownGroup
            | Code::EmptyPattern
            | Code::UnknownRound
            | Code::UnknownSecret
            | Code::UnknownInput
            | Code::MissingInput => {
                let is_id = matches!(diagnostic.code, Code::UnknownId | Code::UnknownRound);
                let said = words(&diagnostic.message).chain(words(sources.text(label.span)));
                let mut said = said.flat_map(|(_, word)| std::iter::once(word).chain(word.split('.')));
                self.is_open && !is_id
                    || self.is_nameless && is_id
                    || said.any(|word| self.names.contains(word))
            }
            Code::UnknownTool | Code::UnknownField | Code::UnknownArgument => self.is_tool,
            // A call of a tool whose arguments are not known.
            Code::WrongType => self.is_tool && diagnostic.message.contains("a map of arguments"),
            Code::MissingKey | Code::MissingArgument | Code::InvalidArgument | Code::NullValue => {
                self.hole.is_some() && self.is_below(label.span, sources)
            }
            // A name that could not be read.
            Code::DuplicateName => diagnostic.message.contains("``"),
            _ => false,
        }
    }

    /// Whether it is among what is at least as deep as a place, around it.
    fn is_below(&self, place: Span, sources: &SourceMap) -> bool {
        if place.source != self.span.source {
            return false;
        }
        let text = &sources.source(place.source).text;
        let own = place.start as usize;
        let column = own - text[..own].rfind('\n').map_or(0, |it| it + 1);
        let (start, end) = (
            own.min(self.span.start as usize),
            own.max(self.span.start as usize),
        );
        let between = text[start..end].split('\n').skip(1);
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        self.hole.is_some_and(|it| it >= column)
            && between
                .filter(|line| !line.trim().is_empty())
                .all(|line| indent(line) >= column)
    }
}

/// The words of a text that may be names, with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.split(move |c| !is_part(c))
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}
