//! `package.*`: packages of whichever manager the host has.

mod autoremove;
mod choice;
mod manager;
mod update;
mod upgrade;

pub(crate) use autoremove::Autoremove;
pub(crate) use manager::Package;
pub(crate) use update::Update;
pub(crate) use upgrade::Upgrade;
