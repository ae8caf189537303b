//! Entries and rounds as events name them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::{CallRef, RoundRef, Written};
use crate::name::{EntryId, HostId, RoundId, UnitId};
use crate::playbook::Playbook;
use crate::runner::context::Context;

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

/// A round as events name it; `hosts`: those that the run is for.
pub(super) fn round_ref(context: &Context, id: RoundId, hosts: &[HostId]) -> RoundRef {
    let playbook = &context.playbook;
    let round = playbook.round(id);
    RoundRef {
        name: round.name.value.clone(),
        hosts: hosts.iter().map(|host| context.name(*host)).collect(),
        serial: round.serial.iter().map(ToString::to_string).collect(),
        max_failures: round.max_failures.as_ref().map(ToString::to_string),
        calls: (0..playbook.entries.len())
            .filter(|at| playbook.entries[*at].round == id)
            .map(|at| Arc::clone(&context.program.references[at]))
            .collect(),
    }
}
