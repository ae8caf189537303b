//! The host as a whole.

mod reboot;

pub(super) use reboot::Reboot;
