//! Settings of connections that are one letter off: what Ansible, too, takes for a variable.

use std::collections::HashSet;

use crate::ansible::meant_setting;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::playbook::check::unused::readers;
use crate::playbook::model::Playbook;

pub(super) fn lint(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    let inventory = &playbook.inventory;
    let mut seen = HashSet::new();
    let is_read = readers(playbook);
    for (name, form) in inventory
        .group_layers()
        .chain(inventory.host_layers())
        .flat_map(|it| it.iter())
    {
        if name.starts_with("ansible_")
            && let Some(meant) = meant_setting(name)
            && !is_read(name)
            && seen.insert(form.span)
        {
            diagnostics.push(
                Diagnostic::warning(
                    Code::UnmappedSetting,
                    format!(
                        "`{name}` is not a setting of a connection: it is a variable, which does nothing"
                    ),
                )
                .at(form.span)
                .help(format!("Did you mean `{meant}`?")),
            );
        }
    }
}
