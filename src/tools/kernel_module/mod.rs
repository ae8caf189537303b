//! `kernel_module.*`: modules of the kernel.

mod absent;
mod change;
mod loaded;
mod place;

pub(crate) use absent::Absent;
pub(crate) use loaded::Loaded;
