//! Host patterns in Ansible's grammar.

use crate::inventory::Inventory;
use crate::name::HostId;

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {}

/// Why a pattern cannot be used: what is wrong with which part of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong.
    pub message: String,
    /// The bytes of the pattern's text that it is about.
    pub range: std::ops::Range<usize>,
    /// What to do.
    pub help: Option<String>,
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Malformed parts, each with its place.
    pub fn parse(text: &str) -> Result<Self, Vec<PatternError>> {
        let _ = text;
        unimplemented!()
    }

    /// The hosts that it selects, in the inventory's order, and every part that matches nothing.
    pub fn select(&self, inventory: &Inventory) -> (Vec<HostId>, Vec<PatternError>) {
        let _ = inventory;
        unimplemented!()
    }
}
