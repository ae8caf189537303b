//! `failed`: which call an entry with `on_failure` runs for.

use std::sync::Arc;

use crate::name::{EntryId, HostId};
use crate::playbook::Action;
use crate::runner::context::Context;
use crate::runner::record::{Record, RecordLookup};
use crate::runner::status::Tri;
use crate::template::{Lookup, Root};
use crate::value::Value;

/// The first call, as it is written, that has failed among some entries and in them.
#[derive(Debug)]
pub(super) struct FailedLookup {
    pub(super) context: Arc<Context>,
    pub(super) host: HostId,
    pub(super) sources: Vec<EntryId>,
}

impl FailedLookup {
    fn found(&self) -> Option<(EntryId, Arc<Record>)> {
        let failed = |entry: EntryId| {
            let record = self.context.record(self.host, entry)?;
            (record.status.failed == Tri::Yes).then_some((entry, record))
        };
        let playbook = &self.context.playbook;
        let is_list = |entry: &EntryId| matches!(playbook.entry(*entry).action, Action::Group(_));
        self.sources.iter().find_map(|source| {
            let inside = std::iter::once(*source).chain(playbook.inside(*source));
            let mut calls = inside.filter(|entry| !is_list(entry));
            calls.find_map(failed).or_else(|| failed(*source))
        })
    }
}

impl Lookup for FailedLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let (entry, record) = self.found()?;
        let entry_of = self.context.playbook.entry(entry);
        let reference = &self.context.program.references[entry.index()];
        Some(match key {
            "id" => Root::Value(
                entry_of
                    .id
                    .as_ref()
                    .map_or(Value::Null, |id| id.value.as_str().into()),
            ),
            "name" => Root::Value(reference.label.as_str().into()),
            "tool" => Root::Value(reference.tool.as_str().into()),
            "error" => RecordLookup(record).get("error")?,
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<String> {
        ["id", "name", "tool", "error"].map(str::to_owned).to_vec()
    }
}
