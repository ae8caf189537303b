//! The far end of a connection: takes calls from a stream of frames, keeps their order, runs them and answers.

mod call;
mod channel;
mod deputy;
mod entry;
mod facts;
mod foresight;
mod link;
mod network;
mod order;
mod outlet;
mod pulls;
mod serve;
mod straight;
mod workers;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub use entry::main;
#[cfg(test)]
pub(crate) use order::{Order, Step};
pub use serve::serve;
