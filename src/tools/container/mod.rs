//! `container.*`: containers of Docker and Podman.

mod absent;
mod change;
mod engine;
mod stopped;
#[cfg(test)]
mod tests;

pub(super) use absent::Absent;
pub(super) use stopped::Stopped;
