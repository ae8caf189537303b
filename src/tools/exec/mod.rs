//! `exec.*`: programs that the playbook's author wrote.

mod command;
mod run;
mod shell;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use shell::Shell;
