//! Doing it: a playbook's plan on its hosts.
//!
//! ```text
//!                    signals, ticks
//!                          │
//!   host actor ──update──► dispatcher ──event──► sinks: reporters
//!   (one a host)  ◄─control──┘ │
//!      │   ▲                   └─ coordinator: who may enter which round
//!      ▼   │
//!    session ──► transport ──► agent
//! ```
//!
//! A host's actor owns everything about its host: the connection, the frames of entries under way, the footprints in use.
//! The dispatcher is the only one that tells the sinks, and so the only one that numbers events. Neither prints.

mod answer;
mod arguments;
mod authority;
mod brought;
mod budget;
mod call;
mod clock;
mod connection;
mod context;
mod control;
mod coordinator;
mod crash;
mod credentials;
mod deadline;
mod delegate;
mod dispatcher;
mod ending;
mod failed;
mod flight;
mod frame;
mod gates;
mod group;
mod guest;
mod hold;
mod host;
mod inventory;
mod items;
mod known;
mod launch;
mod lines;
mod local;
mod names;
mod need;
mod once;
mod options;
mod owed;
mod prepare;
mod ready;
mod reboot;
mod receive;
mod record;
mod reference;
mod results;
mod scope;
mod secrets;
mod signal;
mod start;
mod status;
mod steps;
mod stop;
mod stops;
mod tally;
mod templates;
#[cfg(test)]
mod tests;
mod this_run;
mod timers;
mod told;
mod verdict;

pub use credentials::Asking;
pub use dispatcher::run;
pub use inventory::resting_scope;
pub use options::{Chosen, Options};
pub use owed::Owed;
pub use reference::references;
pub use steps::{Answer, Asker};
