//! Hosts and groups, and the patterns that select among them.

mod model;
mod pattern;

pub use model::{Connection, Group, Host, Inventory, Transport, Variables};
pub use pattern::{Pattern, PatternError};
