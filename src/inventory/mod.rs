//! Hosts and groups, and the patterns that select among them.

mod model;
mod pattern;
mod range;

pub use model::{Connection, Group, Host, Inventory, Transport, Variables};
pub use pattern::{Pattern, PatternError};
pub use range::{RangeError, expand};
