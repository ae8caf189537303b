//! `apt.*`: packages of Debian and its kin.

mod command;
mod converge;
mod dpkg;
mod locks;
mod package;
mod simulation;
mod transaction;
mod update;

pub(crate) use converge::Converge;
pub(crate) use package::Package;
pub(in crate::tools) use transaction::Options;
pub(crate) use update::Update;
pub(in crate::tools) use update::refresh;
