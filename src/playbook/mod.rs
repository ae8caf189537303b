//! A playbook: from a file to what it means, with everything that is wrong with it.

mod alone;
mod argument;
mod brought;
mod call;
mod check;
mod chosen;
mod closed;
mod each;
mod entry;
mod files;
mod foreign;
mod host_keys;
mod hosts;
mod import;
mod input;
mod inputs;
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
mod rounds;
mod run_names;
mod schema;
mod secrets;
mod setting;
mod settings;
mod settled;
mod share;
mod table;
mod templates;
#[cfg(test)]
mod tests;
mod texts;
mod tool_keys;
mod tools;
mod unit;
mod unit_keys;
mod values;
mod vocabulary;

pub use input::{Input, Inputs, Meaning};
pub use load::{Hosts, Loaded, Options, load, load_hosts, names_read};
pub use model::{
    Action, Call, DELAY_DEFAULT, Entry, Group, Loop, MOST_ITEMS, Playbook, RETRIES_DEFAULT, Round,
};
pub use run_names::{ROUND, RUN, RUN_ROUND};
pub use schema::{json_schema, unit_json_schema};
pub use setting::{Settable, Setting};
pub use share::{Share, batches};
pub use unit::{ENVELOPE, Target, Unit};
pub use vocabulary::{KeyDoc, Spot, fact_fields, keys_at, result_fields};
