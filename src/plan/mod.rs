//! What depends on what: a graph whose nodes are entries, whatever the number of hosts.

mod brought;
mod build;
mod cycle;
mod fold;
mod footprint;
mod graph;
mod missing;
mod order;
mod reads;
pub mod show;
mod skipped;
#[cfg(test)]
mod tests;
mod uses;

pub use graph::{Edge, Node, Plan, Reason};
pub use missing::{Missing, Reader, missing};
