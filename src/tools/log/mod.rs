//! `log.*`: records in the run's log.

mod level;
mod record;

pub use level::SetLevel;
pub use record::Log;
