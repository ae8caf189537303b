//! `run_once`, and where it cannot stand.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::entry::Outer;
use crate::playbook::read::{Fields, Reading};

impl Reading<'_> {
    /// Whether one host does an entry for all.
    pub(super) fn once(&mut self, fields: &Fields<'_>, outer: Outer<'_>) -> bool {
        let once = self.flag(fields, "run_once").unwrap_or(false);
        if once && outer.in_loop {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::NotOnThisEntry,
                    "`run_once` cannot stand in a group with `loop`",
                )
                .at(fields.key_span("run_once"))
                .help("Each host may go through the loop another number of times. Put it on the group itself, or the loop on this entry."),
            );
        }
        once
    }
}
