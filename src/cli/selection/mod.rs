//! Which hosts and calls a run is for.

mod limit;
mod missing;
mod start;
mod tags;

pub(super) use limit::{Limited, hosts};
pub(super) use missing::missing;
pub(super) use start::start_at;
pub(super) use tags::tags;
