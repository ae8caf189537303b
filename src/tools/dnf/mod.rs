//! `dnf.*`: packages of Fedora, Red Hat and their kin.

mod command;
mod installed;
mod package;
mod simulation;
mod transaction;
mod update;

pub(crate) use package::Package;
pub(in crate::tools) use transaction::Options;
pub(crate) use update::Update;
