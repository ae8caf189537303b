//! `ssh.*`: what a host's ssh client knows.

mod known_host;
mod known_lines;

pub(crate) use known_host::KnownHost;
