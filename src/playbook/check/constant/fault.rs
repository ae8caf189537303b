//! What is said of a value that cannot be right, and where it comes from.

use crate::diagnostic::{Code, Diagnostic};
use crate::name::{EntryId, HostId};
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::{Near, Place};
use crate::playbook::check::scope::definition;
use crate::source::{Span, Spanned};
use crate::template::{Form, RenderError};

/// A value that cannot be right, for a host.
pub(in crate::playbook::check) struct Fault {
    pub(in crate::playbook::check) code: Code,
    pub(in crate::playbook::check) message: String,
    pub(in crate::playbook::check) at: Span,
    pub(in crate::playbook::check) help: Option<String>,
    pub(in crate::playbook::check) through: Vec<(String, Span)>,
}

impl<'a> Checker<'a, '_> {
    /// Says it, with the host and where the value comes from, unless something there is wrong anyway.
    pub(in crate::playbook::check) fn blame(
        &mut self,
        place: &Place<'a>,
        fault: Fault,
        host: Option<HostId>,
    ) {
        let origins = match fault.through.as_slice() {
            [] => self.origins(place, fault.at, host),
            _ => fault.through,
        };
        let is_input_of_all = || {
            let mut extra = self
                .diagnostics
                .sorted()
                .into_iter()
                .filter(|it| it.code == Code::InvalidInput);
            extra.any(|it| it.message.starts_with("`-e "))
        };
        if fault.code == Code::InvalidInput && is_input_of_all() {
            return;
        }
        // One mistake is told once, wherever it is seen.
        if self.diagnostics.has_error_at(fault.at)
            || origins
                .iter()
                .any(|(_, span)| self.diagnostics.has_error_at(*span))
        {
            return;
        }
        let message = match host {
            Some(host) => format!(
                "{}: for {}",
                fault.message,
                self.playbook.inventory.host(host).name
            ),
            None => fault.message,
        };
        let mut error = Diagnostic::error(fault.code, message).at(fault.at);
        error.help = fault.help;
        for (name, span) in origins {
            error = error.label(span, format!("`{name}` has its value here"));
        }
        self.diagnostics.push(error);
    }

    /// Where the variables have their values that are read within a place.
    fn origins(&self, place: &Place<'a>, at: Span, host: Option<HostId>) -> Vec<(String, Span)> {
        let entry = self.playbook.entry(place.entry);
        let mut forms: Vec<&Spanned<Form>> = entry.delegate_to.iter().collect();
        forms.extend(entry.asked().map(|(_, form)| form));
        if let Some(call) = entry.action.call() {
            forms.extend(call.templates.iter().map(|it| &it.path));
            if let Form::Map(written) = &call.args.value {
                forms.extend(written.values());
            }
        }
        let reads = forms
            .into_iter()
            .filter(|it| it.span.source == at.source && it.span.start <= at.start && at.end <= it.span.end);
        let names = reads.flat_map(|form| form.value.reads().accesses);
        let mut found: Vec<(String, Span)> = Vec::new();
        for name in names.filter_map(|it| it.path.into_iter().next()) {
            if found.iter().any(|(known, _)| *known == name) || found.len() == 3 {
                continue;
            }
            let span = if place.bound.contains(&name.as_str()) {
                self.loop_of(place.entry, &name)
            } else {
                self.value_of(place, &name, host)
            };
            found.extend(span.map(|span| (name, span)));
        }
        found
    }

    /// Where a variable of a place has its value for a host.
    fn value_of(&self, place: &Place<'a>, name: &str, host: Option<HostId>) -> Option<Span> {
        let playbook = self.playbook;
        match place.definition(playbook, name) {
            Near::Form(form) => Some(form.span),
            Near::Input(_) => playbook.unit(place.unit).given.get(name).map(|it| it.span),
            Near::Nothing => None,
            Near::OfHosts => {
                let any = place.classes.first().and_then(|it| it.hosts.first().copied());
                definition(playbook, host.or(any), name).map(|it| it.span)
            }
        }
    }

    fn loop_of(&self, id: EntryId, name: &str) -> Option<Span> {
        let chain = self.playbook.around(id);
        let mut loops = chain.filter_map(|it| self.playbook.entry(it).repeat.as_ref());
        loops.find_map(|it| {
            it.over
                .iter()
                .find(|(bound, _)| bound.value == name)
                .map(|(_, form)| form.span)
        })
    }
}

impl Fault {
    /// What is said of a value.
    pub(super) fn of(error: Diagnostic, at: Span) -> Self {
        Self {
            code: error.code,
            message: error.message,
            at,
            help: error.help,
            through: Vec::new(),
        }
    }

    /// A rendering that fails; not for a name that is not there, which is told of names.
    pub(in crate::playbook::check) fn of_error(error: RenderError) -> Option<Self> {
        let name = error
            .message
            .strip_prefix('`')
            .and_then(|it| it.strip_suffix("` is undefined"));
        let is_part = name.is_some_and(|name| name.contains(['.', '[']) && !name.contains(['(', '|']));
        if error.message.contains("undefined") && !is_part {
            return None;
        }
        let is_input = error.message.starts_with("the input `");
        Some(Self {
            code: if is_input {
                Code::InvalidInput
            } else {
                Code::InvalidValue
            },
            message: error.message,
            at: error.span,
            help: error.help,
            through: error.through,
        })
    }
}
