//! The language server: what is wrong, what may be written and what it means, while a playbook is typed.
//!
//! It runs nothing, opens no secret and writes no file.

mod actions;
mod complete;
mod describe;
mod desk;
mod files;
mod names;
mod outline;
mod scope;
mod server;
mod text;
mod wire;

pub use desk::Checker;
pub use server::{Ended, serve};
