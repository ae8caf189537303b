//! `log.*`: records in the run's log.

mod level;
mod record;

pub(crate) use level::SetLevel;
pub(crate) use record::Log;
