//! A playbook: from a file to what it means, with everything that is wrong with it.

mod model;

pub use model::{Action, Call, DELAY_DEFAULT, Entry, Loop, Playbook, RETRIES_DEFAULT, Round};
