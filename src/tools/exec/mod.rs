//! `exec.*`: programs that the playbook's author wrote.

mod command;
mod shell;

pub use command::Command;
pub use shell::Shell;
