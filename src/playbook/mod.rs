//! A playbook: from a file to what it means, with everything that is wrong with it.

mod argument;
mod call;
mod check;
mod entry;
mod files;
mod hosts;
mod input;
mod inventory;
mod keys;
mod load;
mod loops;
mod model;
mod once;
mod opaque;
mod privilege;
mod reach;
mod read;
mod round;
mod schema;
mod share;
mod table;
#[cfg(test)]
mod tests;
mod unit;
mod values;

pub use input::{Input, Meaning};
pub use load::{Hosts, Loaded, Options, load, load_hosts};
pub use model::{Action, Call, DELAY_DEFAULT, Entry, Group, Loop, Playbook, RETRIES_DEFAULT, Round};
pub use schema::json_schema;
pub use share::{Share, batches};
pub use unit::{ENVELOPE, Target, Unit};
