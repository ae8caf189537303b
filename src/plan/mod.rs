//! What depends on what: a graph whose nodes are entries, whatever the number of hosts.

mod brought;
mod build;
mod cycle;
mod fold;
mod footprint;
mod graph;
mod order;
mod reads;
pub mod show;
#[cfg(test)]
mod tests;

pub use graph::{Edge, Node, Plan, Reason};
