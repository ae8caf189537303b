//! The command line: what was typed, what is meant, and what is done about it.

mod again;
mod args;
mod asked;
mod asking;
mod askpass;
mod commands;
mod connecting;
mod error;
mod extra;
mod inventories;
mod keys;
mod killed;
mod known;
mod last_resort;
mod listing;
mod owed;
mod printer;
mod privilege;
mod reach;
mod recording;
mod resume;
mod secrets;
mod selection;
mod settings;
mod showing;
mod start;
mod words;

pub use askpass::answer_ssh;
pub use error::{CliError, Exit};
pub use start::run;
