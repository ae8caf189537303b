//! `hostname.*`: what a host calls itself.

mod cloud;
mod set;

pub(crate) use set::Set;
