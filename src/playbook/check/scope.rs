//! Which hosts see which variables: hosts that see the same ones are looked at once, as a class.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::inventory::{Answer, Inventory};
use crate::name::HostId;
use crate::playbook::model::{Action, Playbook};
use crate::source::Spanned;
use crate::template::Variables;
use crate::template::{Expression, Form};
use crate::value::Value;

/// Hosts of a round for which every name that is used anywhere means the same.
#[derive(Debug)]
pub(super) struct Class {
    /// They, in the inventory's order; never empty.
    pub(super) hosts: Vec<HostId>,
}

/// What makes a class: groups that define used names, and own used names with the shapes of their values.
type Key<'a> = (Vec<usize>, Vec<(&'a str, usize)>);

/// Numbers of what values are alike in: literals in their type, others in all that they read.
type Shapes = HashMap<Shape, usize>;

#[derive(Debug, PartialEq, Eq, Hash)]
enum Shape {
    /// The types of all parts.
    Literal(String),
    /// Paths, and whether a gap is accepted.
    Reads(Vec<(Vec<String>, bool)>),
}

/// The names that the playbook uses, and which of them depend on the host.
#[derive(Debug)]
pub(super) struct Names<'a> {
    pub(super) used: HashSet<String>,
    by_host: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    /// Collects them.
    pub(super) fn of(playbook: &'a Playbook) -> Self {
        let mut used = HashSet::new();
        each_form(playbook, &mut |form| match form {
            Form::Literal(_) => {}
            form => used.extend(
                form.reads()
                    .accesses
                    .into_iter()
                    .filter_map(|it| it.path.into_iter().next()),
            ),
        });
        each_condition(playbook, &mut |expression| {
            used.extend(
                expression
                    .reads()
                    .accesses
                    .iter()
                    .filter_map(|it| it.path.first().cloned()),
            );
        });
        used.extend(playbook.units.iter().flat_map(|unit| unit.inputs.keys().cloned()));
        let inventory = &playbook.inventory;
        let mut seen = HashSet::new();
        let by_host = (inventory.group_layers().chain(inventory.host_layers()))
            .filter(|layer| seen.insert(Arc::as_ptr(layer)))
            .flat_map(|layer| layer.keys())
            .map(String::as_str)
            .collect();
        Self { used, by_host }
    }

    /// Whether a name may mean something else for each host.
    pub(super) fn depends_on_host(&self, name: &str) -> bool {
        self.by_host.contains(name)
    }

    /// All names that hosts and groups define.
    pub(super) fn of_hosts(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.by_host.iter().copied()
    }

    /// Sorts the hosts that are meant into classes.
    pub(super) fn classes(&self, inventory: &Inventory, hosts: &[HostId]) -> Vec<Class> {
        let matters = |vars: &Variables| vars.keys().any(|name| self.used.contains(name));
        let groups_that_matter: Vec<bool> = (inventory.groups.iter().enumerate())
            .map(|(at, group)| {
                let mut files = inventory.beside.iter().filter_map(|it| it.groups.get(&at));
                matters(&group.vars) || files.any(|vars| matters(vars))
            })
            .collect();
        let ungrouped =
            matters(&inventory.ungrouped_vars) || inventory.beside.iter().any(|it| matters(&it.ungrouped));
        let mut found: HashMap<Key<'_>, usize> = HashMap::new();
        let mut shapes = Shapes::new();
        let mut classes: Vec<Class> = Vec::new();
        for &id in hosts.iter().filter(|id| inventory.is_meant(**id)) {
            let host = inventory.host(id);
            let mut groups: Vec<usize> = (host.groups.iter().copied())
                .filter(|it| groups_that_matter[*it])
                .collect();
            if ungrouped && inventory.is_ungrouped(id) {
                groups.push(usize::MAX);
            }
            let files = inventory.beside.iter().filter_map(|it| it.hosts.get(&id));
            let own: IndexMap<&String, &Spanned<Form>> = std::iter::once(&host.vars)
                .chain(files)
                .flat_map(|layer| layer.iter())
                .collect();
            let mut own: Vec<_> = own
                .into_iter()
                .filter(|(name, _)| self.used.contains(*name))
                .map(|(name, form)| (name.as_str(), shape(&mut shapes, &form.value)))
                .collect();
            own.sort_unstable();
            let class = *found.entry((groups, own)).or_insert_with(|| {
                classes.push(Class { hosts: Vec::new() });
                classes.len() - 1
            });
            classes[class].hosts.push(id);
        }
        classes
    }
}

/// What a name means to a host, below the variables of rounds and entries.
pub(super) fn definition<'a>(
    playbook: &'a Playbook,
    host: Option<HostId>,
    name: &str,
) -> Option<&'a Spanned<Form>> {
    let inventory = &playbook.inventory;
    let of_host = host.and_then(|id| {
        let layers = inventory.layers(id);
        layers.into_iter().rev().find_map(|(_, layer)| layer.get(name))
    });
    of_host.or_else(|| playbook.vars.iter().rev().find_map(|layer| layer.get(name)))
}

/// The number of a value's shape: values of one shape are there for the same hosts, and of the same type.
fn shape(shapes: &mut Shapes, form: &Form) -> usize {
    if form.refusal().is_some() {
        return usize::MAX;
    }
    let next = shapes.len();
    let shape = match form.literal() {
        Some(value) => {
            let mut types = String::new();
            write_types(value, &mut types);
            Shape::Literal(types)
        }
        None => Shape::Reads(
            (form.reads().accesses.into_iter())
                .map(|it| (it.path, it.guarded))
                .collect(),
        ),
    };
    *shapes.entry(shape).or_insert(next)
}

fn write_types(value: &Value, out: &mut String) {
    match value {
        Value::List(items) => {
            out.push('[');
            for item in items {
                write_types(item, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (name, value) in map {
                out.push_str(name);
                out.push(':');
                write_types(value, out);
            }
            out.push('}');
        }
        scalar => {
            out.push_str(scalar.type_name());
            out.push(' ');
        }
    }
}

/// Every value as written.
pub(super) fn each_form(playbook: &Playbook, see: &mut impl FnMut(&Form)) {
    playbook.settled.iter().for_each(&mut *see);
    let inventory = &playbook.inventory;
    let layers = (playbook.vars.iter())
        .chain(inventory.group_layers())
        .chain(inventory.host_layers())
        .chain(playbook.rounds.iter().map(|it| &it.vars))
        .chain(playbook.entries.iter().map(|it| &it.vars));
    let units = playbook.units.iter();
    let layers = layers.chain(units.flat_map(|unit| unit.vars.iter().chain([&unit.given])));
    for form in layers.flat_map(|layer| layer.values()) {
        see(&form.value);
    }
    for input in playbook.units.iter().flat_map(|unit| unit.inputs.values()) {
        if let Some(default) = &input.default {
            see(&default.value);
        }
    }
    let of_hosts = inventory.hosts.iter().map(|it| &it.connection.privilege);
    let of_rounds = playbook.rounds.iter().map(|it| &it.privilege);
    let of_entries = playbook.entries.iter().map(|it| &it.privilege);
    let privileges = of_hosts.chain(of_rounds).chain(of_entries);
    for privilege in privileges.chain([&playbook.privilege]) {
        if let Some(user) = &privilege.user {
            see(&user.value);
        }
        if let Some(Answer::Value(form)) = privilege.password.as_ref().map(|it| &it.value) {
            see(form);
        }
    }
    for answer in inventory.hosts.iter().flat_map(|it| it.connection.answers.all()) {
        if let Answer::Value(form) = &answer.value {
            see(form);
        }
    }
    for entry in &playbook.entries {
        if let Some(name) = &entry.name {
            see(name);
        }
        let loops = entry.repeat.iter().flat_map(|it| &it.over);
        let asked = entry.asked().map(|(_, form)| form);
        for form in loops.map(|(_, form)| form).chain(&entry.delegate_to).chain(asked) {
            see(&form.value);
        }
        match &entry.action {
            Action::Call(call) => {
                call.template_forms().for_each(|form| see(&form));
                let more = [&call.env, &call.reads, &call.writes];
                for form in more.into_iter().flatten().chain([&call.args]) {
                    see(&form.value);
                }
            }
            Action::Fail(message) => see(message),
            Action::Group(_) => {}
        }
    }
}

/// Every condition.
pub(super) fn each_condition(playbook: &Playbook, see: &mut impl FnMut(&Expression)) {
    for round in &playbook.rounds {
        round.when.iter().for_each(&mut *see);
    }
    for entry in &playbook.entries {
        entry.when.iter().for_each(&mut *see);
        if let Action::Call(call) = &entry.action {
            for list in [&call.until, &call.changed_when, &call.failed_when] {
                list.iter().for_each(&mut *see);
            }
        }
    }
}
