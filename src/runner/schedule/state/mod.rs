//! What a schedule knows: plain data, each with what keeps it in order. Nothing here knows the schedule.

pub(in crate::runner) mod abroad;
pub(in crate::runner) mod course;
pub(in crate::runner) mod flight;
pub(in crate::runner) mod frame;
pub(in crate::runner) mod gate;
pub(in crate::runner) mod guest;
pub(in crate::runner) mod handlers;
pub(in crate::runner) mod holds;
pub(in crate::runner) mod pass;
pub(in crate::runner) mod shared;
pub(in crate::runner) mod stops;
pub(in crate::runner) mod then;
pub(in crate::runner) mod timers;
