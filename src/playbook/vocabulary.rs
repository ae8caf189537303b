//! What someone who writes a playbook may write at a place, as data.

use crate::playbook::check;
use crate::playbook::keys::{self, Site};
use crate::playbook::model::Entry;
use crate::tool::{Field, Type};

/// A kind of map in a playbook or unit, by what may be written in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The top of a playbook.
    Playbook,
    /// The top of a unit.
    Unit,
    /// A round.
    Round,
    /// An entry of `calls`, of whatever kind.
    Entry,
    /// A host.
    Host,
    /// A group of hosts.
    Group,
    /// `connection`.
    Connection,
    /// A secret.
    Secret,
    /// The declaration of an input.
    Input,
    /// `become`.
    Become,
}

/// A key that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDoc {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Words that its value may be, where it is one of a few.
    pub words: Vec<String>,
}

/// The keys that may be written at a spot, each once.
pub fn keys_at(spot: Spot) -> Vec<KeyDoc> {
    let sites: &[Site] = match spot {
        Spot::Playbook => &[Site::Playbook],
        Spot::Unit => &[Site::Unit],
        Spot::Round => &[Site::Round],
        Spot::Entry => &[Site::Call, Site::EntryGroup, Site::Import, Site::Fail],
        Spot::Host => &[Site::Host],
        Spot::Group => &[Site::Group],
        Spot::Connection => &[Site::Connection],
        Spot::Secret => &[Site::Secret],
        Spot::Input => &[Site::Input],
        Spot::Become => &[Site::Become],
    };
    let mut found: Vec<KeyDoc> = Vec::new();
    for key in sites.iter().flat_map(|site| keys::at(*site)) {
        if !found.iter().any(|it| it.name == key.name) {
            found.push(KeyDoc {
                name: key.name,
                doc: key.doc,
                words: words(key.schema),
            });
        }
    }
    found
}

/// The words that a schema takes.
fn words(schema: &str) -> Vec<String> {
    let Ok(schema) = serde_json::from_str::<serde_json::Value>(schema) else {
        return Vec::new();
    };
    if schema["type"] == "boolean" || schema["anyOf"][0]["type"] == "boolean" {
        return vec!["true".to_owned(), "false".to_owned()];
    }
    let listed = schema["enum"].as_array().into_iter().flatten();
    listed.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// The fields of an entry's result; `None` where any field may be there.
pub fn result_fields(entry: &Entry) -> Option<Vec<Field>> {
    match &*check::result_type(entry)? {
        Type::Record(fields) => Some(fields.clone()),
        _ => None,
    }
}

/// The fields of `facts`.
pub fn fact_fields() -> Vec<Field> {
    match check::facts_type() {
        Type::Record(fields) => fields,
        _ => Vec::new(),
    }
}
