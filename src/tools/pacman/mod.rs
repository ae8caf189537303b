//! `pacman.*`: packages of Arch and its kin.

mod converge;
mod local;
mod package;
mod transaction;
mod update;
mod upgrade;
mod whole;

pub(crate) use converge::Converge;
pub(crate) use package::Package;
pub(in crate::tools) use transaction::Options;
pub(crate) use update::Update;
pub(crate) use upgrade::Upgrade;
pub(in crate::tools) use whole::Whole;
