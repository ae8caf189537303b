//! How far an entry has come on a host, for those that come after it.

use crate::event::Outcome;
use crate::runner::record::Record;

/// How far an entry has come on the host, for those that read it.
#[derive(Debug, Clone, Default)]
pub(super) struct Fate {
    pub(super) settled: bool,
    pub(super) changed: bool,
    pub(super) failed: bool,
    /// Check mode: what it depends on did not happen.
    pub(super) unknown: Option<String>,
}

impl Fate {
    /// Of an entry that has ended.
    pub(super) fn of(record: &Record, label: &str) -> Self {
        let unknown = record.outcome == Outcome::Unknown;
        Self {
            settled: true,
            changed: record.changed,
            failed: record.has_failed(),
            unknown: unknown.then(|| record.unknown.clone().unwrap_or_else(|| label.to_owned())),
        }
    }
}
