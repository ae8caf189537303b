//! Accounts as the host's files have them, and the host's own programs that change them.

pub(in crate::tools) mod day;
mod foreseen;
mod home;
mod lines;
mod name;
mod program;
mod property;
mod table;

pub(in crate::tools) use name::{check_name, check_owner};
pub(in crate::tools) use program::{Kit, run, run_with_input};
pub(in crate::tools) use property::{AccountChange, Property};
pub(in crate::tools) use table::{Accounts, User};
