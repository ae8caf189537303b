//! `dnf.*`: packages of Fedora, Red Hat and their kin.

mod autoremove;
mod command;
mod installed;
mod package;
mod simulation;
mod transaction;
mod update;
mod upgrade;
mod whole;

pub(crate) use autoremove::Autoremove;
pub(crate) use package::Package;
pub(in crate::tools) use transaction::Options;
pub(crate) use update::Update;
pub(crate) use upgrade::Upgrade;
pub(in crate::tools) use whole::Whole;
