//! `agent.*`: the agent itself.

mod quit;
mod reset;

pub(crate) use quit::Quit;
pub(crate) use reset::Reset;
