//! What is meant where it is not typed: `rmote-play.toml` beside the playbook and of the user, and the environment.

mod file;
mod resolve;
mod table;
mod value;

pub(super) use resolve::{Origin, Resolved, Settings};
pub(super) use table::SETTINGS;
pub(super) use value::Value;
