//! Inputs of what is imported, and of the playbook: whether each has a value for every host, and of its type.

use std::collections::HashSet;
use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic};
use crate::name::{HostId, UnitId};
use crate::playbook::check::made::may_be_made;
use crate::playbook::check::names::{Checker, Use};
use crate::playbook::check::place::Place;
use crate::playbook::check::scope::definition;
use crate::playbook::input::{Input, Meaning, absolute};
use crate::source::{Span, Spanned};
use crate::template::{Access, Form};
use crate::value::Value;

/// Where the value of an input comes from.
enum Origin<'a> {
    /// `-e`.
    Extra(&'a Value),
    /// A variable, or what is passed, and the place in which it is evaluated.
    Written(&'a Spanned<Form>, Rc<Place<'a>>),
    /// Something that is judged elsewhere: the input of an outer file, or a name that a loop binds.
    Elsewhere,
    /// Variables of hosts, where they have them, or the input's default.
    Hosts(Rc<Place<'a>>),
}

impl<'a> Checker<'a, '_> {
    /// Checks what a unit takes from the place where it is imported. `at`: what is marked where something is missing.
    pub(super) fn inputs(&mut self, outside: &Place<'a>, id: UnitId, at: Option<Span>) {
        let playbook = self.playbook;
        let unit = playbook.unit(id);
        let inside = outside.inside(playbook, id);
        let mut missing = Vec::new();
        for (name, input) in unit.inputs.iter() {
            match self.origin(outside, id, name) {
                Origin::Extra(value) => self.extra_value(name, input, value),
                Origin::Written(form, place) => {
                    self.written(&place, name, input, form, unit.given.contains_key(name));
                }
                Origin::Elsewhere => {}
                Origin::Hosts(place) => {
                    let mut without = self.of_hosts(outside, &place, name, input);
                    if without.len() < place.hosts {
                        without.retain(|host| self.is_certain(*host, outside));
                    }
                    if without.is_empty() || self.playbook.is_unit {
                        // Nobody goes without.
                    } else if let Some(default) = &input.default {
                        self.form(&inside, &default.value);
                    } else if without.len() == place.hosts {
                        missing.push((name, input));
                    } else {
                        let error = self.missing_for(name, &without, place.hosts, at, input);
                        self.diagnostics.push(error);
                    }
                }
            }
        }
        if !missing.is_empty() {
            let error = missing_everywhere(&unit.label, id, at, &missing);
            self.diagnostics.push(error);
        }
    }

    fn origin(&self, outside: &Place<'a>, id: UnitId, name: &str) -> Origin<'a> {
        let playbook = self.playbook;
        if let Some(form) = self.options.extra.get(name) {
            return form.value.literal().map_or(Origin::Elsewhere, Origin::Extra);
        }
        let mut place = Rc::new(outside.clone());
        if let Some(form) = playbook.unit(id).given.get(name) {
            return Origin::Written(form, place);
        }
        loop {
            if place.bound.contains(&name) {
                return Origin::Elsewhere;
            }
            if let Some(form) = place.layers.iter().rev().find_map(|layer| layer.get(name)) {
                return Origin::Written(form, place);
            }
            let unit = playbook.unit(place.unit);
            let is_declared = unit
                .inputs
                .get(name)
                .is_some_and(|it| it.default.is_some() || !unit.is_open);
            if (place.unit != id && is_declared) || unit.given.contains_key(name) {
                return Origin::Elsewhere;
            }
            match place.outside.clone() {
                Some(outside) => place = outside,
                None => return Origin::Hosts(place),
            }
        }
    }

    fn extra_value(&mut self, name: &str, input: &Input, value: &Value) {
        let value = match value {
            Value::Str(text) => &input.of_text(text),
            other => other,
        };
        let error = if !input.accepts(value) {
            let wanted = input.wanted();
            let shown = match (input.meaning, value) {
                (Meaning::Secret, _) => String::new(),
                (_, value) => format!(", not `{}`", serde_json::to_string(value).unwrap_or_default()),
            };
            Diagnostic::error(Code::InvalidInput, format!("`-e {name}` takes {wanted}{shown}"))
        } else if let (Meaning::File, Value::Str(path)) = (input.meaning, value)
            && !absolute(std::path::Path::new("."), path).exists()
            && !may_be_made(self.playbook, None)
        {
            Diagnostic::error(
                Code::MissingFile,
                format!("`-e {name}` names `{path}`, which does not exist"),
            )
        } else {
            return;
        };
        self.diagnostics.push(error.label(input.span, "declared here"));
    }

    /// A value that is written in a file. What an import passes was held to its type when it was read.
    fn written(
        &mut self,
        place: &Place<'a>,
        name: &str,
        input: &Input,
        form: &Spanned<Form>,
        is_passed: bool,
    ) {
        match form.value.literal() {
            Some(_) if is_passed => {}
            Some(value) => self.literal(place, (name, input), value, form.span, None),
            None => self.form(place, &form.value),
        }
    }

    /// The variables of hosts that an input takes up; gives the hosts that have none.
    fn of_hosts(&mut self, outside: &Place<'a>, place: &Place<'a>, name: &str, input: &Input) -> Vec<HostId> {
        let playbook = self.playbook;
        if !self.names.depends_on_host(name) {
            return match definition(playbook, None, name) {
                Some(form) => {
                    self.written(place, name, input, form, false);
                    Vec::new()
                }
                None => place
                    .classes
                    .iter()
                    .flat_map(|it| it.hosts.iter().copied())
                    .collect(),
            };
        }
        let mut without = Vec::new();
        let mut templates: Option<(Span, Vec<usize>)> = None;
        let mut seen = HashSet::new();
        for (index, class) in place.classes.iter().enumerate() {
            for &host in &class.hosts {
                let Some(form) = definition(playbook, Some(host), name) else {
                    without.push(host);
                    continue;
                };
                if let Some(value) = form.value.literal() {
                    let may_be_wrong = !input.accepts(value) || input.meaning == Meaning::File;
                    if may_be_wrong && seen.insert(std::ptr::from_ref(form)) && self.is_certain(host, outside)
                    {
                        self.literal(outside, (name, input), value, form.span, Some(host));
                    }
                } else {
                    let (_, classes) = templates.get_or_insert_with(|| (form.span, Vec::new()));
                    if classes.last() != Some(&index) {
                        classes.push(index);
                    }
                }
            }
        }
        if let Some((span, classes)) = templates {
            let access = Access {
                path: vec![name.to_owned()],
                span,
                guarded: false,
                decides: false,
                apart: false,
            };
            let guards = Rc::clone(&place.guards);
            let usage = Use {
                classes: &classes,
                guarded: false,
                guards: &guards,
                is_conditional: false,
                probe: None,
            };
            self.access(place, &access, usage, &mut Vec::new());
        }
        without.sort_unstable();
        without
    }

    fn literal(
        &mut self,
        place: &Place<'a>,
        (name, input): (&str, &Input),
        value: &Value,
        span: Span,
        host: Option<HostId>,
    ) {
        if !input.accepts(value) {
            let of_host = host.map_or_else(String::new, |host| {
                format!(" (the value of {})", self.playbook.inventory.host(host).name)
            });
            let message = format!(
                "the input `{name}` takes {}, not this {}{of_host}",
                input.wanted(),
                value.type_name()
            );
            self.diagnostics.push(
                Diagnostic::error(Code::InvalidInput, message)
                    .at(span)
                    .label(input.span, "declared here"),
            );
        } else if let (Meaning::File, Value::Str(path)) = (input.meaning, value) {
            let path = absolute(self.playbook.sources.folder(span.source), path);
            if !path.exists() && !may_be_made(self.playbook, Some(place.entry)) {
                let message = format!("`{name}` names `{}`, which does not exist", path.display());
                self.diagnostics.push(
                    Diagnostic::error(Code::MissingFile, message)
                        .at(span)
                        .label(input.span, "a `file` counts from where it is written"),
                );
            }
        }
    }

    fn missing_for(
        &self,
        name: &str,
        hosts: &[HostId],
        all: usize,
        at: Option<Span>,
        input: &Input,
    ) -> Diagnostic {
        let message = format!(
            "the input `{name}` is not given for {}: {} of {all} hosts",
            self.some_hosts(hosts),
            hosts.len()
        );
        let error = Diagnostic::error(Code::MissingInput, message);
        let error = match at {
            Some(at) => error.at(at).label(input.span, "required here"),
            None => error.at(input.span),
        };
        error.help("Define it for them, pass it, or give the input a `default`.")
    }

    /// Hosts by name, the first few of them.
    pub(super) fn some_hosts(&self, hosts: &[HostId]) -> String {
        let names = hosts
            .iter()
            .map(|id| self.playbook.inventory.host(*id).name.as_str());
        let shown: Vec<_> = names.take(5).collect();
        match hosts.len() - shown.len() {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

fn missing_everywhere(
    label: &str,
    id: UnitId,
    at: Option<Span>,
    missing: &[(&String, &Input)],
) -> Diagnostic {
    let names: Vec<_> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
    let names = match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    };
    let plural = if missing.len() == 1 { "" } else { "s" };
    let who = if id == UnitId::PLAYBOOK {
        label.to_owned()
    } else {
        format!("`{label}`")
    };
    let mut error = Diagnostic::error(
        Code::MissingInput,
        format!("{who} needs a value for the input{plural} {names}"),
    );
    error = match at {
        Some(at) => error.at(at),
        None => error,
    };
    for (name, input) in missing {
        error = error.label(input.span, format!("`{name}` has no default"));
    }
    error.help(if id == UnitId::PLAYBOOK {
        "Give it by `-e name=value`, or define it as a variable.".to_owned()
    } else {
        "Pass it by `vars` of the import, or define it where the import is.".to_owned()
    })
}
