//! The language server: what is wrong, what may be written and what it means, while a playbook is typed.
//!
//! It runs nothing, opens no secret and writes no file.

mod actions;
mod complete;
mod describe;
mod files;
mod names;
mod outline;
mod scope;
mod server;
mod text;
mod wire;
mod workspace;

pub use server::{Ended, serve};
pub use workspace::Checker;
