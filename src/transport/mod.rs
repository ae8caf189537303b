//! Connections: started, diagnosed, given an agent, and spoken to in frames.

mod session;

pub use session::{Connector, Incoming, Sender, Session, Settings};
