//! Files of the controller that a run itself may make.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::inventory::Transport;
use crate::name::{EntryId, HostId};
use crate::playbook::model::{Entry, Playbook};
use crate::tool::{Access, Role};

/// Says which files are not there that literal arguments name, each unless something before it may make it.
pub(in crate::playbook) fn missing(
    playbook: &Playbook,
    missing: Vec<Diagnostic>,
    diagnostics: &mut Diagnostics,
) {
    for error in missing {
        let at = error.labels.first().map(|it| it.span);
        let mut entries = (0..playbook.entries.len()).map(EntryId::at).rev();
        let reader = entries.find(|it| {
            let span = playbook.entry(*it).span;
            at.is_some_and(|at| at.source == span.source && span.start <= at.start)
        });
        if !may_be_made(playbook, reader) {
            diagnostics.push(error);
        }
    }
}

/// Whether a call that may be done before an entry may make a file on this machine.
pub(super) fn may_be_made(playbook: &Playbook, reader: Option<EntryId>) -> bool {
    (0..playbook.entries.len()).map(EntryId::at).any(|id| {
        let entry = playbook.entry(id);
        let may_be_before = reader
            .is_none_or(|reader| id.index() < reader.index() || entry.round != playbook.entry(reader).round);
        may_be_before && makes_files(playbook, id, entry)
    })
}

fn makes_files(playbook: &Playbook, id: EntryId, entry: &Entry) -> bool {
    let Some(call) = entry.action.call() else {
        return false;
    };
    let mut fields = call.tool.args().fields.iter();
    if fields.any(|it| it.role == Some(Role::ControllerTarget)) {
        return true;
    }
    let changes = matches!(call.tool.access, Access::Writes | Access::Opaque);
    let is_here = || {
        let hosts = &playbook.round(entry.round).hosts;
        playbook.delegation(id).is_some() || hosts.iter().any(|host| is_here(playbook, *host))
    };
    changes && is_here()
}

/// Whether a host may be this machine.
fn is_here(playbook: &Playbook, id: HostId) -> bool {
    let host = playbook.inventory.host(id);
    let connection = &host.connection;
    let address = connection.address.as_deref().unwrap_or(host.name.as_str());
    connection.transport == Transport::Local
        || address == "localhost"
        || address == "::1"
        || address.starts_with("127.")
}
