//! Whose results, and which secrets, an entry reads: in its own keys, and through the lazy variables that they use.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::inventory::Privilege;
use crate::name::{EntryId, UnitId};
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
    /// Results by what follows `results`, and the words in which they were read.
    results: BTreeMap<Vec<String>, String>,
    /// `results` as a whole.
    all_results: bool,
    /// Secrets by name.
    secrets: BTreeSet<String>,
    /// `secrets` as a whole.
    all_secrets: bool,
}

/// What an entry's own keys read.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The entries whose results they read, with the words in which they do.
    pub(super) results: BTreeMap<EntryId, String>,
    /// Secrets by name.
    pub(super) secrets: BTreeSet<String>,
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
            ["results", _, ..] => {
                let words = || format!("`{}`", access.path.join("."));
                self.results
                    .entry(access.path[1..].to_vec())
                    .or_insert_with(words);
            }
            ["results"] => self.all_results = true,
            ["secrets", name, ..] => {
                self.secrets.insert(name.to_owned());
            }
            ["secrets"] => self.all_secrets = true,
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
}

/// What names mean at an entry, the innermost layer first.
enum Layer<'a> {
    Variables(&'a Variables),
    Bound(Vec<&'a str>),
    /// What is inside belongs to this unit, what is outside to its caller.
    Unit(UnitId),
}

/// Where a value is evaluated: the layers from one on, in a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Level {
    from: usize,
    unit: UnitId,
}

/// Finds out whose results entries read.
pub(super) struct Readings<'a> {
    playbook: &'a Playbook,
    inventory: HashMap<&'a str, Uses>,
}

impl<'a> Readings<'a> {
    /// Looks once at every variable below those of rounds.
    pub(super) fn new(playbook: &'a Playbook) -> Self {
        let inventory = &playbook.inventory;
        let mut seen = HashSet::new();
        let mut found: HashMap<&str, Uses> = HashMap::new();
        for layer in (playbook.vars.iter())
            .chain(inventory.group_layers())
            .chain(inventory.host_layers())
        {
            if !seen.insert(Arc::as_ptr(layer)) {
                continue;
            }
            for (name, form) in layer.iter().filter(|(_, form)| form.value.literal().is_none()) {
                found.entry(name).or_default().form(&form.value);
            }
        }
        Self {
            playbook,
            inventory: found,
        }
    }

    /// What an entry's own keys read.
    pub(super) fn of(&self, id: EntryId) -> Found {
        let entry = self.playbook.entry(id);
        let mut search = Search {
            readings: self,
            id,
            unit: entry.unit,
            layers: self.around(id),
            found: Found::default(),
        };
        search.layers.insert(0, Layer::Variables(&entry.vars));
        if let Some(repeat) = &entry.repeat {
            let mut bound = Vec::new();
            for (name, over) in &repeat.over {
                let mut uses = Uses::default();
                uses.form(&over.value);
                search.layers.insert(0, Layer::Bound(bound.clone()));
                search.follow(uses);
                search.layers.remove(0);
                bound.push(name.value.as_str());
            }
            search.layers.insert(0, Layer::Bound(bound));
        }
        search.follow(own_uses(self.playbook, entry));
        search.found
    }

    fn around(&self, id: EntryId) -> Vec<Layer<'a>> {
        let entry = self.playbook.entry(id);
        let mut layers = Vec::new();
        let mut at = entry.parent;
        while let Some(parent) = at {
            let group = self.playbook.entry(parent);
            if let Some(unit) = self.playbook.imported(parent) {
                self.enclose(unit, &mut layers);
            }
            if let Some(repeat) = &group.repeat {
                let names = repeat.over.iter().map(|(name, _)| name.value.as_str());
                layers.push(Layer::Bound(names.collect()));
            }
            layers.push(Layer::Variables(&group.vars));
            at = group.parent;
        }
        let round = self.playbook.round(entry.round);
        layers.push(Layer::Variables(&round.vars));
        let mut unit = Some(round.unit);
        while let Some(id) = unit {
            self.enclose(id, &mut layers);
            unit = self.playbook.unit(id).caller;
        }
        layers
    }

    /// Goes out of a unit: its own variables, and its edge.
    fn enclose(&self, id: UnitId, layers: &mut Vec<Layer<'a>>) {
        let vars = self.playbook.unit(id).vars.iter().rev();
        layers.extend(vars.map(|vars| Layer::Variables(vars)));
        layers.push(Layer::Unit(id));
    }

    /// Whether an entry is written before another one and does not hold it.
    fn is_past(&self, source: EntryId, id: EntryId) -> bool {
        source < id && !holds(self.playbook, source, id)
    }
}

/// The search for what one entry reads.
struct Search<'a, 'r> {
    readings: &'r Readings<'a>,
    id: EntryId,
    unit: UnitId,
    layers: Vec<Layer<'a>>,
    found: Found,
}

impl Search<'_, '_> {
    /// Goes from the names that are used to the results that are read in the end. Variables are evaluated where they are
    /// used, but for what a unit is given: that belongs to its caller.
    fn follow(&mut self, uses: Uses) {
        let here = Level {
            from: 0,
            unit: self.unit,
        };
        let inventory = Level {
            from: self.layers.len(),
            unit: UnitId::PLAYBOOK,
        };
        let mut followed = HashSet::new();
        let mut open: Vec<(Level, String)> = Vec::new();
        let mut next = vec![(here, uses)];
        let mut through: Option<String> = None;
        loop {
            for (level, uses) in next {
                self.keep(level.unit, &uses, through.as_deref());
                open.extend(uses.names.into_iter().map(|name| (level, name)));
                open.extend(uses.of_inventory.into_iter().map(|name| (inventory, name)));
            }
            let Some((level, name)) = open.pop() else { return };
            next = Vec::new();
            if followed.insert((level, name.clone())) {
                next = self.variable(&name, level);
                through = Some(name);
            }
        }
    }

    /// What a variable may come to, and where that is evaluated: of an input more than one thing, depending on the host.
    fn variable(&self, name: &str, mut level: Level) -> Vec<(Level, Uses)> {
        let playbook = self.readings.playbook;
        let mut found = Vec::new();
        let mut is_outside = false;
        let of_form = |form: &Form| {
            let mut uses = Uses::default();
            uses.form(form);
            uses
        };
        for (at, layer) in self.layers.iter().enumerate().skip(level.from) {
            match layer {
                Layer::Bound(names) if names.contains(&name) => return found,
                Layer::Bound(_) => {}
                Layer::Variables(vars) => {
                    if let Some(form) = vars.get(name) {
                        found.push((level, of_form(&form.value)));
                        return found;
                    }
                }
                Layer::Unit(id) => {
                    let unit = playbook.unit(*id);
                    if !is_outside && !unit.sees(name) {
                        return found;
                    }
                    let outside = Level {
                        from: at + 1,
                        unit: unit.caller.unwrap_or(UnitId::PLAYBOOK),
                    };
                    if let Some(form) = unit.given.get(name) {
                        found.push((outside, of_form(&form.value)));
                        return found;
                    }
                    if let Some(default) = unit.inputs.get(name).and_then(|it| it.default.as_ref()) {
                        found.push((level, of_form(&default.value)));
                    }
                    if !unit.is_open {
                        is_outside = true;
                        level = outside;
                    }
                }
            }
        }
        if let Some(uses) = self.readings.inventory.get(name) {
            found.push((level, uses.clone()));
        }
        found
    }

    fn keep(&mut self, unit: UnitId, uses: &Uses, through: Option<&str>) {
        let playbook = self.readings.playbook;
        let words = |read: &str| match through {
            Some(variable) => format!("{read} through `{variable}`"),
            None => read.to_owned(),
        };
        for (path, read) in &uses.results {
            if let Some(target) = playbook.target(unit, path) {
                self.found
                    .results
                    .entry(target.entry)
                    .or_insert_with(|| words(read));
            } else if let [id] = path.as_slice()
                && let Some(inner) = playbook.unit(unit).imports.get(id)
            {
                self.all(*inner, &words(read));
            }
        }
        self.found.secrets.extend(uses.secrets.iter().cloned());
        if uses.all_secrets {
            self.found.secrets.extend(playbook.secrets.keys().cloned());
        }
        if uses.all_results {
            self.all(unit, &words("all `results`"));
        }
    }

    /// Keeps everything of a unit that is there to be read.
    fn all(&mut self, unit: UnitId, words: &str) {
        let readings = self.readings;
        let unit = readings.playbook.unit(unit);
        for source in unit.ids.values().filter(|it| readings.is_past(**it, self.id)) {
            self.found
                .results
                .entry(*source)
                .or_insert_with(|| words.to_owned());
        }
        for inner in unit.imports.values() {
            self.all(*inner, words);
        }
    }
}

/// Whether an entry is in a group, at whatever depth.
pub(super) fn holds(playbook: &Playbook, group: EntryId, entry: EntryId) -> bool {
    std::iter::successors(playbook.entry(entry).parent, |it| playbook.entry(*it).parent).any(|it| it == group)
}

/// What is said of the user that a call acts as: by itself, the groups around it, its round.
fn around<'a>(playbook: &'a Playbook, entry: &'a Entry) -> impl Iterator<Item = &'a Privilege> {
    let groups = std::iter::successors(Some(entry), |entry| Some(playbook.entry(entry.parent?)));
    let round = &playbook.round(entry.round).privilege;
    groups.map(|it| &it.privilege).chain([round])
}

fn own_uses(playbook: &Playbook, entry: &Entry) -> Uses {
    let mut uses = Uses::default();
    let mut conditions: Vec<&Expression> = entry.when.iter().collect();
    let mut forms: Vec<&Form> = entry.name.iter().collect();
    forms.extend(entry.delegate_to.iter().map(|form| &form.value));
    match &entry.action {
        Action::Call(call) => {
            let named = around(playbook, entry).filter_map(|it| it.user.as_ref());
            forms.extend(named.map(|user| &user.value));
            conditions.extend(
                call.until
                    .iter()
                    .chain(&call.changed_when)
                    .chain(&call.failed_when),
            );
            forms.push(&call.args.value);
            call.template_forms().for_each(|form| uses.form(&form));
            let others = [&call.env, &call.reads, &call.writes];
            forms.extend(others.into_iter().flatten().map(|form| &form.value));
        }
        Action::Fail(message) => forms.push(message),
        Action::Group(group) => {
            // What a unit is given is evaluated when it is used; it must be there when the unit is entered.
            let given = group.unit.map(|unit| playbook.unit(unit).given.values());
            forms.extend(given.into_iter().flatten().map(|form| &form.value));
        }
    }
    for condition in conditions {
        uses.add(condition.reads());
    }
    for form in forms {
        uses.form(form);
    }
    uses
}
