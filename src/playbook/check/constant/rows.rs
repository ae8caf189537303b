//! The scopes in which an entry is done on a host: one for each item of the loops around it that is not left out.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::name::{EntryId, HostId};
use crate::playbook::check::constant::scope::{place_in_loop, unknown};
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::model::Loop;
use crate::template::{Expression, Form, Rendering, Root, Scope, Secrecy, Truth};
use crate::value::{Map, Value};

/// So many items of a loop, and of loops in each other, are looked at.
const ITEMS: usize = 128;
/// So many rows are looked at in a whole playbook: beyond that, it would take too long.
pub(in crate::playbook::check) const ROWS: usize = 20_000;
/// So many of each entry at least, unless there are none left.
const LEAST: usize = 512;

/// The parts of conditions that must all hold.
pub(in crate::playbook::check) type Conjuncts = HashMap<*const Expression, Rc<[Part]>>;

/// A part of a condition.
#[derive(Debug)]
pub(in crate::playbook::check) struct Part {
    expression: Expression,
    /// Whether it asks more than names: what the environment or a file says during the run.
    asks: bool,
    /// All names that it reads, through whatever variables and results.
    names: Rc<HashSet<String>>,
}

/// A scope in which an entry is done.
#[derive(Debug, Clone)]
pub(in crate::playbook::check) struct Row {
    /// It.
    pub(in crate::playbook::check) scope: Arc<Scope>,
    /// What is asked by conditions of which the run decides; nothing where it is certain that the host does the entry, as far
    /// as it comes to it.
    open: Vec<Rc<HashSet<String>>>,
}

impl Row {
    /// Whether the host may leave the entry out.
    pub(in crate::playbook::check) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether a condition of which the run decides asks about one of these names.
    pub(in crate::playbook::check) fn asks_about(&self, names: &BTreeSet<String>) -> bool {
        self.open
            .iter()
            .any(|asked| names.iter().any(|name| asked.contains(name)))
    }

    fn with(&self, scope: Arc<Scope>) -> Self {
        Self {
            scope,
            open: self.open.clone(),
        }
    }
}

impl<'a> Checker<'a, '_> {
    /// How many rows are left once an entry has had its share.
    pub(in crate::playbook::check) fn rows_after(&self) -> usize {
        let share = (ROWS / self.playbook.entries.len().max(1)).max(LEAST);
        self.rows_left.saturating_sub(share)
    }

    /// Whether it is certain that a host comes to a place, as far as it gets there: the scopes in which it does.
    pub(in crate::playbook::check) fn certain_rows(&mut self, host: HostId, place: &Place<'a>) -> Vec<Row> {
        self.rows_of(host, place, true)
    }

    /// The scopes of a place on a host; none where too many were looked at.
    pub(in crate::playbook::check) fn rows(&mut self, host: HostId, place: &Place<'a>) -> Vec<Row> {
        self.rows_of(host, place, false)
    }

    fn rows_of(&mut self, host: HostId, place: &Place<'a>, only_certain: bool) -> Vec<Row> {
        let playbook = self.playbook;
        let round = playbook.round(place.round);
        if self.rows_left == 0 {
            return Vec::new();
        }
        self.rows_left -= 1;
        let mut scope = self.scopes.of(host);
        for unit in playbook.enclosing(round.unit).into_iter().skip(1) {
            scope = self.scopes.enter(unit, &scope);
        }
        let first = Row {
            scope: scope.with(Arc::clone(&round.vars)),
            open: Vec::new(),
        };
        let mut rows = self.held(place, &round.when, vec![first]);
        let keep = |row: &Row| !only_certain || !row.is_open();
        rows.retain(keep);
        let (Some(passed), id) = (place.passed, place.entry) else {
            return rows;
        };
        let mut chain: Vec<EntryId> = playbook.around(id).collect();
        chain.reverse();
        for it in chain {
            let entry = playbook.entry(it);
            let conditions = if it == id {
                &entry.when[..passed.min(entry.when.len())]
            } else {
                &entry.when
            };
            for row in &mut rows {
                row.scope = row.scope.with(Arc::clone(&entry.vars));
            }
            if let Some(repeat) = &entry.repeat {
                // What can be said without the items is said once for all of them.
                let mut bound: Vec<&str> = repeat.over.iter().map(|(name, _)| name.value.as_str()).collect();
                bound.push("loop");
                rows.retain(|row| {
                    let holds = self.holds(place, conditions, &row.scope, &bound);
                    holds != Some(false) && (holds.is_some() || !only_certain)
                });
                let items = rows.iter().flat_map(|row| {
                    let scopes = self.items(repeat, &row.scope);
                    scopes.into_iter().map(|scope| row.with(scope))
                });
                rows = items.take(ITEMS).collect();
                self.rows_left = self.rows_left.saturating_sub(rows.len());
            }
            rows = self.held(place, conditions, rows);
            let also = self.decided_by_others(place, it);
            if !also.is_empty() {
                for row in &mut rows {
                    row.open.extend(also.iter().cloned());
                }
            }
            rows.retain(keep);
            // The keys of an import itself are read outside of what it imports.
            if it != id
                && let Some(unit) = playbook.imported(it)
            {
                for row in &mut rows {
                    row.scope = self.scopes.enter(unit, &row.scope);
                }
            }
        }
        rows
    }

    /// The rows in which no condition is known not to hold, with what those ask of which that is not known.
    fn held(&mut self, place: &Place<'a>, conditions: &[Expression], mut rows: Vec<Row>) -> Vec<Row> {
        for condition in conditions {
            for part in self.parts_of(place, condition).iter() {
                rows.retain_mut(|row| {
                    let holds = part.holds(&row.scope);
                    if holds.is_none() {
                        row.open.push(Rc::clone(&part.names));
                    }
                    holds != Some(false)
                });
            }
        }
        rows
    }

    /// Whether all of the conditions hold, whatever these names are bound to, as far as it can be told without them; nothing
    /// where the run decides.
    fn holds(
        &mut self,
        place: &Place<'a>,
        conditions: &[Expression],
        scope: &Arc<Scope>,
        bound: &[&str],
    ) -> Option<bool> {
        let mut all = Some(true);
        for condition in conditions {
            for part in self.parts_of(place, condition).iter() {
                if bound.iter().any(|it| part.names.contains(*it)) {
                    continue;
                }
                match part.holds(scope) {
                    Some(true) => {}
                    Some(false) => return Some(false),
                    None => all = None,
                }
            }
        }
        all
    }

    fn parts_of(&mut self, place: &Place<'a>, condition: &Expression) -> Rc<[Part]> {
        let key = std::ptr::from_ref(condition);
        if let Some(known) = self.conjuncts.get(&key) {
            return Rc::clone(known);
        }
        let parts = condition.conjuncts().into_iter().map(|expression| Part {
            asks: self.groups.closure([expression.reads().clone()]).is_none(),
            names: Rc::new(self.asked_names(place, expression.reads())),
            expression,
        });
        let parts: Rc<[Part]> = parts.collect();
        self.conjuncts.insert(key, Rc::clone(&parts));
        parts
    }

    /// A scope for each item of a loop; one in which the items are unknown where they are.
    fn items(&self, repeat: &Loop, scope: &Arc<Scope>) -> Vec<Arc<Scope>> {
        let mut rows = vec![Arc::clone(scope)];
        let mut is_known = true;
        let mut count = 1;
        for (at, (name, form)) in repeat.over.iter().enumerate() {
            let read = self.groups.closure([form.value.reads()]);
            let before = &repeat.over[..at];
            let depends = |read: &BTreeSet<String>| before.iter().any(|(name, _)| read.contains(&name.value));
            let depends = read.as_ref().is_some_and(depends);
            let items = |scope| list(&form.value, scope).filter(|_| read.is_some());
            // Of a list that is the same for each of the items before it all are counted.
            let same = if depends { None } else { items(&rows[0]) };
            is_known &= same.is_some();
            count *= same.as_ref().map_or(0, Vec::len);
            let mut next = Vec::new();
            for scope in &rows {
                match same.clone().or_else(|| items(scope).filter(|_| depends)) {
                    Some(list) => {
                        let list = list.into_iter().take(ITEMS);
                        next.extend(list.map(|item| scope.bind(&name.value, Root::Value(item))));
                    }
                    None => next.push(scope.bind(&name.value, unknown(&name.value))),
                }
                if next.len() >= ITEMS {
                    break;
                }
            }
            next.truncate(ITEMS);
            rows = next;
            if rows.is_empty() {
                return rows;
            }
        }
        let place = |index| {
            if is_known {
                place_in_loop(index, count)
            } else {
                unknown("loop")
            }
        };
        let rows = rows.into_iter().enumerate();
        rows.map(|(index, scope)| scope.bind("loop", place(index)))
            .collect()
    }
}

impl Part {
    /// Whether it holds; nothing where only the run can tell.
    fn holds(&self, scope: &Arc<Scope>) -> Option<bool> {
        match self.expression.holds(scope) {
            _ if self.asks => None,
            Ok(Truth::True) => Some(true),
            Ok(Truth::False) => Some(false),
            Ok(Truth::Unknown { .. }) | Err(_) => None,
        }
    }
}

fn list(form: &Form, scope: &Arc<Scope>) -> Option<Vec<Value>> {
    let Ok(Rendering::Known {
        value,
        secrecy: Secrecy::Public,
    }) = form.render(scope)
    else {
        return None;
    };
    match value {
        Value::List(list) => Some(list),
        Value::Map(map) => {
            let pair = |(key, value): (String, Value)| {
                Value::Map(Map::from([
                    ("key".to_owned(), Value::Str(key)),
                    ("value".to_owned(), value),
                ]))
            };
            Some(map.into_iter().map(pair).collect())
        }
        _ => None,
    }
}
