//! Inputs: typed declarations of variables.

use crate::source::{Span, Spanned};
use crate::template::Form;
use crate::tool::Type;
use crate::value::Value;

/// A variable that a file declares: what may be given for it, and what it is where nothing is given.
#[derive(Debug)]
pub struct Input {
    /// Where its name stands.
    pub span: Span,
    /// Its type.
    pub of: Type,
    /// What is said of its text beyond the type.
    pub meaning: Meaning,
    /// The values that it may have; empty: any of its type.
    pub choices: Vec<Value>,
    /// What it is where nothing is given, below all other variables; `None`: it is required.
    pub default: Option<Spanned<Form>>,
}

/// What the text of an input means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What its type says.
    Plain,
    /// A path on the controller, counted from the file in which it is written.
    File,
    /// A secret: never shown.
    Secret,
}
