//! What values as written use directly, and which of them an entry's own keys are.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::Privilege;
use crate::playbook::{Action, Entry, Playbook};
use crate::source::Span;
use crate::template::{Access, Expression, Form, Reads};

/// A result that is used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Taken {
    /// What follows `results`.
    pub(super) path: Vec<String>,
    /// Whether it is that of another host (`hosts.web1.results`).
    pub(super) is_elsewhere: bool,
    /// Whether a gap in it is accepted.
    pub(super) guarded: bool,
}

/// Where something is used first.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// Its names and keys, joined by dots.
    pub(super) words: String,
    pub(super) span: Span,
}

/// What a form uses directly.
#[derive(Debug, Default, Clone)]
pub(super) struct Uses {
    /// Variables, or what is bound, and where they are used first.
    pub(super) names: BTreeMap<String, Span>,
    /// Variables of the inventory, read as such (`host.vars.x`).
    pub(super) of_inventory: BTreeMap<String, Span>,
    /// Results.
    pub(super) results: BTreeMap<Taken, Spot>,
    /// `results` as a whole.
    pub(super) all_results: bool,
    /// Secrets by name.
    pub(super) secrets: BTreeSet<String>,
    /// `secrets` as a whole.
    pub(super) all_secrets: bool,
}

impl Uses {
    /// Those of a form.
    pub(super) fn of_form(form: &Form) -> Self {
        let mut uses = Self::default();
        uses.form(form);
        uses
    }

    /// Those of an expression.
    pub(super) fn of_expression(expression: &Expression) -> Self {
        let mut uses = Self::default();
        uses.add(expression.reads());
        uses
    }

    pub(super) fn add(&mut self, reads: &Reads) {
        for access in &reads.accesses {
            self.access(access);
        }
    }

    fn access(&mut self, access: &Access) {
        let path: Vec<&str> = access.path.iter().map(String::as_str).collect();
        match path[..] {
            ["results", _, ..] => self.result(access, 1),
            ["hosts", _, "results", _, ..] => self.result(access, 3),
            ["results"] => self.all_results = true,
            ["secrets", name, ..] => {
                self.secrets.insert(name.to_owned());
            }
            ["secrets"] => self.all_secrets = true,
            ["host", "vars", name, ..] | ["hosts", _, "vars", name, ..] => {
                self.of_inventory.entry(name.to_owned()).or_insert(access.span);
            }
            [name, ..] => {
                self.names.entry(name.to_owned()).or_insert(access.span);
            }
            [] => {}
        }
    }

    /// Keeps a result whose ids begin at this step.
    fn result(&mut self, access: &Access, at: usize) {
        let taken = Taken {
            path: access.path[at..].to_vec(),
            is_elsewhere: at > 1,
            guarded: access.guarded,
        };
        self.results.entry(taken).or_insert_with(|| Spot {
            words: access.path.join("."),
            span: access.span,
        });
    }

    pub(super) fn form(&mut self, form: &Form) {
        if form.literal().is_none() {
            self.add(&form.reads());
        }
    }
}

/// What is said of the user that a call acts as: by itself, the groups around it, its round.
fn around<'a>(playbook: &'a Playbook, entry: &'a Entry) -> impl Iterator<Item = &'a Privilege> {
    let groups = std::iter::successors(Some(entry), |entry| Some(playbook.entry(entry.parent?)));
    let round = &playbook.round(entry.round).privilege;
    groups.map(|it| &it.privilege).chain([round])
}

/// Values and conditions as written.
#[derive(Debug, Default)]
pub(super) struct Written<'a> {
    pub(super) conditions: Vec<&'a Expression>,
    pub(super) forms: Vec<Cow<'a, Form>>,
}

/// What is evaluated of an entry when it is begun, after its gates.
pub(super) fn when_begun<'a>(playbook: &'a Playbook, entry: &'a Entry) -> Written<'a> {
    let mut written = Written::default();
    let mut forms: Vec<&Form> = entry.delegate_to.iter().map(|form| &form.value).collect();
    forms.extend(entry.asked().map(|(_, form)| &form.value));
    match &entry.action {
        Action::Call(call) => {
            let named = around(playbook, entry).filter_map(|it| it.user.as_ref());
            forms.extend(named.map(|user| &user.value));
            for list in [&call.until, &call.changed_when, &call.failed_when] {
                written.conditions.extend(list);
            }
            forms.push(&call.args.value);
            written.forms.extend(call.template_forms().map(Cow::Owned));
            let others = [&call.env, &call.reads, &call.writes];
            forms.extend(others.into_iter().flatten().map(|form| &form.value));
        }
        Action::Fail(message) => forms.push(message),
        Action::Group(_) => {}
    }
    written.forms.extend(forms.into_iter().map(Cow::Borrowed));
    written
}

/// What the keys of an entry use, but for its loop and its variables.
pub(super) fn own_uses(playbook: &Playbook, entry: &Entry) -> Uses {
    let mut uses = Uses::default();
    let begun = when_begun(playbook, entry);
    for condition in entry.when.iter().chain(begun.conditions) {
        uses.add(condition.reads());
    }
    for form in &begun.forms {
        uses.form(form);
    }
    if let Some(name) = &entry.name {
        uses.form(name);
    }
    if let Action::Group(group) = &entry.action {
        // What a unit is given is evaluated when it is used; it must be there when the unit is entered.
        let given = group.unit.map(|unit| playbook.unit(unit).given.values());
        given
            .into_iter()
            .flatten()
            .for_each(|form| uses.form(&form.value));
    }
    uses
}
