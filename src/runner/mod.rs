//! Doing it: a playbook's plan on its hosts.
//!
//! ```text
//!                    signals, ticks
//!                          │
//!   host actor ──update──► dispatcher ──event──► sinks: reporters
//!   (one a host)  ◄─control──┘ │
//!    │       ▲                 └─ coordinator: who may enter which round
//!    │       └── schedule: what is done on the host, and when
//!    ▼
//!    session ──► transport ──► agent
//! ```
//!
//! Coordinator and schedule are values: they are told what happened and say what is to be done. They wait for nothing and know
//! no connection. A host's actor (`host`) owns its schedule, its connection, and what its templates see. The dispatcher is
//! the only one that tells the sinks, and so the only one that numbers events. Neither prints.

mod brought;
mod clock;
mod context;
mod control;
mod coordinator;
mod crash;
mod delegates;
mod dispatcher;
mod failed;
mod host;
mod inventory;
mod items;
mod names;
mod options;
mod owed;
mod prepare;
mod presets;
mod program;
mod quota;
mod record;
mod reference;
mod results;
mod schedule;
mod scope;
mod secrets;
mod settings;
mod signal;
mod status;
mod steps;
mod tally;
#[cfg(test)]
mod tests;
mod this_run;

pub use dispatcher::run;
pub use host::credentials::Asking;
pub use inventory::resting_scope;
pub use options::{Chosen, Options, Owed};
pub use presets::{Did, Preset, Presets};
pub use reference::references;
pub use steps::{Answer, Asker};
