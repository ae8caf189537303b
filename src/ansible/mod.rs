//! Ansible's inventories, unchanged: INI, YAML, directories, scripts, lists of hosts, and the files of variables next to them.

mod address;
mod beside;
mod connection;
mod ini;
mod literal;
mod read;
mod script;
mod settings;
mod source;
mod ssh_args;
#[cfg(test)]
mod tests;
mod tree;
mod values;
mod words;

pub use connection::connections;
pub use read::{Gaps, Reading, Scripts};
pub(crate) use settings::meant_setting;
