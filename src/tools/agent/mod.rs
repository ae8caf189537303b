//! `agent.*`: the agent itself.

mod quit;

pub use quit::Quit;
