//! `sysctl.*`: settings of the kernel.

mod absent;
mod converge;
mod lines;
mod live;
mod order;
mod set;

pub(crate) use absent::Absent;
pub(crate) use converge::Converge;
pub(crate) use set::Set;
