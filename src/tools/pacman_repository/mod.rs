//! `pacman_repository.*`: where pacman takes packages from, and whom it trusts.

mod absent;
mod config;
mod key;
mod keyring;
mod present;

pub(crate) use absent::Absent;
pub(crate) use key::Key;
pub(crate) use present::Present;
