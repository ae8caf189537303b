//! A place of a playbook where something is rendered: what is bound there, and for which hosts.

use std::collections::HashSet;

use crate::name::{EntryId, RoundId, UnitId};
use crate::playbook::check::scope::Class;
use crate::playbook::model::Entry;
use crate::template::Expression;
use crate::template::Variables;
use crate::tool::{self, Type};

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
    /// Names of which a condition that holds here says that they are there.
    pub(super) guarded: HashSet<String>,
    /// Names that a loop binds.
    pub(super) bound: Vec<&'a str>,
    /// What they are, where that is known; later ones hide earlier ones.
    pub(super) items: Vec<(&'a str, Type)>,
    /// Whether `loop` is there.
    pub(super) in_loop: bool,
    /// The call whose `result` is there.
    pub(super) result: Option<(&'a Entry, &'a tool::Entry)>,
    /// The round's hosts.
    pub(super) classes: &'a [Class],
    /// How many they are.
    pub(super) hosts: usize,
}

impl<'a> Place<'a> {
    /// Takes note of what conditions ask for before anything else here is rendered.
    pub(super) fn guard(&mut self, conditions: &[Expression]) {
        let accesses = conditions.iter().flat_map(|it| &it.reads().accesses);
        let asked = accesses.filter(|it| it.guarded).filter_map(|it| it.path.first());
        self.guarded.extend(asked.cloned());
    }

    /// The type of what a loop binds to a name.
    pub(super) fn item(&self, name: &str) -> Option<&Type> {
        let found = self.items.iter().rev().find(|(bound, _)| *bound == name);
        found.map(|(_, of)| of)
    }

    /// The same in a loop, with all its names and what they are.
    pub(super) fn in_loop_of(&self, entry: &'a Entry, items: Vec<(&'a str, Type)>) -> Self {
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
