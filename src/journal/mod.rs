//! What happened in runs, kept: the event stream as JSON Lines, one file a run.

mod archive;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use archive::Archive;
pub use read::{Ended, Error, Run, Unwell};
pub use write::{Fault, Writer};
