//! Keys whose values are expressions: what they come to, as far as that is known before a run.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::constant::Fault;
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::check::typing::{Asked, fits, shown};
use crate::playbook::model::Entry;
use crate::playbook::setting::{Settable, Setting};
use crate::tool::Type;

impl<'a> Checker<'a, '_> {
    /// Checks those of an entry; they do not see the items of its own loop.
    pub(super) fn settings(&mut self, place: &Place<'a>, entry: &'a Entry) {
        if let Some(timeout) = &entry.timeout {
            self.setting(place, "timeout", timeout, &Type::Duration);
        }
        self.setting(place, "ignore_errors", &entry.ignore_errors, &Type::Boolean);
        self.setting(place, "no_log", &entry.no_log, &Type::Boolean);
        if let Some(call) = entry.action.call() {
            self.setting(place, "retries", &call.retries, &Type::Integer);
            self.setting(place, "delay", &call.delay, &Type::Duration);
        }
    }

    fn setting<T: Settable>(&mut self, place: &Place<'a>, key: &str, setting: &'a Setting<T>, of: &Type) {
        let Some(form) = setting.form() else { return };
        let before = self.diagnostics.len();
        self.form(place, &form.value);
        if self.diagnostics.len() > before {
            return;
        }
        let mut types =
            (0..place.classes.len()).map(|class| self.type_of(Asked::new(place, class), &form.value));
        if let Some(wrong) = types.find(|it| !fits(of, it)) {
            let message = format!("`{key}` takes {}, not {}", T::WANTED, shown(&wrong));
            self.diagnostics
                .push(Diagnostic::error(Code::WrongType, message).at(form.span));
            return;
        }
        if !self.knows_values() {
            return;
        }
        let hosts: Vec<_> = place
            .classes
            .iter()
            .filter_map(|it| it.hosts.first().copied())
            .collect();
        for host in hosts {
            let end = self.rows_after();
            if self.rows_left <= end {
                return;
            }
            let rows = self.certain_rows(host, place);
            let faults = rows.iter().map(|row| setting.resolve(key, &row.scope));
            if let Some(Err(error)) = faults.into_iter().find(Result::is_err) {
                if let Some(fault) = Fault::of_error(error) {
                    self.blame(place, fault, None);
                }
                return;
            }
        }
    }
}
