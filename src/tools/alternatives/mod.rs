//! `alternatives.*`: which of several programs a name stands for.

mod database;
mod set;

pub(crate) use set::Set;
