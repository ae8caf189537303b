//! Entries and rounds as events name them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::CallRef;
use crate::playbook::{Action, Playbook};

/// The references of all entries, by their number.
pub(super) fn references(playbook: &Playbook) -> Vec<Arc<CallRef>> {
    let mut counts: HashMap<(u32, &str), u32> = HashMap::new();
    playbook
        .entries
        .iter()
        .enumerate()
        .map(|(number, entry)| {
            let round = &playbook.round(entry.round).name.value;
            let tool = match &entry.action {
                Action::Call(call) => call.tool,
                Action::Group(group) => group.word(),
                Action::Fail(_) => "fail",
            };
            let path = if let Some(id) = &entry.id {
                format!("{round}/{}", id.value)
            } else {
                let count = counts.entry((entry.round.0, tool)).or_default();
                *count += 1;
                format!("{round}/{tool}#{count}")
            };
            let name = entry
                .name
                .as_ref()
                .and_then(|name| name.literal())
                .and_then(|name| name.as_str());
            let id = entry.id.as_ref().map(|id| id.value.as_str());
            Arc::new(CallRef {
                path,
                entry: u32::try_from(number).unwrap_or(u32::MAX),
                round: round.clone(),
                label: name.or(id).unwrap_or(tool).to_owned(),
                tool: tool.to_owned(),
                location: playbook.sources.location(entry.span),
            })
        })
        .collect()
}
