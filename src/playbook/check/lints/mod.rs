//! What is legal, and surely not meant: warnings.

mod command;
mod content;
mod order;
mod result;
mod setting;
mod silence;

pub(super) use order::never_notified;
pub(in crate::playbook) use silence::silence;

use crate::diagnostic::Diagnostics;
use crate::playbook::model::Playbook;

/// Warns of all of it.
pub(in crate::playbook) fn lints(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    command::lint(playbook, diagnostics);
    content::lint(playbook, diagnostics);
    order::lint(playbook, diagnostics);
    setting::lint(playbook, diagnostics);
    result::lint(playbook, diagnostics);
}
