//! `pacman.*`: packages of Arch and its kin.

mod converge;
mod local;
mod package;
mod transaction;
mod update;

pub(crate) use converge::Converge;
pub(crate) use package::Package;
pub(in crate::tools) use transaction::Options;
pub(crate) use update::Update;
