//! `apk.*`: packages of Alpine and its kin.

mod command;
mod database;
mod package;
mod transaction;
mod update;

pub(crate) use package::Package;
pub(in crate::tools) use transaction::Options;
pub(crate) use update::Update;
