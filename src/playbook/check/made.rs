//! Files of the controller that a run itself may make.

use crate::diagnostic::{Code, Diagnostics};
use crate::inventory::Transport;
use crate::name::{EntryId, HostId};
use crate::playbook::model::{Call, Entry, Playbook};
use crate::source::Span;
use crate::tool::{Access, Role};

/// Takes back what was said of files that literal values name and that are not there, where something before may make them.
pub(super) fn forgive(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    let has = |call: &Call, role| call.tool.args().fields.iter().any(|it| it.role == Some(role));
    let readers = playbook.entries.iter().enumerate().filter_map(|(index, entry)| {
        let call = entry.action.call()?;
        // A template is read before the run.
        let is_reader = has(call, Role::ControllerFile) && !has(call, Role::TemplateFile);
        is_reader.then(|| (call.args.span, Some(EntryId::at(index))))
    });
    let given = playbook.units.iter().flat_map(|unit| unit.given.values());
    let named: Vec<(Span, Option<EntryId>)> = readers.chain(given.map(|it| (it.span, None))).collect();
    diagnostics.retain_errors(|code, at| {
        let is_within = |it: Span| it.source == at.source && it.start <= at.start && at.end <= it.end;
        let mut named = named.iter().filter(|(it, _)| is_within(*it));
        code != Code::MissingFile || !named.any(|(_, reader)| may_be_made(playbook, *reader))
    });
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
