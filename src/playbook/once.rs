//! `run_once`, and where it cannot stand.

use crate::diagnostic::{Code, Diagnostic};
use crate::name::EntryId;
use crate::playbook::entry::Outer;
use crate::playbook::read::{Fields, Reading};
use crate::playbook::setting::Settable as _;
use crate::playbook::settings::templated;
use crate::playbook::settled::Late;
use crate::source::Span;

impl Reading<'_> {
    /// Whether one host does an entry for all.
    pub(super) fn once(&mut self, fields: &Fields<'_>, id: EntryId, outer: Outer<'_>) -> bool {
        if let Some(node) = templated(fields, "run_once") {
            if let Some(form) = self.lone("run_once", bool::WANTED, node) {
                self.late.push(Late::Once(id, form));
            }
            return false;
        }
        let once = self.flag(fields, "run_once").unwrap_or(false);
        if once && outer.in_loop {
            self.diagnostics.push(in_loop(fields.key_span("run_once")));
        }
        once
    }
}

/// Where it would be done once in each of the rounds of a loop.
pub(super) fn in_loop(at: Span) -> Diagnostic {
    Diagnostic::error(
        Code::NotOnThisEntry,
        "`run_once` cannot stand in a group with `loop`",
    )
    .at(at)
    .help("Each host may go through the loop another number of times. Put it on the group itself, or the loop on this entry.")
}
