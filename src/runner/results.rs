//! `results`, as each unit sees it.

use std::sync::Arc;

use crate::event::Outcome;
use crate::name::{EntryId, HostId, UnitId};
use crate::playbook::ENVELOPE;
use crate::runner::context::Context;
use crate::runner::record::{Record, RecordLookup};
use crate::template::{Lookup, Root};

/// The results of a unit's entries on a host, by their ids.
#[derive(Debug)]
pub(super) struct ResultsLookup {
    context: Arc<Context>,
    host: HostId,
    unit: UnitId,
    /// Whether another host asks.
    is_others: bool,
}

impl ResultsLookup {
    /// Those of a unit.
    pub(super) const fn new(context: Arc<Context>, host: HostId, unit: UnitId) -> Self {
        Self {
            context,
            host,
            unit,
            is_others: false,
        }
    }

    /// The same as any host sees them: of a host that is not reached any more, what did not run on it has none.
    pub(super) fn of_others(self) -> Self {
        Self {
            is_others: true,
            ..self
        }
    }

    fn of(&self, unit: UnitId) -> Self {
        Self {
            context: Arc::clone(&self.context),
            unit,
            ..*self
        }
    }

    fn record(&self, entry: EntryId) -> RecordLookup {
        let record = self.context.record(self.host, entry);
        RecordLookup(record.unwrap_or_else(|| Arc::new(Record::of(Outcome::Skipped))))
    }
}

impl Lookup for ResultsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let playbook = &self.context.playbook;
        let unit = playbook.unit(self.unit);
        if let Some(inner) = unit.imports.get(key) {
            return Some(Root::Lookup(Arc::new(self.of(*inner))));
        }
        let entry = *unit.ids.get(key)?;
        if self.is_others && self.context.is_missing(self.host, entry) {
            return None;
        }
        let whole = self.record(entry);
        Some(Root::Lookup(match playbook.imported(entry) {
            Some(inner) => Arc::new(UnitLookup {
                whole,
                inside: self.of(inner),
            }),
            None => Arc::new(whole),
        }))
    }

    fn keys(&self) -> Vec<String> {
        let unit = self.context.playbook.unit(self.unit);
        let is_there = |entry| !(self.is_others && self.context.is_missing(self.host, entry));
        let mut ids: Vec<_> = unit.ids.iter().filter(|it| is_there(*it.1)).collect();
        ids.sort_by_key(|(_, entry)| **entry);
        ids.into_iter().map(|(id, _)| id.clone()).collect()
    }
}

/// What came of a unit as a whole, and of what is in it.
#[derive(Debug)]
struct UnitLookup {
    whole: RecordLookup,
    inside: ResultsLookup,
}

impl Lookup for UnitLookup {
    fn get(&self, key: &str) -> Option<Root> {
        if ENVELOPE.contains(&key) {
            return self.whole.get(key);
        }
        self.inside.get(key).or_else(|| self.whole.get(key))
    }

    fn keys(&self) -> Vec<String> {
        let mut keys = self.whole.keys();
        keys.extend(self.inside.keys());
        keys
    }
}
