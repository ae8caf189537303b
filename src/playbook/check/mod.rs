//! What can be said only of the whole playbook: what ids mean, and whether every name that is read is there.

mod conflicts;
mod constant;
mod delegates;
mod entries;
mod fields;
mod guards;
mod inputs;
mod links;
mod lints;
mod made;
mod names;
mod place;
mod reserved;
mod scope;
mod secrets;
mod settings;
mod shadow;
mod shell;
mod typing;
mod undefined;
mod unused;

pub(super) use conflicts::conflicts;
pub(super) use delegates::delegates;
pub(super) use fields::{facts_type, result_type};
pub(super) use links::links;
pub(super) use lints::{lints, silence};
pub(super) use names::names;
pub(super) use unused::{names_read, unused};
