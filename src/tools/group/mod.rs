//! `group.*`: groups of accounts.

mod absent;
mod present;

pub(crate) use absent::Absent;
pub(crate) use present::Present;
