//! Values as written, and what they come to for one host: `MiniJinja`, strict, lazy, with unknown values and secrets
//! tracked.

mod analysis;
mod applied;
mod bound;
mod bring;
mod chain;
mod choice;
mod conjuncts;
mod convert;
mod each;
mod engine;
mod filters;
mod form;
mod functions;
mod gate;
mod header;
mod interrupt;
mod lazy;
mod lone;
mod missing;
mod names;
mod nothing;
mod objects;
mod omit;
mod opener;
mod parted;
mod pass;
mod piece;
mod program;
mod refusal;
mod render;
mod room;
mod scope;
mod sketch;
mod steps;
#[cfg(test)]
mod tests;
mod walk;
mod write;

pub use analysis::{Access, Reads};
pub use bring::{Files, Opened};
pub use choice::{By, Choice, Chosen};
pub use each::{Each, Keeps};
pub use form::{Expression, Form, RenderError, Rendering, SyntaxError, Template, Truth};
pub use gate::{Admitted, Declared, Gate};
pub use refusal::Refusal;
pub use scope::{Keeper, Lookup, Root, Scope, Secrecy, Variables};
pub use sketch::{Act, Relation, Sign, Sketch};
pub use steps::Step;

/// The names of all filters.
pub fn filter_names() -> impl Iterator<Item = &'static str> {
    names::filters().filter(|name| !name.starts_with('_'))
}

/// The files of this machine whose path matches a pattern, sorted.
///
/// # Errors
/// A malformed pattern, and directories that cannot be read.
pub fn glob(pattern: &std::path::Path) -> Result<Vec<std::path::PathBuf>, String> {
    functions::globbed(pattern)
}

/// Why a text is not a regular expression, as filters and tests read it.
pub fn pattern_error(text: &str) -> Option<String> {
    filters::pattern_error(text)
}
#[cfg(test)]
pub(crate) use tests::Dice;
