//! Deputies: agents that run as other users of the host, started by this one, which passes on what is said.

mod relay;
mod shell;
mod start;
mod table;
mod talk;
mod terminal;
mod way;

pub(super) use relay::inner;
pub(super) use table::Deputies;
