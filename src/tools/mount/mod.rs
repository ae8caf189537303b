//! `mount.*`: file systems and where they are.

mod absent;
mod change;
mod escape;
mod fstab;
mod look;
mod options;
mod present;
mod remounted;
mod source;
mod table;
mod unmounted;

pub(crate) use absent::Absent;
pub(crate) use present::Present;
pub(crate) use remounted::Remounted;
pub(crate) use unmounted::Unmounted;
