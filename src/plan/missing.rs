//! Results that are read although their entries are left out: where the reader is certain to fail, and where it is not.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::name::{EntryId, RoundId, UnitId};
use crate::plan::reads::{Readings, Search};
use crate::plan::skipped::{is_always_there, results};
use crate::plan::uses::{Uses, when_begun};
use crate::playbook::{Action, Playbook};
use crate::source::Span;
use crate::template::{Expression, Form, Root, Scope, Truth};

/// A field that is read of the result of an entry that is left out.
#[derive(Debug, Clone)]
pub struct Missing {
    /// Who reads it.
    pub reader: Reader,
    /// The entry that is left out.
    pub source: EntryId,
    /// The result, as the reader names it.
    pub result: String,
    /// What is read of it.
    pub field: String,
    /// Where.
    pub span: Span,
    /// The variable through which it is read, and where the reader uses that.
    pub through: Option<(String, Span)>,
}

/// Who reads a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// An entry.
    Entry(EntryId),
    /// The `when` of a round.
    Round(RoundId),
}

/// What is read of one of `sources` without a guard, where all of `left_out` is not run: once for each reader and source.
///
/// A guard is `default` or `is defined`; a condition that asks about the source, as `not results.x.skipped` does, unless
/// it is true of an entry that was skipped; and whatever keeps the reader from being run.
pub fn missing(
    playbook: &Playbook,
    left_out: &BTreeSet<EntryId>,
    sources: &BTreeSet<EntryId>,
) -> Vec<Missing> {
    let readings = Readings::new(playbook);
    let mut visit = Visit {
        playbook,
        readings: &readings,
        left_out,
        sources,
        results: HashMap::new(),
        found: BTreeMap::new(),
    };
    for (at, round) in playbook.rounds.iter().enumerate() {
        if round.entries.iter().all(|it| left_out.contains(it)) {
            continue;
        }
        let id = RoundId::at(at);
        let mut asked = BTreeSet::new();
        let search = || readings.search_round(id);
        if visit.conditions(Reader::Round(id), round.unit, &search, &round.when, &mut asked) {
            for entry in &round.entries {
                visit.entry(*entry, &asked);
            }
        }
    }
    visit.found.into_values().collect()
}

/// A walk over the entries that are run.
struct Visit<'a, 'r> {
    playbook: &'a Playbook,
    readings: &'r Readings<'a>,
    left_out: &'r BTreeSet<EntryId>,
    sources: &'r BTreeSet<EntryId>,
    results: HashMap<UnitId, Root>,
    found: BTreeMap<(Reader, EntryId), Missing>,
}

impl<'a, 'r> Visit<'a, 'r> {
    /// Looks at an entry and at what is in it. `asked`: the sources about which conditions around it ask.
    fn entry(&mut self, id: EntryId, asked: &BTreeSet<EntryId>) {
        let playbook = self.playbook;
        let entry = playbook.entry(id);
        let are_gone =
            |list: &[EntryId]| !list.is_empty() && list.iter().all(|it| self.left_out.contains(it));
        if self.left_out.contains(&id) || are_gone(&entry.on_change) || are_gone(&entry.on_failure) {
            return;
        }
        let reader = Reader::Entry(id);
        let mut asked = asked.clone();
        let mut bound: Vec<&'a str> = Vec::new();
        for (name, over) in entry.repeat.iter().flat_map(|it| &it.over) {
            let search = self.search(id, bound.clone());
            self.form(reader, &search, &over.value, &asked);
            bound.push(name.value.as_str());
        }
        let search = self.search(id, bound);
        if !self.conditions(reader, entry.unit, &search, &entry.when, &mut asked) {
            return;
        }
        let begun = when_begun(playbook, entry);
        for condition in begun.conditions {
            self.part(reader, search(), Uses::of_expression(condition), &asked);
        }
        for form in &begun.forms {
            self.form(reader, &search, form, &asked);
        }
        if let Action::Group(group) = &entry.action {
            for inner in &group.entries {
                self.entry(*inner, &asked);
            }
        }
    }

    /// Makes searches for what an entry reads, in which the names of its loop are bound.
    fn search(&self, id: EntryId, bound: Vec<&'a str>) -> impl Fn() -> Search<'a, 'r> + use<'a, 'r> {
        let readings = self.readings;
        move || {
            let mut search = readings.search(id);
            search.bind(bound.clone());
            search
        }
    }

    /// Looks at conditions, of which each is asked only if those before it are true. Gives whether all of them may be true.
    fn conditions(
        &mut self,
        reader: Reader,
        unit: UnitId,
        search: &impl Fn() -> Search<'a, 'r>,
        list: &[Expression],
        asked: &mut BTreeSet<EntryId>,
    ) -> bool {
        for condition in list {
            let about = self.part(reader, search(), Uses::of_expression(condition), asked);
            match self.truth(unit, condition) {
                Some(false) => return false,
                Some(true) => {}
                None => asked.extend(about),
            }
        }
        true
    }

    /// Whether a condition is true, where that follows from what is left out alone.
    fn truth(&mut self, unit: UnitId, condition: &Expression) -> Option<bool> {
        let mut scope = Scope::new(Arc::default());
        for name in condition.reads().accesses.iter().filter_map(|it| it.path.first()) {
            let root = match name.as_str() {
                "results" => self.results(unit),
                _ => Root::Unknown(String::new()),
            };
            scope = scope.bind(name, root);
        }
        match condition.holds(&scope) {
            Ok(Truth::True) => Some(true),
            Ok(Truth::False) => Some(false),
            Ok(Truth::Unknown { .. }) | Err(_) => None,
        }
    }

    fn results(&mut self, unit: UnitId) -> Root {
        let make = || results(self.playbook, self.left_out, unit);
        self.results.entry(unit).or_insert_with(make).clone()
    }

    /// Looks at each part of a form that is a template of its own.
    fn form(
        &mut self,
        reader: Reader,
        search: &impl Fn() -> Search<'a, 'r>,
        form: &Form,
        asked: &BTreeSet<EntryId>,
    ) {
        match form {
            Form::List(items) => {
                for item in items {
                    self.form(reader, search, &item.value, asked);
                }
            }
            Form::Map(entries) => {
                for entry in entries.values() {
                    self.form(reader, search, &entry.value, asked);
                }
            }
            Form::Secret(inner) => self.form(reader, search, inner, asked),
            Form::Template(_) | Form::Expression(_) | Form::Each(_) | Form::Chosen(_) => {
                self.part(reader, search(), Uses::of_form(form), asked);
            }
            Form::Literal(_) | Form::Refused(_) => {}
        }
    }

    /// Looks at what is evaluated as one. Gives the sources about which it asks, so that what else it reads of them is
    /// taken for guarded.
    fn part(
        &mut self,
        reader: Reader,
        mut search: Search<'a, 'r>,
        uses: Uses,
        asked: &BTreeSet<EntryId>,
    ) -> BTreeSet<EntryId> {
        search.follow(uses);
        let readings = &search.found.readings;
        let asks = readings
            .iter()
            .filter(|it| it.guarded || is_always_there(&it.field));
        let about: BTreeSet<EntryId> = asks.map(|it| it.source).collect();
        for reading in readings {
            let source = reading.source;
            if self.sources.contains(&source) && !about.contains(&source) && !asked.contains(&source) {
                self.found.entry((reader, source)).or_insert_with(|| Missing {
                    reader,
                    source,
                    result: reading.result.clone(),
                    field: reading.field.join("."),
                    span: reading.span,
                    through: (reading.through.as_ref()).map(|it| (it.name.clone(), it.span)),
                });
            }
        }
        about
    }
}
