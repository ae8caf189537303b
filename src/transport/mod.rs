//! Connections: started, diagnosed, given an agent, and spoken to in frames.

mod agents;
mod binary;
mod command;
mod connector;
mod frames;
mod greeting;
mod install;
mod kept;
mod local;
mod pipes;
mod program;
mod session;
mod shell;
mod ssh;
mod stream;
mod writer;

pub use connector::{Connector, Settings};
#[cfg(test)]
pub(crate) use connector::{Opening, StandIn};
pub use program::{Bounds, output};
pub use session::{Incoming, Sender, Session};
