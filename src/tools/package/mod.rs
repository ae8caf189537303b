//! `package.*`: packages of whichever manager the host has.

mod manager;

pub(crate) use manager::Package;
