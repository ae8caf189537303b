//! Everything of an entry that reads names, in the order in which a run comes to it.

use std::rc::Rc;
use std::sync::Arc;

use crate::inventory::Privilege;
use crate::name::EntryId;
use crate::playbook::check::constant::Probed;
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::model::{Action, Call, Entry};
use crate::template::{Form, Scope};

impl<'a> Checker<'a, '_> {
    /// Checks an entry and what is in it.
    pub(super) fn entry(&mut self, outer: &Place<'a>, id: EntryId) {
        let entry = self.playbook.entry(id);
        let mut place = outer.clone();
        place.entry = id;
        place.passed = Some(0);
        place.in_rescue |= !entry.on_failure.is_empty();
        place.layers.push(&entry.vars);
        self.guard_entry(&mut place, entry);
        if let Some(name) = &entry.name {
            self.form(&place, name);
        }
        self.repeat(&place, entry);
        self.hidden_names(&place, entry);
        let items = self.item_types(&place, entry);
        let mut item = place.in_loop_of(entry, items);
        self.conditions(&item, &entry.when);
        item.passed = Some(entry.when.len());
        self.guard(&mut place, &entry.when);
        if entry.repeat.is_some() {
            self.guard(&mut item, &entry.when);
        } else {
            item.guarded.clone_from(&place.guarded);
            item.guards = Rc::clone(&place.guards);
        }
        if let Some(delegate) = &entry.delegate_to {
            self.form(&item, &delegate.value);
        }
        self.user(&item, &entry.privilege);
        self.settings(&place, entry);
        match &entry.action {
            Action::Group(group) => {
                let item = match group.unit {
                    Some(unit) => {
                        self.inputs(&item, unit, self.playbook.unit(unit).at);
                        item.inside(self.playbook, unit)
                    }
                    None => item,
                };
                for &entry in &group.entries {
                    self.entry(&item, entry);
                }
            }
            Action::Fail(message) => self.form(&item, message),
            Action::Call(call) => self.call(&item, entry, call),
        }
        self.makes_sure(&place, entry);
    }

    fn repeat(&mut self, place: &Place<'a>, entry: &'a Entry) {
        let Some(repeat) = &entry.repeat else { return };
        let mut place = place.clone();
        for (name, form) in &repeat.over {
            self.form(&place, &form.value);
            place.bound.push(&name.value);
        }
    }

    fn call(&mut self, place: &Place<'a>, entry: &'a Entry, call: &'a Call) {
        self.arguments(place, call);
        for form in call.template_forms() {
            self.form(place, &form);
        }
        self.argument_types(place, call);
        self.constants(place, entry, call);
        self.shell(place, call);
        for form in [&call.env, &call.reads, &call.writes].into_iter().flatten() {
            self.form(place, &form.value);
        }
        let after = place.with_result(entry, &call.tool);
        for list in [&call.until, &call.changed_when, &call.failed_when] {
            self.conditions(&after, list);
        }
    }

    pub(super) fn user(&mut self, place: &Place<'a>, privilege: &Privilege) {
        if let Some(user) = &privilege.user {
            self.form(place, &user.value);
        }
        self.password(privilege);
    }

    pub(super) fn form(&mut self, place: &Place<'a>, form: &Form) {
        if form.literal().is_none() {
            let probe = |scope: &Arc<Scope>| Probed::of(&form.render(scope));
            self.reads_of(place, &form.reads(), &probe);
            let classes: Vec<usize> = (0..place.classes.len()).collect();
            self.operations(place, &classes, form);
        }
    }
}
