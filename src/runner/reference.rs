//! Entries as events name them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::{CallRef, Written};
use crate::name::{EntryId, UnitId};
use crate::playbook::Playbook;

/// The references of all entries, by their number.
pub fn references(playbook: &Playbook) -> Vec<Arc<CallRef>> {
    let mut counts: HashMap<(u32, UnitId, &str), u32> = HashMap::new();
    // The way to what is in a unit leads through its import, which comes before it.
    let mut ways: HashMap<UnitId, String> = HashMap::new();
    let mut references = Vec::with_capacity(playbook.entries.len());
    for (number, entry) in playbook.entries.iter().enumerate() {
        let round = &playbook.round(entry.round).name.value;
        let tool = entry.action.word();
        let way = ways.get(&entry.unit).unwrap_or(round);
        let path = if let Some(id) = &entry.id {
            format!("{way}/{}", id.value)
        } else {
            let count = counts.entry((entry.round.0, entry.unit, tool)).or_default();
            *count += 1;
            format!("{way}/{tool}#{count}")
        };
        if let Some(unit) = playbook.imported(EntryId::at(number)) {
            ways.insert(unit, path.clone());
        }
        references.push(Arc::new(CallRef {
            path,
            entry: u32::try_from(number).unwrap_or(u32::MAX),
            round: round.clone(),
            label: playbook.label(entry).to_owned(),
            tool: tool.to_owned(),
            location: playbook.sources.location(entry.span),
            written: Written::default(),
        }));
    }
    references
}
