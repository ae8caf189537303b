//! What hosts owe after a run that was killed, and so has not written it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::owed::key;
use crate::journal::{Archive, Debt, Debts, Left, killed};
use crate::name::{EntryId, HostId};
use crate::playbook::Playbook;
use crate::runner::references;

/// Adds to what hosts owe what the last run of a playbook has left, if it was killed, and takes away what it has done.
pub(super) fn add_killed(archive: &Archive, path: &Path, playbook: &Playbook, debts: &mut Debts) {
    let Some((run, hosts)) = killed(archive, path) else {
        return;
    };
    let references = references(playbook);
    let path_of = |id: EntryId| references[id.index()].path.as_str();
    for (at, host) in playbook.inventory.hosts.iter().enumerate() {
        let Some(left) = hosts.get(&host.name) else {
            continue;
        };
        let owed = debts.entry(key(host)).or_default();
        owed.retain(|path, _| !left.done.contains(path));
        let entries = (0..playbook.entries.len()).map(EntryId::at);
        for id in entries.filter(|id| is_owed(playbook, *id, HostId::at(at), left, &path_of)) {
            let debt = Debt {
                label: references[id.index()].label.clone(),
                run: run.clone(),
            };
            owed.entry(path_of(id).to_owned()).or_insert(debt);
        }
    }
}

fn is_owed<'a>(
    playbook: &Playbook,
    id: EntryId,
    host: HostId,
    left: &Left,
    path_of: &impl Fn(EntryId) -> &'a str,
) -> bool {
    let entry = playbook.entry(id);
    let is_here = playbook.round(entry.round).hosts.contains(&host);
    let changed: BTreeSet<&str> = left.changed.iter().map(String::as_str).collect();
    // What is in a group, or a unit, that is a source.
    let has_changed = |source: EntryId| {
        let all = (source.index()..playbook.entries.len()).map(EntryId::at);
        let mut inside = all.take_while(|it| {
            let mut around = std::iter::successors(Some(*it), |it| playbook.entry(*it).parent);
            around.any(|it| it == source)
        });
        inside.any(|it| changed.contains(path_of(it)))
    };
    is_here && !left.done.contains(path_of(id)) && entry.on_change.iter().any(|it| has_changed(*it))
}
