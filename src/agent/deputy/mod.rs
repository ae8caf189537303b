//! Deputies: agents that run as other users of the host, started by this one, which passes on what is said.
//!
//! A deputy is trusted with what its own account has to do, and with nothing else: it may be any program of that account.

mod given;
mod relay;
mod shell;
mod start;
mod table;
mod talk;
mod terminal;
mod watch;
mod way;

pub(super) use given::Given;
pub(super) use relay::inner;
pub(super) use table::Deputies;
