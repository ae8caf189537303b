//! Variables and ids that nothing reads.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::{EntryId, UnitId};
use crate::playbook::check::scope::{each_condition, each_form};
use crate::playbook::model::Playbook;
use crate::template::{Access, Form, Variables};

/// What is read, as far as it can be told.
#[derive(Debug, Default)]
struct Read {
    names: HashSet<String>,
    ids: HashSet<String>,
    /// Some host's variables are read under names that are not known before the run.
    any_name: bool,
    /// Likewise of results.
    any_id: bool,
}

impl Read {
    fn of(playbook: &Playbook) -> Self {
        let mut read = Self::default();
        each_form(playbook, &mut |form| {
            if !matches!(form, Form::Literal(_)) {
                form.reads().accesses.iter().for_each(|it| read.access(it));
            }
        });
        each_condition(playbook, &mut |expression| {
            expression.reads().accesses.iter().for_each(|it| read.access(it));
        });
        read
    }

    fn access(&mut self, access: &Access) {
        let path: Vec<&str> = access.path.iter().map(String::as_str).collect();
        match path[..] {
            ["host" | "hostvars"] | ["host", "vars"] | ["hosts", _, "vars"] | ["hostvars", _] => {
                self.any_name = true;
            }
            ["hosts"] | ["hosts", _] => {
                self.any_name = true;
                self.any_id = true;
            }
            ["results" | "failed"] | ["hosts", _, "results"] | ["failed", "id"] => self.any_id = true,
            // Ids of what a unit holds follow the id of its import.
            ["results", ref ids @ ..] | ["hosts", _, "results", ref ids @ ..] => {
                self.ids.extend(ids.iter().map(|id| (*id).to_owned()));
            }
            ["host", "vars", name, ..]
            | ["hosts", _, "vars", name, ..]
            | ["hostvars", _, name, ..]
            | [name, ..] => {
                self.names.insert(name.to_owned());
            }
            [] => {}
        }
    }
}

/// The names of variables that something reads or declares; with them those of `asked` of which that cannot be told.
pub(in crate::playbook) fn names_read(playbook: &Playbook, asked: &[String]) -> Vec<String> {
    let mut read = Read::of(playbook);
    let inputs = playbook.units.iter().flat_map(|unit| unit.inputs.keys());
    read.names.extend(inputs.cloned());
    let is_open = |name: &&String| read.any_name || name.starts_with("ansible_") || name.starts_with('_');
    let open: Vec<String> = asked.iter().filter(is_open).cloned().collect();
    read.names.into_iter().chain(open).collect()
}

/// Tells whether something reads a variable, or may do so under a name that is not known before the run.
pub(super) fn readers(playbook: &Playbook) -> impl Fn(&str) -> bool {
    let read = Read::of(playbook);
    move |name| read.any_name || read.names.contains(name)
}

/// Warns of variables and ids that nothing reads. Not of names that begin with `_`, and not of variables that several
/// playbooks may share: those of files next to the playbook.
pub(in crate::playbook) fn unused(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    let read = Read::of(playbook);
    if !read.any_name {
        variables(playbook, &read, diagnostics);
        inputs(playbook, &read, diagnostics);
    }
    if !read.any_id {
        ids(playbook, &read, diagnostics);
    }
}

fn variables(playbook: &Playbook, read: &Read, diagnostics: &mut Diagnostics) {
    let inventory = &playbook.inventory;
    let Some(main) = playbook.rounds.first().map(|round| round.name.span.source) else {
        return;
    };
    let layers = (playbook.vars.iter())
        .chain(inventory.groups.iter().map(|it| &it.vars))
        .chain(inventory.hosts.iter().map(|it| &it.vars))
        .chain(playbook.rounds.iter().map(|it| &it.vars))
        .chain(playbook.entries.iter().map(|it| &it.vars));
    let mut seen: HashSet<*const Variables> = HashSet::new();
    for layer in layers.filter(|layer| seen.insert(std::sync::Arc::as_ptr(layer))) {
        for (name, form) in layer.iter() {
            let is_setting = name.starts_with("ansible_");
            let is_input = playbook.units.iter().any(|unit| unit.inputs.contains_key(name));
            let is_read = is_setting || is_input || read.names.contains(name);
            if is_read || name.starts_with('_') || form.span.source != main {
                continue;
            }
            diagnostics.push(
                Diagnostic::warning(
                    Code::UnusedVariable,
                    format!("nothing reads the variable `{name}`"),
                )
                .at(form.span)
                .help(format!("Remove it, or call it `_{name}` if it is meant to stay.")),
            );
        }
    }
}

/// Inputs that the file itself does not read.
fn inputs(playbook: &Playbook, read: &Read, diagnostics: &mut Diagnostics) {
    for (name, input) in playbook.units.iter().flat_map(|unit| unit.inputs.iter()) {
        if !name.starts_with('_') && !read.names.contains(name) {
            diagnostics.push(
                Diagnostic::warning(Code::UnusedVariable, format!("nothing reads the input `{name}`"))
                    .at(input.span)
                    .help(format!("Remove it, or call it `_{name}` if it is meant to stay.")),
            );
        }
    }
}

fn ids(playbook: &Playbook, read: &Read, diagnostics: &mut Diagnostics) {
    let mut linked = HashSet::new();
    for entry in &playbook.entries {
        linked.extend(entry.on_change.iter().chain(&entry.on_failure).copied());
    }
    for (index, entry) in playbook.entries.iter().enumerate() {
        // What an imported file names is for those who import it.
        if entry.unit != UnitId::PLAYBOOK {
            continue;
        }
        // Without a name, it is what people know the entry by.
        let (Some(id), Some(_)) = (&entry.id, &entry.name) else {
            continue;
        };
        let is_read = read.ids.contains(&id.value) || linked.contains(&EntryId::at(index));
        if !is_read && !id.value.starts_with('_') {
            diagnostics.push(
                Diagnostic::warning(Code::UnusedId, format!("nothing refers to the id `{}`", id.value))
                    .at(id.span)
                    .help("Remove it: the entry has a name for people."),
            );
        }
    }
}
