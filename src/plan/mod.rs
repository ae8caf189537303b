//! What depends on what: a graph whose nodes are entries, whatever the number of hosts.

mod graph;

pub use graph::{Edge, Node, Plan, Reason};
