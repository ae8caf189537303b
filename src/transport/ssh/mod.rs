//! Through OpenSSH: masters that are started, shared, asked why they failed, and ended.

mod carrier;
mod cause;
mod forward;
mod jump;
mod master;
mod options;
mod socket;

pub(super) use carrier::last_word;
pub(super) use master::{Master, acquire, is_alive};
