//! `debconf.*`: answers to what packages of Debian ask.

mod set;

pub(crate) use set::Set;
