//! Everything that happens in a run, as data. Neither the runner nor the reporters own it.

mod line;
mod mask;
mod model;
mod outcome;
mod reference;
mod upgrade;

pub use line::to_json;
pub use mask::mask;
pub use model::{Change, Event, Kind, SCHEMA_VERSION, Sink};
pub use outcome::{HostOutcome, Outcome, Recap, RunOutcome};
pub use reference::{CallRef, Iteration, RoundRef, Written};
pub use upgrade::upgrade;
