//! Through OpenSSH: masters that are started, shared, asked why they failed, and ended.

mod askpass;
mod carrier;
mod cause;
mod forward;
mod jump;
mod master;
mod options;
mod refusal;
mod socket;

pub use askpass::{ASKPASS, ask};
pub(super) use carrier::last_word;
pub(super) use master::{Master, acquire, is_alive};
