//! `assert.*`: conditions that must hold.

mod that;

pub use that::That;
