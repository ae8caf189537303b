//! The tree.

use crate::diagnostic::Diagnostics;
use crate::source::{Place, SourceId, SourceMap, Span, Spanned};
use crate::yaml::reread;

/// Whose rules a text is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// YAML 1.2, and whatever could be read in two ways is refused: playbooks.
    Strict,
    /// YAML 1.1, as Ansible reads it: inventories and their files of variables.
    Ansible,
}

/// A part of a YAML document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it is. Of a collection: from its first to its last byte where that is known, else its key or bracket.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a node is, after YAML 1.2: only `true` and `false` are booleans.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~`, or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    Uint(u64),
    /// Any other number that prints as it was written.
    Float(f64),
    /// Text, and numbers with a leading zero.
    Str(Text),
    /// Text with a tag, such as `!vault`, and that tag; only in Ansible's dialect.
    Tagged(String, Text),
    /// A list.
    Seq(Vec<Node>),
    /// What was refused: what is wrong with it has been said.
    Refused,
    /// A map, in written order, without duplicates. Keys that are numbers or booleans are their text.
    Map(Vec<(Spanned<String>, Node)>),
}

/// How a text was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'` or `"`.
    Quoted,
    /// After `|` or `>`.
    Block,
}

/// A text and where its parts come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// How it was written.
    pub style: Style,
    /// Where its parts stand.
    pub place: Place,
}

impl Node {
    /// Reads a source. What is wrong goes to `diagnostics`; the tree is there unless the text is no YAML at all.
    pub fn parse(source: SourceId, sources: &SourceMap, diagnostics: &mut Diagnostics) -> Option<Self> {
        Self::parse_as(Dialect::Strict, source, sources, diagnostics)
    }

    /// The same by other rules. An empty text is null in Ansible's dialect.
    pub fn parse_as(
        dialect: Dialect,
        source: SourceId,
        sources: &SourceMap,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        reread::parse(dialect, source, &sources.source(source).text, diagnostics)
    }

    /// The name of its type, as messages say it.
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "boolean",
            Kind::Int(_) | Kind::Uint(_) => "integer",
            Kind::Float(_) => "number",
            Kind::Str(_) | Kind::Tagged(..) => "string",
            Kind::Seq(_) => "list",
            Kind::Map(_) => "map",
            Kind::Refused => "value",
        }
    }
}
