//! Through OpenSSH: masters that are started, shared, asked why they failed, and ended.

mod cause;
mod jump;
mod master;
mod options;
mod socket;

pub(super) use master::{Master, acquire};
