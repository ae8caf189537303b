//! `mount.*`: filesystems and where they are.

mod fstab;
mod present;

pub(crate) use present::Present;
