//! Whose results an entry reads: in its own keys, and through the lazy variables that they use.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::name::EntryId;
use crate::playbook::{Action, Entry, Playbook};
use crate::template::Variables;
use crate::template::{Access, Expression, Form, Reads};

/// What a form uses directly.
#[derive(Debug, Default, Clone)]
struct Uses {
    /// Variables, or what is bound.
    names: BTreeSet<String>,
    /// Variables of the inventory, read as such (`host.vars.x`).
    of_inventory: BTreeSet<String>,
    /// Results, and the words in which they were read.
    results: BTreeMap<String, String>,
    /// `results` as a whole.
    all_results: bool,
}

impl Uses {
    fn add(&mut self, reads: &Reads) {
        for access in &reads.accesses {
            self.access(access);
        }
    }

    fn access(&mut self, access: &Access) {
        let path: Vec<&str> = access.path.iter().map(String::as_str).collect();
        match path[..] {
            ["results", id, ..] => {
                let words = || format!("`{}`", access.path.join("."));
                self.results.entry(id.to_owned()).or_insert_with(words);
            }
            ["results"] => self.all_results = true,
            ["host", "vars", name, ..] | ["hosts", _, "vars", name, ..] => {
                self.of_inventory.insert(name.to_owned());
            }
            [name, ..] => {
                self.names.insert(name.to_owned());
            }
            [] => {}
        }
    }

    fn form(&mut self, form: &Form) {
        if form.literal().is_none() {
            self.add(&form.reads());
        }
    }

    fn merge(&mut self, other: &Self) {
        self.names.extend(other.names.iter().cloned());
        self.of_inventory.extend(other.of_inventory.iter().cloned());
        for (id, words) in &other.results {
            self.results.entry(id.clone()).or_insert_with(|| words.clone());
        }
        self.all_results |= other.all_results;
    }
}

/// What names mean at an entry, the innermost layer first.
enum Layer<'a> {
    Variables(&'a Variables),
    Bound(Vec<&'a str>),
}

/// Finds out whose results entries read.
pub(super) struct Readings<'a> {
    playbook: &'a Playbook,
    inventory: HashMap<&'a str, Uses>,
}

impl<'a> Readings<'a> {
    /// Looks once at every variable below those of rounds.
    pub(super) fn new(playbook: &'a Playbook) -> Self {
        let hosts = playbook.inventory.hosts.iter().map(|host| &host.vars);
        let groups = playbook.inventory.groups.iter().map(|group| &group.vars);
        let mut seen = HashSet::new();
        let mut inventory: HashMap<&str, Uses> = HashMap::new();
        for layer in playbook.vars.iter().chain(groups).chain(hosts) {
            if !seen.insert(Arc::as_ptr(layer)) {
                continue;
            }
            for (name, form) in layer.iter().filter(|(_, form)| form.value.literal().is_none()) {
                inventory.entry(name).or_default().form(&form.value);
            }
        }
        Self { playbook, inventory }
    }

    /// The entries whose results an entry's own keys read, with the words in which it does.
    pub(super) fn of(&self, id: EntryId) -> BTreeMap<EntryId, String> {
        let entry = self.playbook.entry(id);
        let mut found = BTreeMap::new();
        let mut layers = self.around(id);
        layers.insert(0, Layer::Variables(&entry.vars));
        if let Some(repeat) = &entry.repeat {
            let mut bound = Vec::new();
            for (name, over) in &repeat.over {
                let mut uses = Uses::default();
                uses.form(&over.value);
                layers.insert(0, Layer::Bound(bound.clone()));
                self.follow(id, uses, &layers, &mut found);
                layers.remove(0);
                bound.push(name.value.as_str());
            }
            layers.insert(0, Layer::Bound(bound));
        }
        self.follow(id, own_uses(entry), &layers, &mut found);
        found
    }

    fn around(&self, id: EntryId) -> Vec<Layer<'a>> {
        let entry = self.playbook.entry(id);
        let mut layers = Vec::new();
        let mut at = entry.parent;
        while let Some(parent) = at {
            let group = self.playbook.entry(parent);
            if let Some(repeat) = &group.repeat {
                let names = repeat.over.iter().map(|(name, _)| name.value.as_str());
                layers.push(Layer::Bound(names.collect()));
            }
            layers.push(Layer::Variables(&group.vars));
            at = group.parent;
        }
        layers.push(Layer::Variables(&self.playbook.round(entry.round).vars));
        layers
    }

    /// Goes from the names that are used to the results that are read in the end. Variables are evaluated where they are
    /// used, so all of them see the same layers.
    fn follow(
        &self,
        id: EntryId,
        mut uses: Uses,
        layers: &[Layer<'_>],
        found: &mut BTreeMap<EntryId, String>,
    ) {
        let mut followed = HashSet::new();
        let mut through: Option<String> = None;
        let mut open: Vec<(bool, String)> = Vec::new();
        loop {
            self.keep(id, &uses, through.as_deref(), found);
            open.extend(
                std::mem::take(&mut uses.names)
                    .into_iter()
                    .map(|name| (false, name)),
            );
            open.extend(
                std::mem::take(&mut uses.of_inventory)
                    .into_iter()
                    .map(|name| (true, name)),
            );
            let Some((from_inventory, name)) = open.pop() else {
                return;
            };
            uses = Uses::default();
            if followed.insert((from_inventory, name.clone())) {
                let layers = if from_inventory { &[] } else { layers };
                self.variable(&name, layers, &mut uses);
                through = Some(name);
            }
        }
    }

    fn variable(&self, name: &str, layers: &[Layer<'_>], uses: &mut Uses) {
        for layer in layers {
            match layer {
                Layer::Bound(names) if names.contains(&name) => return,
                Layer::Variables(vars) => {
                    if let Some(form) = vars.get(name) {
                        uses.form(&form.value);
                        return;
                    }
                }
                Layer::Bound(_) => {}
            }
        }
        if let Some(more) = self.inventory.get(name) {
            uses.merge(more);
        }
    }

    fn keep(&self, id: EntryId, uses: &Uses, through: Option<&str>, found: &mut BTreeMap<EntryId, String>) {
        let words = |read: &str| match through {
            Some(variable) => format!("{read} through `{variable}`"),
            None => read.to_owned(),
        };
        for (name, read) in &uses.results {
            if let Some(&source) = self.playbook.ids.get(name) {
                found.entry(source).or_insert_with(|| words(read));
            }
        }
        if uses.all_results {
            for &source in self.playbook.ids.values().filter(|it| self.is_past(**it, id)) {
                found.entry(source).or_insert_with(|| words("all `results`"));
            }
        }
    }

    /// Whether an entry is written before another one and does not hold it.
    fn is_past(&self, source: EntryId, id: EntryId) -> bool {
        source < id && !holds(self.playbook, source, id)
    }
}

/// Whether an entry is in a group, at whatever depth.
pub(super) fn holds(playbook: &Playbook, group: EntryId, entry: EntryId) -> bool {
    std::iter::successors(playbook.entry(entry).parent, |it| playbook.entry(*it).parent).any(|it| it == group)
}

fn own_uses(entry: &Entry) -> Uses {
    let mut uses = Uses::default();
    let mut conditions: Vec<&Expression> = entry.when.iter().collect();
    let mut forms: Vec<&Form> = entry.name.iter().collect();
    match &entry.action {
        Action::Call(call) => {
            conditions.extend(
                call.until
                    .iter()
                    .chain(&call.changed_when)
                    .chain(&call.failed_when),
            );
            forms.push(&call.args.value);
            let others = [&call.env, &call.reads, &call.writes];
            forms.extend(others.into_iter().flatten().map(|form| &form.value));
        }
        Action::Fail(message) => forms.push(message),
        Action::Group(_) => {}
    }
    for condition in conditions {
        uses.add(condition.reads());
    }
    for form in forms {
        uses.form(form);
    }
    uses
}
