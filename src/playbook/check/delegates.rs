//! Hosts that `delegate_to` names.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::playbook::model::Playbook;
use crate::source::Span;

/// Checks every name that is no template: those are known only when the run comes to them.
pub(in crate::playbook) fn delegates(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    for entry in &playbook.entries {
        let Some(written) = &entry.delegate_to else {
            continue;
        };
        let Some(name) = written.value.literal().and_then(|it| it.as_str()) else {
            continue;
        };
        if let Some(error) = no_host(playbook, name, written.span) {
            diagnostics.push(error);
        }
    }
}

/// The error for a name that is not one of a host.
pub(super) fn no_host(playbook: &Playbook, name: &str, span: Span) -> Option<Diagnostic> {
    let inventory = &playbook.inventory;
    if let Some(id) = inventory.host_names.get(name) {
        let why = inventory.closed.get(id)?;
        let message = format!("how `{name}` is reached is not known: {why}");
        return Some(
            Diagnostic::error(Code::UnusableValue, message)
                .at(span)
                .help("Give --vault-password-file."),
        );
    }
    let error = Diagnostic::error(
        Code::UnknownHost,
        format!("there is no host `{}`", name.escape_debug()),
    )
    .at(span);
    Some(if name == "all" || inventory.group_names.contains_key(name) {
        error.help(format!(
            "`{name}` is a group, and a call is delegated to one host: write `{{{{ groups['{name}'][0] }}}}` for its first."
        ))
    } else {
        error.did_you_mean(name, inventory.hosts.iter().map(|it| it.name.as_str()))
    })
}
