//! `exec.*`: programs that the playbook's author wrote.

mod command;
mod run;
mod shell;
#[cfg(test)]
mod tests;

pub(crate) use command::Command;
pub(crate) use shell::Shell;
