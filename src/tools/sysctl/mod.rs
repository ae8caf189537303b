//! `sysctl.*`: settings of the kernel.

mod set;

pub(crate) use set::Set;
