//! Everything that happens in a run, as data. Neither the runner nor the reporters own it.

mod mask;
mod model;
mod reference;

pub use mask::mask;
pub use model::{Change, Event, HostOutcome, Kind, Outcome, Recap, RunOutcome, SCHEMA_VERSION, Sink};
pub use reference::{CallRef, RoundRef};
