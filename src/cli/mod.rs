//! The command line: what was typed, what is meant, and what is done about it.

mod args;
mod commands;
mod error;
mod printer;
mod selection;
mod settings;
mod start;

pub use error::{CliError, Exit};
pub use start::run;
