//! `dnf_repository.*`: where dnf takes packages from.

mod absent;
mod file;
mod options;
mod present;

pub(crate) use absent::Absent;
pub(crate) use present::Present;
