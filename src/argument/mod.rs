//! Types of arguments that many tools share, each with its own words for what is wrong.

mod kept_mode;
mod mode_change;
mod pattern;
mod scalar;
mod text;
mod time;

pub use kept_mode::KeptMode;
pub use mode_change::ModeChange;
pub use pattern::Pattern;
pub use scalar::{Duration, FileMode, OneOrMany};
pub use text::{Argv, Text};
pub use time::Time;
