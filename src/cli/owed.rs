//! Handlers that hosts owe since earlier runs of a playbook: read before the run, written after it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::cli::args::RunArgs;
use crate::cli::killed::add_left;
use crate::cli::printer::Printer;
use crate::event::CallRef;
use crate::inventory::{Host, Transport};
use crate::journal::{Archive, Bookkeeper, Debts, Ledger, killed};
use crate::name::{EntryId, HostId, HostName};
use crate::playbook::Playbook;
use crate::runner::{Owed, references};

/// What a run begins with, and what writes how it ends.
#[derive(Debug, Default)]
pub(super) struct Debtors {
    pub(super) owed: HashMap<HostId, Owed>,
    pub(super) keeper: Option<Bookkeeper>,
    pub(super) fault: Arc<OnceLock<String>>,
}

/// What the hosts of a run owe. Without journals, nothing is known or kept.
pub(super) fn debtors(
    path: &Path,
    args: &RunArgs,
    playbook: &Playbook,
    limit: Option<&HashSet<HostId>>,
    printer: Printer,
) -> Debtors {
    let Some(archive) = Archive::of_user().filter(|_| !args.recording.no_journal) else {
        return Debtors::default();
    };
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let ledger = Ledger::new(&archive, path.clone());
    let keys: BTreeMap<HostName, String> = (playbook.inventory.hosts.iter())
        .map(|host| (host.name.clone(), key(host)))
        .collect();
    let is_meant = |id: HostId| limit.is_none_or(|limit| limit.contains(&id));
    let ids: Vec<HostId> = (0..playbook.inventory.hosts.len()).map(HostId::at).collect();
    let meant: Vec<_> = ids.into_iter().filter(|id| is_meant(*id)).collect();
    let unknown = |error: std::io::Error| {
        let message = format!("which handlers are owed since earlier runs is not known: {error}");
        printer.complain("warning", &message, None);
        Debts::new()
    };
    let mut before = ledger.read().unwrap_or_else(unknown);
    if let Some((run, hosts)) = killed(&archive, &path) {
        let add = |debts: &mut Debts| add_left(&run, &hosts, playbook, debts);
        if args.check {
            add(&mut before);
        } else {
            // Written before the run, since that takes the place of the one that was killed.
            let written = ledger.change(add);
            before = written.and_then(|()| ledger.read()).unwrap_or_else(unknown);
        }
    }
    let mut owed = HashMap::new();
    if args.recording.forget_owed {
        forget(&ledger, args, &before, playbook, &meant, printer);
    } else {
        owed = found(&before, playbook, &meant, printer);
    }
    let before = if args.recording.forget_owed && !args.check {
        ledger.read().unwrap_or_default()
    } else {
        before
    };
    let (keeper, fault) = Bookkeeper::new(ledger, keys, before);
    Debtors {
        owed,
        keeper: Some(keeper),
        fault,
    }
}

/// The entries that are owed. What the playbook does not have any more is said once, and forgotten when the run ends.
fn found(debts: &Debts, playbook: &Playbook, hosts: &[HostId], printer: Printer) -> HashMap<HostId, Owed> {
    if debts.is_empty() {
        return HashMap::new();
    }
    let references = references(playbook);
    let by_path: HashMap<&str, &Arc<CallRef>> =
        references.iter().map(|call| (call.path.as_str(), call)).collect();
    let mut all: HashMap<HostId, Owed> = HashMap::new();
    let mut gone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for id in hosts {
        let host = playbook.inventory.host(*id);
        for (path, debt) in debts.get(&key(host)).into_iter().flatten() {
            let entry = by_path.get(path.as_str()).filter(|call| call.label == debt.label);
            let entry = entry.map(|call| EntryId::at(call.entry as usize));
            let is_here = |entry: &EntryId| {
                let entry = playbook.entry(*entry);
                !entry.on_change.is_empty() && playbook.round(entry.round).hosts.contains(id)
            };
            match entry.filter(is_here) {
                Some(entry) => drop(all.entry(*id).or_default().insert(entry, debt.run.clone())),
                None => gone.entry(path).or_default().push(host.name.as_str()),
            }
        }
    }
    for (path, hosts) in gone {
        let message = format!(
            "`{path}` is owed on {}, but the playbook has no such handler for it any more",
            hosts.join(", ")
        );
        printer.complain(
            "warning",
            &message,
            Some("It is forgotten when this run ends. Run by hand what it did, if it is still needed."),
        );
    }
    all
}

fn forget(
    ledger: &Ledger,
    args: &RunArgs,
    debts: &Debts,
    playbook: &Playbook,
    hosts: &[HostId],
    printer: Printer,
) {
    let keys: Vec<String> = hosts.iter().map(|id| key(playbook.inventory.host(*id))).collect();
    for key in &keys {
        for path in debts.get(key).into_iter().flat_map(BTreeMap::keys) {
            let would = if args.check { "would be" } else { "is" };
            let message = format!("`{path}`, which is owed on {key}, {would} forgotten, and not run");
            printer.complain("note", &message, None);
        }
    }
    if args.check {
        return;
    }
    let done = ledger.change(|debts| debts.retain(|key, _| !keys.contains(key)));
    if let Err(error) = done {
        let message = format!("what is owed cannot be forgotten: {error}");
        printer.complain("warning", &message, None);
    }
}

/// What a host is called in the ledger. A name alone may be another machine's in another inventory.
pub(super) fn key(host: &Host) -> String {
    let connection = &host.connection;
    let place = match &connection.transport {
        Transport::Ssh => connection.address.clone(),
        Transport::Local => Some("this machine".to_owned()),
        Transport::Command(command) => Some(command.join(" ")),
        Transport::Container { name, .. } => name.clone().or_else(|| connection.address.clone()),
    };
    let port = connection.port.map(|port| format!("port {port}"));
    let parts: Vec<_> = place.into_iter().chain(port).collect();
    if parts.is_empty() {
        host.name.to_string()
    } else {
        format!("{} ({})", host.name, parts.join(", "))
    }
}
