//! What happened in runs, kept: the event stream as JSON Lines, one file a run; and what hosts owe.

mod archive;
mod owed;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use archive::{Archive, state_folder};
pub use owed::{Bookkeeper, Debts, Ledger};
pub use read::{Ended, Error, Run, Unwell};
pub use write::{Fault, Writer};
