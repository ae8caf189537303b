//! Whose results, and which secrets, an entry reads: in its own keys, and through the lazy variables that they use.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::name::{EntryId, RoundId, UnitId};
use crate::plan::uses::{Taken, Uses, own_uses};
use crate::playbook::Playbook;
use crate::source::Span;
use crate::template::Variables;

/// What an entry's own keys read.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The entries whose results they read, with the words in which they do.
    pub(super) results: BTreeMap<EntryId, String>,
    /// Those whose results on other hosts they read.
    pub(super) elsewhere: BTreeSet<EntryId>,
    /// Each way in which they read a result that is named.
    pub(super) readings: Vec<Reading>,
    /// Secrets by name.
    pub(super) secrets: BTreeSet<String>,
}

/// A result that is read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) source: EntryId,
    /// What is taken of it; empty: the result as a whole.
    pub(super) field: Vec<String>,
    /// Whether a gap is accepted there.
    pub(super) guarded: bool,
    /// The result as it is named.
    pub(super) result: String,
    pub(super) span: Span,
    /// The variable through which it is read, and where that is used.
    pub(super) through: Option<Rc<Step>>,
}

/// The first variable on the way to a result.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) span: Span,
}

/// A variable that is still to be followed.
struct Next {
    level: Level,
    name: String,
    first: Rc<Step>,
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
        let mut search = self.search(id);
        if let Some(repeat) = &entry.repeat {
            let mut bound = Vec::new();
            for (name, over) in &repeat.over {
                search.bind(bound.clone());
                search.follow(Uses::of_form(&over.value));
                search.layers.remove(0);
                bound.push(name.value.as_str());
            }
            search.bind(bound);
        }
        search.follow(own_uses(self.playbook, entry));
        search.found
    }

    /// The search for what an entry reads; what its loop binds is not bound yet.
    pub(super) fn search(&self, id: EntryId) -> Search<'a, '_> {
        let entry = self.playbook.entry(id);
        let mut layers = vec![Layer::Variables(&entry.vars)];
        layers.extend(self.around(id));
        Search {
            readings: self,
            before: id,
            unit: entry.unit,
            layers,
            found: Found::default(),
        }
    }

    /// The search for what the keys of a round read.
    pub(super) fn search_round(&self, id: RoundId) -> Search<'a, '_> {
        let first = self.playbook.entries.partition_point(|it| it.round < id);
        Search {
            readings: self,
            before: EntryId::at(first),
            unit: self.playbook.round(id).unit,
            layers: self.of_round(id),
            found: Found::default(),
        }
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
        layers.extend(self.of_round(entry.round));
        layers
    }

    fn of_round(&self, id: RoundId) -> Vec<Layer<'a>> {
        let round = self.playbook.round(id);
        let mut layers = vec![Layer::Variables(&round.vars)];
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
pub(super) struct Search<'a, 'r> {
    readings: &'r Readings<'a>,
    /// Entries from this one on have not run.
    before: EntryId,
    unit: UnitId,
    layers: Vec<Layer<'a>>,
    pub(super) found: Found,
}

impl<'a> Search<'a, '_> {
    /// From now on these names are those of a loop.
    pub(super) fn bind(&mut self, names: Vec<&'a str>) {
        self.layers.insert(0, Layer::Bound(names));
    }

    /// Goes from the names that are used to the results that are read in the end. Variables are evaluated where they are
    /// used, but for what a unit is given: that belongs to its caller.
    pub(super) fn follow(&mut self, uses: Uses) {
        let here = Level {
            from: 0,
            unit: self.unit,
        };
        let inventory = Level {
            from: self.layers.len(),
            unit: UnitId::PLAYBOOK,
        };
        let mut followed = HashSet::new();
        let mut open: Vec<Next> = Vec::new();
        let mut next = vec![(here, uses)];
        let mut at: Option<Next> = None;
        loop {
            for (level, uses) in next {
                self.keep(level.unit, &uses, at.as_ref());
                let here = uses.names.into_iter().map(|it| (level, it));
                let outside = uses.of_inventory.into_iter().map(|it| (inventory, it));
                for (level, (name, span)) in here.chain(outside) {
                    let first = match &at {
                        Some(on_the_way) => Rc::clone(&on_the_way.first),
                        None => Rc::new(Step {
                            name: name.clone(),
                            span,
                        }),
                    };
                    open.push(Next { level, name, first });
                }
            }
            let Some(found) = open.pop() else { return };
            next = Vec::new();
            if followed.insert((found.level, found.name.clone())) {
                next = self.variable(&found.name, found.level);
                at = Some(found);
            }
        }
    }

    /// What a variable may come to, and where that is evaluated: of an input more than one thing, depending on the host.
    fn variable(&self, name: &str, mut level: Level) -> Vec<(Level, Uses)> {
        let playbook = self.readings.playbook;
        let mut found = Vec::new();
        let mut is_outside = false;
        for (at, layer) in self.layers.iter().enumerate().skip(level.from) {
            match layer {
                Layer::Bound(names) if names.contains(&name) => return found,
                Layer::Bound(_) => {}
                Layer::Variables(vars) => {
                    if let Some(form) = vars.get(name) {
                        found.push((level, Uses::of_form(&form.value)));
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
                        found.push((outside, Uses::of_form(&form.value)));
                        return found;
                    }
                    if let Some(default) = unit.inputs.get(name).and_then(|it| it.default.as_ref()) {
                        found.push((level, Uses::of_form(&default.value)));
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

    fn keep(&mut self, unit: UnitId, uses: &Uses, at: Option<&Next>) {
        let playbook = self.readings.playbook;
        let words = |read: &str| match at {
            Some(variable) => format!("{read} through `{}`", variable.name),
            None => read.to_owned(),
        };
        for (taken, spot) in &uses.results {
            if let Some(target) = playbook.target(unit, &taken.path) {
                let field = taken.path[target.steps..].to_vec();
                let keys: usize = field.iter().map(|key| key.len() + 1).sum();
                let result = spot.words.get(..spot.words.len() - keys);
                self.found.readings.push(Reading {
                    source: target.entry,
                    field,
                    guarded: taken.guarded,
                    result: result.unwrap_or(&spot.words).to_owned(),
                    span: spot.span,
                    through: at.map(|it| Rc::clone(&it.first)),
                });
                if taken.is_elsewhere {
                    self.found.elsewhere.insert(target.entry);
                } else {
                    let words = || words(&format!("`{}`", spot.words));
                    self.found.results.entry(target.entry).or_insert_with(words);
                }
            } else if let Taken {
                path,
                is_elsewhere: false,
                ..
            } = taken
                && let [id] = path.as_slice()
                && let Some(inner) = playbook.unit(unit).imports.get(id)
            {
                self.all(*inner, &words(&format!("`{}`", spot.words)));
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
        for source in unit.ids.values().filter(|it| readings.is_past(**it, self.before)) {
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
