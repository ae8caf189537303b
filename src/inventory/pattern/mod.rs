//! Host patterns in Ansible's grammar.

mod parse;
mod select;
#[cfg(test)]
mod tests;

use std::ops::Range;

use regex::Regex;

/// A parsed pattern: plain parts are united, then those with `&` kept, then those with `!` taken away, in whatever
/// order they are written.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a pattern cannot be used: what is wrong with which part of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong.
    pub message: String,
    /// The bytes of the pattern's text that it is about.
    pub range: Range<usize>,
    /// What to do.
    pub help: Option<String>,
    /// The name that neither a host nor a group has, where it is about one.
    pub unknown: Option<String>,
}

/// One part between separators.
#[derive(Debug, Clone)]
struct Part {
    role: Role,
    what: What,
    subscript: Option<Subscript>,
    /// Its bytes in the pattern's text.
    range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Union,
    Intersection,
    Exclusion,
}

#[derive(Debug, Clone)]
enum What {
    All,
    Name(String),
    /// A glob or regular expression, compiled.
    Matching(Regex),
}

/// Positions among the hosts of a part; negative ones count from the end, both ends are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subscript {
    One(i64),
    Slice(i64, i64),
}
