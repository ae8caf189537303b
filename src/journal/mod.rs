//! What happened in runs, kept: the event stream as JSON Lines, one file a run; and what hosts owe.

mod archive;
mod killed;
mod owed;
mod progress;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use archive::{Archive, state_folder};
pub use killed::{Left, killed};
pub use owed::{Bookkeeper, Debt, Debts, Ledger};
pub use progress::{How, Progress, Seen, Unresumable, Which};
pub use read::{Ended, Error, Run, Unwell};
pub use write::{About, Fault, Writer};
