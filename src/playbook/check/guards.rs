//! What conditions ask about before something is evaluated. There a value may be of another type than the one that is
//! written, and what is written may never be evaluated.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use crate::name::EntryId;
use crate::playbook::check::constant::{LATER, Probed};
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::check::typing::Asked;
use crate::playbook::model::{Action, Entry};
use crate::template::{Act, Expression, Form, Reads, Scope, Sketch};

/// How many results are followed to the conditions of the calls that they are of.
const DEPTH: u32 = 4;

/// What the conditions around something ask about.
#[derive(Debug, Clone, Default)]
pub(super) struct Guards {
    paths: BTreeSet<Vec<String>>,
    /// Whether one of them depends on what variables hold: with the values as they are written what is guarded may never
    /// be evaluated, and with others it may be right.
    pub(super) by_variables: bool,
    /// Whether not every host for which it is checked may evaluate it.
    pub(super) of_some: bool,
    /// Whether nothing is asked: a condition that is written as a constant.
    is_constant: bool,
}

impl Guards {
    /// Whether they ask about a value, or about a part of it, or about what it is a part of.
    pub(super) fn cover(&self, path: &[String]) -> bool {
        let mut asked = self.paths.iter();
        self.is_constant || asked.any(|it| it.iter().zip(path).all(|(a, b)| a == b))
    }

    /// Whether they ask about anything of a name.
    pub(super) fn cover_name(&self, name: &str) -> bool {
        self.is_constant || self.paths.iter().any(|it| it[0] == name)
    }

    /// Whether they ask about what a value is a part of.
    pub(super) fn cover_whole_of(&self, path: &[String]) -> bool {
        let mut asked = self.paths.iter();
        self.is_constant || asked.any(|it| it.len() < path.len() && path.starts_with(it))
    }

    /// Whether there is a condition at all, so that not every host may come to what is guarded.
    pub(super) fn is_some(&self) -> bool {
        !self.paths.is_empty() || self.by_variables || self.of_some || self.is_constant
    }

    /// The same of what may never be done, whatever they ask.
    pub(super) fn apart(&self) -> Self {
        Self {
            by_variables: true,
            ..self.clone()
        }
    }

    /// What tells them from others.
    pub(super) fn key(&self) -> u64 {
        if !self.is_some() {
            return 0;
        }
        let mut hasher = DefaultHasher::new();
        self.paths.hash(&mut hasher);
        (self.by_variables, self.of_some, self.is_constant).hash(&mut hasher);
        hasher.finish()
    }
}

impl<'a> Checker<'a, '_> {
    /// The guards of a part of a text, with what a condition in it asks about.
    pub(super) fn guarded_by(&self, asked: Asked<'_, 'a>, test: &Sketch) -> Guards {
        let mut guards = asked.guards.clone();
        let mut is_constant = true;
        test.each(&mut |part| match &part.act {
            Act::Name(path) => {
                is_constant = false;
                if let Some(local) = asked.local(&path[0]) {
                    guards.paths.insert(path.clone());
                    guards.paths.extend(local.asks.iter().cloned());
                    guards.by_variables = true;
                } else {
                    self.add_guard(&mut guards, asked.place, path, 0);
                }
            }
            Act::Call(name, _) => {
                is_constant = false;
                guards.by_variables |= name != "range";
            }
            _ => {}
        });
        guards.is_constant |= is_constant;
        guards
    }

    /// Guards, with what the conditions of a text ask about, wherever in it they are.
    pub(super) fn guarded_in(&self, place: &Place<'a>, guards: &Guards, reads: &Reads) -> Guards {
        let mut guards = guards.clone();
        for access in reads.accesses.iter().filter(|it| it.decides) {
            self.add_guard(&mut guards, place, &access.path, 0);
        }
        guards.by_variables |= reads.decides_inside;
        guards
    }

    /// Takes note of conditions that hold for all that follows at a place.
    pub(super) fn guard(&self, place: &mut Place<'a>, conditions: &[Expression]) {
        place.guard(conditions);
        if conditions.is_empty() {
            return;
        }
        let mut guards = Guards::clone(&place.guards);
        for reads in conditions.iter().map(Expression::reads) {
            guards.by_variables |= reads.asks;
            for access in &reads.accesses {
                self.add_guard(&mut guards, place, &access.path, 0);
            }
        }
        place.guards = Rc::new(guards);
    }

    /// Takes note of what else decides whether a host comes to an entry: what it waits for, that one host does it for all,
    /// and what was made sure of before it.
    pub(super) fn guard_entry(&self, place: &mut Place<'a>, entry: &'a Entry) {
        let mut guards = Guards::clone(&place.guards);
        self.add_sources(&mut guards, place, entry);
        guards.of_some |= !self.made_sure.is_empty();
        guards.paths.extend(self.made_sure.iter().cloned());
        if guards.is_some() {
            place.guards = Rc::new(guards);
        }
    }

    /// Takes note of what an entry makes sure of for all that comes after it: a host of which it does not hold gets no
    /// further.
    pub(super) fn makes_sure(&mut self, place: &Place<'a>, entry: &'a Entry) {
        let mut guards = Guards::default();
        let reads = match &entry.action {
            Action::Fail(_) => Vec::new(),
            Action::Call(call) if call.tool.name == "assert.that" => asserted(&call.args.value),
            _ => return,
        };
        let of_entry = entry.when.iter().map(|it| it.reads().clone());
        for access in reads.into_iter().chain(of_entry).flat_map(|it| it.accesses) {
            self.add_guard(&mut guards, place, &access.path, 0);
        }
        self.made_sure.extend(guards.paths);
    }

    fn add_guard(&self, guards: &mut Guards, place: &Place<'a>, path: &[String], depth: u32) {
        let name = path[0].as_str();
        guards.paths.insert(path.to_vec());
        if place.bound.contains(&name) {
            guards.by_variables = true;
        } else if is_of_run(path) {
            if name == "results"
                && depth < DEPTH
                && let Some(target) = self.playbook.target(place.unit, &path[1..])
            {
                self.add_conditions(guards, place, target.entry, depth + 1);
            }
        } else {
            let asked = self.groups.asked(name);
            guards.paths.extend(asked.paths.iter().cloned());
            guards.by_variables |= asked.by_variables;
        }
    }

    /// Adds what an entry waits for, and that one host does it for all.
    fn add_sources(&self, guards: &mut Guards, place: &Place<'a>, entry: &Entry) {
        guards.of_some |= entry.run_once;
        for source in entry.on_change.iter().chain(&entry.on_failure) {
            guards.of_some = true;
            self.add_conditions(guards, place, *source, 0);
        }
    }

    /// Adds what decided whether a host came to another entry.
    fn add_conditions(&self, guards: &mut Guards, place: &Place<'a>, id: EntryId, depth: u32) {
        let chain = self.playbook.around(id);
        let conditions = chain.flat_map(|it| &self.playbook.entry(it).when);
        for reads in conditions.map(Expression::reads) {
            guards.by_variables |= reads.asks;
            for access in &reads.accesses {
                self.add_guard(guards, place, &access.path, depth);
            }
        }
    }

    /// All names that something reads, through whatever variables and results.
    pub(super) fn asked_names(&self, place: &Place<'a>, reads: &Reads) -> HashSet<String> {
        let mut guards = Guards::default();
        for access in &reads.accesses {
            self.add_guard(&mut guards, place, &access.path, 0);
        }
        guards
            .paths
            .into_iter()
            .filter_map(|it| it.into_iter().next())
            .collect()
    }

    /// What else decides whether a host comes to an entry than its conditions, by the names that it asks about.
    pub(super) fn decided_by_others(&self, place: &Place<'a>, id: EntryId) -> Vec<Rc<HashSet<String>>> {
        let entry = self.playbook.entry(id);
        let mut guards = Guards::default();
        self.add_sources(&mut guards, place, entry);
        if id == place.entry {
            guards.paths.extend(self.made_sure.iter().cloned());
        }
        if !guards.is_some() {
            return Vec::new();
        }
        let names = guards.paths.into_iter().filter_map(|it| it.into_iter().next());
        vec![Rc::new(names.collect())]
    }

    /// Checks conditions of which each is asked only where those before it hold.
    pub(super) fn conditions(&mut self, place: &Place<'a>, list: &[Expression]) {
        if list.is_empty() {
            return;
        }
        let mut place = place.clone();
        for (at, expression) in list.iter().enumerate() {
            let probe = |scope: &Arc<Scope>| Probed::of(&expression.evaluate(scope));
            self.reads_of(&place, expression.reads(), &probe);
            self.boolean(&place, expression);
            if at + 1 == list.len() {
                break;
            }
            self.guard(&mut place, std::slice::from_ref(expression));
            place.passed = place.passed.map(|it| it + 1);
        }
    }
}

/// What the expressions of an assertion read: each item is `{expression, value}`.
pub(super) fn asserted(args: &Form) -> Vec<Reads> {
    let Form::Map(args) = args else { return Vec::new() };
    args.values().map(|it| it.value.reads()).collect()
}

/// Whether only the run can tell what a path holds.
pub(super) fn is_of_run(path: &[String]) -> bool {
    match path[0].as_str() {
        "run" => path
            .get(1)
            .is_none_or(|it| !matches!(it.as_str(), "playbook_dir" | "version")),
        "hosts" => path.get(2).is_some_and(|it| it != "vars"),
        "hostvars" => false,
        name => LATER.contains(&name),
    }
}

/// What is asked about by whoever asks about a variable.
#[derive(Debug, Default)]
pub(super) struct AskedThrough {
    /// The paths that are read through it.
    pub(super) paths: HashSet<Vec<String>>,
    /// Whether that depends on a variable that has a plain value.
    pub(super) by_variables: bool,
}
