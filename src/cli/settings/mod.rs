//! What is meant where it is not typed: the `rmote-play.toml` of the project and that of the user, and the environment.

mod file;
mod resolve;
mod table;
mod value;

pub(super) use file::folder;
pub(super) use resolve::{Found, Origin, Resolved, Settings};
pub(super) use table::SETTINGS;
pub(super) use value::Value;
