//! What is between a unit and those who use it.

use std::fmt::Debug;

use crate::source::{Span, Spanned};
use crate::template::Form;
use crate::value::Value;

/// Reserved names that mean the same on both sides of every gate.
pub(super) const PASSING: [&str; 9] = [
    "host",
    "hosts",
    "groups",
    "facts",
    "run",
    "inventory_hostname",
    "inventory_hostname_short",
    "group_names",
    "hostvars",
];

/// The edge of a unit: which names of outside mean something inside, and which values they may have.
pub trait Gate: Debug + Send + Sync {
    /// Whether every name passes. Otherwise only those that are declared, and what is reserved and about the host.
    fn is_open(&self) -> bool;
    /// What is declared of a name; `None`: it is not.
    fn declared(&self, name: &str) -> Option<Declared<'_>>;
    /// The names that are declared, for suggestions.
    fn names(&self) -> Vec<&str>;
    /// Judges the value that a declared name was found to have. `written` is where it is; `None`: on the command line.
    ///
    /// # Errors
    /// What is wrong with it, lower case, without a final period.
    fn admit(&self, name: &str, value: Value, written: Option<Span>) -> Result<Admitted, String>;
}

/// What a gate says of a name.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    /// Its value: read in the scope outside.
    pub given: Option<&'a Spanned<Form>>,
    /// Its value where nothing outside defines it: read in the scope inside.
    pub default: Option<&'a Spanned<Form>>,
}

/// A value that was let in.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// What it is inside.
    pub value: Value,
    /// Whether reading it makes a rendering secret.
    pub secret: bool,
}
