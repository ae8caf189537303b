//! Everything that happens in a run, as data. Neither the runner nor the reporters own it.

mod mask;
mod model;

pub use mask::mask;
pub use model::{
    CallRef, Change, Event, HostOutcome, Kind, Outcome, Recap, RoundRef, RunOutcome, SCHEMA_VERSION, Sink,
};
