//! `exec.*`: programs that the playbook's author wrote.

mod command;
mod run;
mod shell;

pub use command::Command;
pub use shell::Shell;
