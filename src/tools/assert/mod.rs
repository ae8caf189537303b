//! `assert.*`: conditions that must hold.

mod that;

pub(crate) use that::That;
