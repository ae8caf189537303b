//! Which hosts and calls a run is for.

mod limit;
mod start;
mod tags;

pub(super) use limit::{hosts, limit};
pub(super) use start::start_at;
pub(super) use tags::tags;
