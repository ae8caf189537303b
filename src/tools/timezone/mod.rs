//! `timezone.*`: the time zone of a host.

mod set;

pub(crate) use set::Set;
