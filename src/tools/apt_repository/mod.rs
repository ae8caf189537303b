//! `apt_repository.*`: where apt takes packages from, and whom it trusts.

mod absent;
mod key;
mod line;
mod name;
mod present;
mod sources;

pub(crate) use absent::Absent;
pub(crate) use key::Key;
pub(crate) use present::Present;
