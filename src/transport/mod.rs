//! Connections: started, diagnosed, given an agent, and spoken to in frames.

mod agents;
mod binary;
mod command;
mod connector;
mod credentials;
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
mod terminal;
mod writer;

pub use connector::{Connector, Settings};
#[cfg(test)]
pub(crate) use connector::{Opening, StandIn};
pub use credentials::{Answers, Credentials};
pub use program::{Bounds, output};
pub use session::{Incoming, Sender, Session};
pub use ssh::{ASKPASS, ask};
pub use terminal::Terminal;
