//! `sysctl.*`: settings of the kernel.

mod order;
mod set;

pub(crate) use set::Set;
