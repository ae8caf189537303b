//! Types of arguments that many tools share, each with its own words for what is wrong.

mod pattern;
mod scalar;
mod text;

pub use pattern::Pattern;
pub use scalar::{Duration, FileMode, OneOrMany};
pub use text::{Argv, Text};
