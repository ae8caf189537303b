//! Which hosts and calls a run is for.

mod left_out;
mod limit;
mod missing;
mod start;
mod tags;

pub(super) use left_out::{leave_rounds_out, left_out};
pub(super) use limit::{Limited, hosts};
pub(super) use missing::missing;
pub(super) use start::start_at;
pub(super) use tags::tags;
