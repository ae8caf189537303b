//! What package managers share: how packages are named, what is wanted of them, how a change of them looks, and the age of
//! the lists that they choose from.

mod change;
mod lists;
mod request;
mod spec;
mod whole;

pub(in crate::tools) use change::{PackageVersion, Step};
pub(crate) use change::{Packages, PackagesChange};
pub(crate) use lists::{Lists, Refresh};
pub(in crate::tools) use lists::{due, due_for_root, picture};
pub(in crate::tools) use request::{
    Manager, Request, State, Want, five_minutes, look, refuse_versions, requests, verify, versions,
};
pub(in crate::tools) use spec::Spec;
pub(crate) use whole::AllPackages;
pub(in crate::tools) use whole::{Whole, act_all, look_all};
