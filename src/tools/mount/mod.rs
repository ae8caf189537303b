//! `mount.*`: file systems and where they are.

mod absent;
mod change;
mod escape;
mod fstab;
mod look;
mod options;
mod present;
mod source;
mod table;

pub(crate) use absent::Absent;
pub(crate) use present::Present;
