//! Connections: started, diagnosed, given an agent, and spoken to in frames.

mod connector;
mod frames;
mod local;
mod pipes;
mod session;
mod stream;

pub use connector::{Connector, Settings};
pub use session::{Incoming, Sender, Session};
