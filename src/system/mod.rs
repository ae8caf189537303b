//! The host as tools see it: a reader that only looks, a writer that changes. Knows nothing of SSH, YAML or tokio.

mod accounts;
mod attributes;
mod capture;
mod content;
mod files;
mod folders;
mod groups;
mod kernel;
mod link;
mod live;
mod location;
mod process;
mod reader;
mod remove;
mod replace;
mod running;
mod temporary;
mod xattrs;

pub use attributes::Attributes;
pub use capture::Captured;
pub use groups::kill_running;
pub use link::{Cancel, Level, Link, Stream};
pub use location::{Follow, Location};
pub use process::{Ended, Program, Show, What};
pub use reader::{Reader, Writer};
pub use replace::Caution;
