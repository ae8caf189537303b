//! What hosts owe after a run that was killed, and so has not written it.

use std::collections::BTreeMap;

use crate::cli::owed::key;
use crate::journal::{Debt, Debts, Left};
use crate::name::{EntryId, HostId, HostName};
use crate::playbook::Playbook;
use crate::runner::references;

/// Adds to what hosts owe what a run has left that was killed, and takes away what it has done.
pub(super) fn add_left(run: &str, hosts: &BTreeMap<HostName, Left>, playbook: &Playbook, debts: &mut Debts) {
    let references = references(playbook);
    let path_of = |id: EntryId| references[id.index()].path.as_str();
    for (at, host) in playbook.inventory.hosts.iter().enumerate() {
        let Some(left) = hosts.get(&host.name) else {
            continue;
        };
        // A source may be a group, or a unit.
        let has_changed = |source: &EntryId| {
            let mut all = std::iter::once(*source).chain(playbook.inside(*source));
            all.any(|it| left.changed.contains(path_of(it)))
        };
        let owed = debts.entry(key(host)).or_default();
        owed.retain(|path, _| !left.done.contains(path));
        for id in (0..playbook.entries.len()).map(EntryId::at) {
            let entry = playbook.entry(id);
            let is_here = playbook.round(entry.round).hosts.contains(&HostId::at(at));
            let is_open = is_here && !left.done.contains(path_of(id));
            if is_open && entry.on_change.iter().any(has_changed) {
                let debt = Debt {
                    label: references[id.index()].label.clone(),
                    run: run.to_owned(),
                };
                owed.entry(path_of(id).to_owned()).or_insert(debt);
            }
        }
    }
}
