//! Values that are the same on every host: what can be rendered offline.

use std::collections::HashSet;
use std::sync::Arc;

use crate::name::{EntryId, UnitId};
use crate::playbook::Playbook;
use crate::source::{Place, Spanned};
use crate::template::{Expression, Form, Rendering, Root, Scope, Secrecy};
use crate::value::Value;

/// What only a host, or a moment of the run, can give.
const LATER: [&str; 15] = [
    "failed",
    "facts",
    "results",
    "result",
    "host",
    "hosts",
    "groups",
    "run",
    "secrets",
    "item",
    "loop",
    "inventory_hostname",
    "inventory_hostname_short",
    "group_names",
    "hostvars",
];

/// Renders what is constant.
pub(super) struct Folder<'a> {
    playbook: &'a Playbook,
    base: Arc<Scope>,
}

impl<'a> Folder<'a> {
    /// Variables of hosts and groups are taken to be unknown: they may differ.
    pub(super) fn new(playbook: &'a Playbook) -> Self {
        let unknown = |name: &str| Root::Unknown(name.to_owned());
        let mut base = Scope::new(Arc::clone(&playbook.extra));
        for layer in &playbook.vars {
            base = base.with(Arc::clone(layer));
        }
        let inventory = &playbook.inventory;
        let mut names: HashSet<&str> = LATER.into_iter().collect();
        let mut ordered = LATER.to_vec();
        for name in (inventory.group_layers().chain(inventory.host_layers())).flat_map(|vars| vars.keys()) {
            if names.insert(name) {
                ordered.push(name);
            }
        }
        for name in ordered {
            base = base.bind(name, unknown(name));
        }
        base = playbook.enter(UnitId::PLAYBOOK, &base);
        Self { playbook, base }
    }

    /// The value of a form at an entry, where it is the same on every host.
    pub(super) fn value(&self, form: &Form, id: EntryId) -> Option<Value> {
        if let Some(value) = form.literal() {
            return Some(value.clone());
        }
        known(form.render(&self.scope(id)))
    }

    /// The beginning of a template up to its first part that is not constant.
    pub(super) fn prefix(&self, form: &Spanned<Form>, id: EntryId) -> Option<String> {
        let Form::Template(_) = &form.value else {
            return None;
        };
        let text = self.playbook.sources.text(form.span);
        // Escapes, folded lines and blocks are not text as it is: no more is said of those.
        if text.contains(['\\', '\n']) {
            return None;
        }
        let mut rest = text.trim_start_matches(['"', '\'']);
        let mut prefix = String::new();
        let scope = self.scope(id);
        loop {
            let end = rest.find('{').unwrap_or(rest.len());
            prefix.push_str(&rest[..end]);
            let Some((expression, after)) = rest[end..].strip_prefix("{{").and_then(|it| it.split_once("}}"))
            else {
                return Some(prefix);
            };
            let Ok(expression) = Expression::new(expression.trim(), Place::whole(form.span)) else {
                return Some(prefix);
            };
            let Some(Value::Str(value)) = known(expression.evaluate(&scope)) else {
                return Some(prefix);
            };
            prefix.push_str(&value);
            rest = after;
        }
    }

    fn scope(&self, id: EntryId) -> Arc<Scope> {
        let entry = self.playbook.entry(id);
        let round = self.playbook.round(entry.round);
        let mut scope = Arc::clone(&self.base);
        for unit in self.playbook.enclosing(round.unit).into_iter().skip(1) {
            scope = self.playbook.enter(unit, &scope);
        }
        scope = scope.with(Arc::clone(&round.vars));
        let mut chain: Vec<EntryId> = self.playbook.around(id).collect();
        chain.reverse();
        for it in chain {
            let entry = self.playbook.entry(it);
            scope = scope.with(Arc::clone(&entry.vars));
            for (name, _) in entry.repeat.iter().flat_map(|repeat| &repeat.over) {
                scope = scope.bind(&name.value, Root::Unknown(name.value.clone()));
            }
            // The chain ends with the entry itself, whose own keys are read outside of what it imports.
            if it != id
                && let Some(unit) = self.playbook.imported(it)
            {
                scope = self.playbook.enter(unit, &scope);
                scope = scope.bind("results", Root::Unknown("results".to_owned()));
            }
        }
        scope
    }
}

fn known<E>(rendering: Result<Rendering, E>) -> Option<Value> {
    match rendering {
        Ok(Rendering::Known {
            value,
            secrecy: Secrecy::Public,
        }) => Some(value),
        _ => None,
    }
}
