//! The filters and tests that the engine itself does not have.

mod part;

use minijinja::Environment;

/// The names of the filters.
pub(super) const FILTERS: &[&[&str]] = &[];
/// The names of the tests.
pub(super) const TESTS: &[&[&str]] = &[];

/// Adds them all.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter(super::names::PART, part::part);
    super::functions::add_to(engine);
}
