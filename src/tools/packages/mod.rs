//! What package managers share: how packages are named, what is wanted of them, and how a change of them looks.

mod change;
mod spec;

pub(in crate::tools) use change::{PackageVersion, Packages, PackagesChange, Step};
pub(in crate::tools) use spec::Spec;
