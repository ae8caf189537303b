//! `agent.*`: the agent itself.

mod quit;

pub(crate) use quit::Quit;
