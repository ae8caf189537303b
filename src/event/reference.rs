//! What events name: entries and rounds.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::event::line;
use crate::name::HostName;
use crate::source::Location;

/// Which iteration of a looped group something is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Iteration {
    /// Which, counted from 1.
    pub number: usize,
    /// The item, as people are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// By what the item is known again in a run that resumes this one: 16 bits of its hash; none of a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

// It is in nearly all events, so its text is kept; that can be JSON only.
/// An entry of the playbook as events name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self")]
pub struct CallRef {
    /// `round/id`, or `round/tool#n` for the n-th of its tool without an id: the same in every run of a playbook.
    pub path: String,
    /// The number of the entry in written order, counted over the playbook.
    pub entry: u32,
    /// Its round.
    pub round: String,
    /// What it is called by: its `name`, else its id, else its tool.
    pub label: String,
    /// `namespace.method`; `fail`; `group` for an entry with `calls`, `import` for one that imports a unit.
    pub tool: String,
    /// Where it is written.
    pub location: Location,
    /// Its text as JSON, once it was asked for.
    #[serde(skip)]
    pub written: Written,
}

/// What was written for an entry: no part of what it is.
#[derive(Debug, Default)]
pub struct Written(OnceLock<Box<RawValue>>);

impl Clone for Written {
    fn clone(&self) -> Self {
        // Whoever clones an entry may change it.
        Self::default()
    }
}

impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Written {}

impl Hash for Written {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Serialize for CallRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Written(text) = &self.written;
        if let Some(text) = text.get() {
            return text.serialize(serializer);
        }
        let new = line::written(self).map_err(S::Error::custom)?;
        text.get_or_init(|| new).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CallRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

impl CallRef {
    /// Whether it is a list of other entries, and no call: `group_ended` tells its end, and the recap does not count it.
    pub fn is_group(&self) -> bool {
        matches!(self.tool.as_str(), "group" | "import")
    }
}

/// A round as events name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoundRef {
    /// Its name.
    pub name: String,
    /// The hosts that it is for, in order.
    pub hosts: Vec<HostName>,
    /// The sizes of its batches as written, the last one repeating; none without `serial`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serial: Vec<String>,
    /// The count or percentage of its hosts past which failures stop the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<String>,
    /// Its entries in written order, those of groups included.
    pub calls: Vec<Arc<CallRef>>,
}
