//! Hosts and groups, and the patterns that select among them.

mod answers;
mod assemble;
mod build;
mod jump;
mod layers;
mod merge;
mod model;
mod pattern;
mod privilege;
mod range;
#[cfg(test)]
mod tests;
mod tree;

pub use answers::Answers;
pub use build::Builder;
pub use jump::{Jump, find_ways};
pub use layers::Layer;
pub use merge::GroupId;
pub use model::{
    Beside, Connection, Engine, Group, Host, HostKeys, Inventory, KeyExchange, Limit, Transport,
};
pub use pattern::{Pattern, PatternError};
pub use privilege::{Answer, Privilege};
pub use range::{RangeError, expand};
