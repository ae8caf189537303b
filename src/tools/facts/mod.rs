//! `facts.*`: what a host is like, beyond what it tells when it is connected.

mod gather;
mod hardware;
mod installed;
mod mounts;
mod services;

pub(crate) use gather::Gather;
