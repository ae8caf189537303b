//! The filters and tests that the engine itself does not have.

mod address;
mod choice;
mod comment;
mod controller;
mod data;
mod encoding;
mod list;
mod logic;
mod map;
mod moment;
#[cfg(test)]
mod more_tests;
mod part;
mod password;
mod path;
mod regex;
#[cfg(test)]
mod tests;
mod url;
mod version;
mod words;

use minijinja::{Environment, Error, ErrorKind};

use crate::template::convert::{self, NoData};
use crate::template::omit;
use crate::value::Value;

/// The names of the filters.
pub(super) const FILTERS: &[&[&str]] = &[
    address::FILTERS,
    choice::FILTERS,
    controller::FILTERS,
    data::FILTERS,
    encoding::FILTERS,
    list::FILTERS,
    logic::FILTERS,
    map::FILTERS,
    moment::FILTERS,
    password::FILTERS,
    path::FILTERS,
    regex::FILTERS,
    url::FILTERS,
    words::FILTERS,
];
/// The names of the tests.
pub(super) const TESTS: &[&[&str]] = &[
    address::TESTS,
    choice::TESTS,
    controller::TESTS,
    list::TESTS,
    logic::TESTS,
    regex::TESTS,
    url::TESTS,
    version::TESTS,
];

/// Adds them all.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter(super::names::PART, part::part);
    super::functions::add_to(engine);
    address::add_to(engine);
    choice::add_to(engine);
    controller::add_to(engine);
    moment::add_to(engine);
    password::add_to(engine);
    url::add_to(engine);
    words::add_to(engine);
    data::add_to(engine);
    encoding::add_to(engine);
    list::add_to(engine);
    logic::add_to(engine);
    map::add_to(engine);
    path::add_to(engine);
    regex::add_to(engine);
    version::add_to(engine);
}

/// Why a text is not a regular expression.
pub(super) fn pattern_error(text: &str) -> Option<String> {
    regex::pattern_error(text)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// An argument as data.
fn data(value: &minijinja::Value) -> Result<Value, Error> {
    convert::from_engine(value).map_err(|problem| match problem {
        NoData::Failed(error) => error,
        NoData::Omitted => invalid(omit::USELESS),
        NoData::Undefined => Error::from(ErrorKind::UndefinedError),
        NoData::Other(message) => invalid(message),
    })
}

/// An argument as a list.
fn items(filter: &str, value: &minijinja::Value) -> Result<Vec<Value>, Error> {
    match data(value)? {
        Value::List(items) => Ok(items),
        other => Err(invalid(format!(
            "`{filter}` needs a list, not {}",
            other.type_name()
        ))),
    }
}

/// An argument as a map.
fn entries(filter: &str, value: &minijinja::Value) -> Result<crate::value::Map, Error> {
    match data(value)? {
        Value::Map(map) => Ok(map),
        other => Err(invalid(format!(
            "`{filter}` needs a map, not {}",
            other.type_name()
        ))),
    }
}

/// What a filter gives.
fn give(value: &Value) -> minijinja::Value {
    convert::into_engine(value)
}
