//! Hosts and groups, and the patterns that select among them.

mod build;
mod model;
mod pattern;
mod privilege;
mod range;
#[cfg(test)]
mod tests;

pub use build::Builder;
pub use model::{Connection, Group, Host, Inventory, Transport};
pub use pattern::{Pattern, PatternError};
pub use privilege::Privilege;
pub use range::{RangeError, expand};
