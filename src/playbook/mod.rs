//! A playbook: from a file to what it means, with everything that is wrong with it.

mod argument;
mod call;
mod check;
mod entry;
mod files;
mod hosts;
mod keys;
mod load;
mod model;
mod read;
mod round;
mod schema;
mod table;
#[cfg(test)]
mod tests;
mod values;

pub use load::{Loaded, Options, load};
pub use model::{Action, Call, DELAY_DEFAULT, Entry, Loop, Playbook, RETRIES_DEFAULT, Round};
pub use schema::json_schema;
