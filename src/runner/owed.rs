//! Handlers that a host owes: a source has changed, and the handler has not run.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::{EntryId, HostId, HostName};
use crate::runner::program::Program;

/// How many hosts are named.
const NAMED: usize = 3;

/// What a host owes before the run, by paths.
pub(super) fn before(program: &Program, host: HostId) -> Vec<String> {
    let owed = program.owed.get(&host);
    let mut entries: Vec<_> = owed.into_iter().flat_map(|owed| owed.keys().copied()).collect();
    entries.sort_unstable();
    paths(program, &entries)
}

/// Entries as events name them.
pub(super) fn paths(program: &Program, entries: &[EntryId]) -> Vec<String> {
    entries.iter().map(|it| path(program, *it)).collect()
}

/// What is said at the beginning, once for each handler that some host owes.
pub(super) fn warnings(program: &Program, hosts: &BTreeSet<HostId>) -> Vec<String> {
    let mut handlers: BTreeMap<EntryId, (&str, Vec<HostName>)> = BTreeMap::new();
    for host in hosts {
        for (entry, run) in program.owed.get(host).into_iter().flatten() {
            let (_, hosts) = handlers.entry(*entry).or_insert((run, Vec::new()));
            hosts.push(program.playbook.inventory.host(*host).name.clone());
        }
    }
    let say = |(entry, (run, hosts)): (EntryId, (&str, Vec<HostName>))| {
        let named: Vec<_> = hosts.iter().take(NAMED).map(|it| format!("`{it}`")).collect();
        let more = match hosts.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "`{}` is owed on {}{more}: its source changed in run {run}, and it did not run. It runs even if nothing changes",
            path(program, entry),
            named.join(", ")
        )
    };
    handlers.into_iter().map(say).collect()
}

fn path(program: &Program, entry: EntryId) -> String {
    program.references[entry.index()].path.clone()
}
