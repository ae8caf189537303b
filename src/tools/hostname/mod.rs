//! `hostname.*`: what a host calls itself.

mod set;

pub(crate) use set::Set;
