//! `apt.*`: packages of Debian and its kin.

mod archive;
mod autoremove;
mod clean;
mod command;
mod converge;
mod dpkg;
mod locks;
mod package;
mod policy;
mod simulation;
mod transaction;
mod update;
mod upgrade;
mod whole;

pub(crate) use autoremove::Autoremove;
pub(crate) use clean::Clean;
pub(crate) use converge::Converge;
pub(crate) use package::Package;
pub(in crate::tools) use transaction::Options;
pub(crate) use update::Update;
pub(in crate::tools) use update::refresh;
pub(crate) use upgrade::Upgrade;
pub(in crate::tools) use whole::Whole;
