//! `pacman_repository.*`: where pacman takes packages from.

mod absent;
mod config;
mod present;

pub(crate) use absent::Absent;
pub(crate) use present::Present;
