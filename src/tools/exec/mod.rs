//! `exec.*`: programs that the playbook's author wrote.

mod command;
mod run;
mod script;
mod shell;
#[cfg(test)]
mod tests;

pub(crate) use command::Command;
pub(in crate::tools) use run::Unless;
pub(crate) use script::Script;
pub(in crate::tools) use script::interpreter;
pub(crate) use shell::Shell;
