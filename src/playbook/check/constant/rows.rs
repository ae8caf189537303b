//! The scopes in which an entry is done on a host: one for each item of the loops around it that is not left out.

use std::collections::HashMap;
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

/// The parts of conditions that must all hold.
pub(in crate::playbook::check) type Conjuncts = HashMap<*const Expression, Rc<[Expression]>>;

impl Checker<'_, '_> {
    /// The scopes of a place on a host.
    pub(in crate::playbook::check) fn rows(&mut self, host: HostId, place: &Place<'_>) -> Vec<Arc<Scope>> {
        let playbook = self.playbook;
        let round = playbook.round(place.round);
        let mut scope = self.scopes.of(host);
        for unit in playbook.enclosing(round.unit).into_iter().skip(1) {
            scope = self.scopes.enter(unit, &scope);
        }
        let mut rows = vec![scope.with(Arc::clone(&round.vars))];
        rows.retain(|scope| !self.is_left_out(&round.when, scope));
        let (Some(passed), id) = (place.passed, place.entry) else {
            return rows;
        };
        let mut chain: Vec<EntryId> =
            std::iter::successors(Some(id), |it| playbook.entry(*it).parent).collect();
        chain.reverse();
        for it in chain {
            let entry = playbook.entry(it);
            let mut next = Vec::new();
            for scope in rows {
                let scope = scope.with(Arc::clone(&entry.vars));
                match &entry.repeat {
                    Some(repeat) => next.extend(items(repeat, &scope)),
                    None => next.push(scope),
                }
            }
            next.truncate(ITEMS);
            rows = next;
            let conditions = if it == id {
                &entry.when[..passed.min(entry.when.len())]
            } else {
                &entry.when
            };
            rows.retain(|scope| !self.is_left_out(conditions, scope));
            // The keys of an import itself are read outside of what it imports.
            if it != id
                && let Some(unit) = playbook.imported(it)
            {
                rows = rows.iter().map(|scope| self.scopes.enter(unit, scope)).collect();
            }
        }
        rows
    }

    /// Whether one of the conditions is known not to hold.
    fn is_left_out(&mut self, conditions: &[Expression], scope: &Arc<Scope>) -> bool {
        conditions.iter().any(|condition| {
            let key = std::ptr::from_ref(condition);
            let parts = self
                .conjuncts
                .entry(key)
                .or_insert_with(|| condition.conjuncts().into());
            parts
                .iter()
                .any(|part| matches!(part.holds(scope), Ok(Truth::False)))
        })
    }
}

/// A scope for each item of a loop; one in which the items are unknown where they are.
fn items(repeat: &Loop, scope: &Arc<Scope>) -> Vec<Arc<Scope>> {
    let mut rows = vec![Arc::clone(scope)];
    let mut is_known = true;
    for (name, form) in &repeat.over {
        let mut next = Vec::new();
        for scope in rows {
            if let Some(list) = list(&form.value, &scope) {
                let list = list.into_iter().take(ITEMS);
                next.extend(list.map(|item| scope.bind(&name.value, Root::Value(item))));
            } else {
                is_known = false;
                next.push(scope.bind(&name.value, unknown(&name.value)));
            }
        }
        next.truncate(ITEMS);
        rows = next;
    }
    let count = rows.len();
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
