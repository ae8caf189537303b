//! A place of a playbook where something is rendered: what is bound there, and for which hosts.

use std::collections::HashSet;
use std::rc::Rc;

use crate::name::{EntryId, RoundId, UnitId};
use crate::playbook::check::guards::Guards;
use crate::playbook::check::scope::Class;
use crate::playbook::check::typing::Known;
use crate::playbook::input::{Input, Meaning};
use crate::playbook::model::{Entry, Playbook};
use crate::source::Spanned;
use crate::template::{Expression, Form, Variables};
use crate::tool;

/// The place.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    /// The file in which it is written.
    pub(super) unit: UnitId,
    /// The round.
    pub(super) round: RoundId,
    /// Entries of the round from this one on have not run.
    pub(super) entry: EntryId,
    /// Variables over those of hosts, low to high.
    pub(super) layers: Vec<&'a Variables>,
    /// The place where the unit is imported in which this one is.
    pub(super) outside: Option<Rc<Self>>,
    /// Names of which a condition that holds here says that they are there.
    pub(super) guarded: HashSet<String>,
    /// What conditions that hold here ask about.
    pub(super) guards: Rc<Guards>,
    /// Names that a loop binds.
    pub(super) bound: Vec<&'a str>,
    /// What they are, where that is known; later ones hide earlier ones.
    pub(super) items: Vec<(&'a str, Known)>,
    /// Whether `loop` is there.
    pub(super) in_loop: bool,
    /// How many of the entry's own conditions hold here; `None`: this is the round, outside of its entries.
    pub(super) passed: Option<usize>,
    /// Whether `failed` is there.
    pub(super) in_rescue: bool,
    /// The call whose `result` is there.
    pub(super) result: Option<(&'a Entry, &'a tool::Entry)>,
    /// The round's hosts.
    pub(super) classes: &'a [Class],
    /// How many they are.
    pub(super) hosts: usize,
}

/// What a name stands for, above the variables of hosts.
pub(super) enum Near<'a> {
    /// A variable of the place.
    Form(&'a Spanned<Form>),
    /// An input of the unit, which was looked at where it is imported.
    Input(&'a Input),
    /// Nothing: the unit does not see it.
    Nothing,
    /// What the host's own variables make of it.
    OfHosts,
}

impl<'a> Place<'a> {
    /// What a name stands for here, above the variables of hosts.
    pub(super) fn definition(&self, playbook: &'a Playbook, name: &str) -> Near<'a> {
        if let Some(form) = self.layers.iter().rev().find_map(|layer| layer.get(name)) {
            return Near::Form(form);
        }
        let unit = playbook.unit(self.unit);
        match (unit.inputs.get(name), &self.outside) {
            (Some(input), _) if !unit.is_open || unit.given.contains_key(name) => Near::Input(input),
            (_, Some(outside)) if unit.is_open => outside.definition(playbook, name),
            (_, Some(_)) => Near::Nothing,
            (_, None) => Near::OfHosts,
        }
    }

    /// Whether some file declares an input of this name with a default, so that every host has it.
    pub(super) fn has_default(&self, playbook: &Playbook, name: &str) -> bool {
        let input = playbook.unit(self.unit).inputs.get(name);
        let outside = self.outside.as_ref();
        // A required one that is missing was told where the file is imported.
        input.is_some() || outside.is_some_and(|it| it.has_default(playbook, name))
    }

    /// Whether a name is an input of type `secret`, of this file or of one whose variables it sees.
    pub(super) fn is_secret_input(&self, playbook: &Playbook, name: &str) -> bool {
        if self.bound.contains(&name) || self.layers.iter().any(|layer| layer.contains_key(name)) {
            return false;
        }
        let unit = playbook.unit(self.unit);
        match (unit.inputs.get(name), &self.outside) {
            (Some(input), _) => input.meaning == Meaning::Secret,
            (None, Some(outside)) => unit.is_open && outside.is_secret_input(playbook, name),
            (None, None) => false,
        }
    }

    /// Takes note of what conditions ask for before anything else here is rendered.
    pub(super) fn guard(&mut self, conditions: &[Expression]) {
        let accesses = conditions.iter().flat_map(|it| &it.reads().accesses);
        let asked = accesses.filter(|it| it.guarded).filter_map(|it| it.path.first());
        self.guarded.extend(asked.cloned());
    }

    /// The type of what a loop binds to a name.
    pub(super) fn item(&self, name: &str) -> Option<&Known> {
        let found = self.items.iter().rev().find(|(bound, _)| *bound == name);
        found.map(|(_, of)| of)
    }

    /// The place inside a unit that is imported here: only what is about the hosts is the same.
    pub(super) fn inside(&self, playbook: &'a Playbook, unit: UnitId) -> Self {
        let vars = playbook.unit(unit).vars.iter().map(|it| &**it);
        Self {
            unit,
            layers: vars.collect(),
            bound: Vec::new(),
            items: Vec::new(),
            guarded: HashSet::new(),
            in_loop: false,
            in_rescue: false,
            result: None,
            outside: Some(Rc::new(self.clone())),
            ..self.clone()
        }
    }

    /// The same in a loop, with all its names and what they are.
    pub(super) fn in_loop_of(&self, entry: &'a Entry, items: Vec<(&'a str, Known)>) -> Self {
        let mut place = self.clone();
        if let Some(repeat) = &entry.repeat {
            place.in_loop = true;
            place.items.extend(items);
            place
                .bound
                .extend(repeat.over.iter().map(|(name, _)| name.value.as_str()));
        }
        place
    }

    /// The same with the result of its own call.
    pub(super) fn with_result(&self, entry: &'a Entry, tool: &'a tool::Entry) -> Self {
        Self {
            result: Some((entry, tool)),
            ..self.clone()
        }
    }
}
