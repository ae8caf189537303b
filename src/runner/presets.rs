//! What was done in runs that this one resumes: it is not done again.

use std::collections::HashMap;

use crate::event::Iteration;
use crate::name::{EntryId, HostId};
use crate::value::Map;

/// What earlier runs did, by host and entry.
#[derive(Debug, Clone, Default)]
pub struct Presets(HashMap<(HostId, EntryId), Vec<Preset>>);

/// A call that an earlier run began.
#[derive(Debug, Clone)]
pub struct Preset {
    /// The iterations of looped groups that it was in, from the outermost one inwards.
    pub iterations: Vec<Iteration>,
    /// The item of its own loop.
    pub item: Option<Iteration>,
    /// The run that began it.
    pub run: String,
    /// What it did.
    pub did: Did,
    /// Whether somebody has said that it is done: then it is, whatever becomes of the sources of a handler.
    pub is_said: bool,
}

/// What an earlier run did with a call.
#[derive(Debug, Clone)]
pub enum Did {
    /// It made it: it is not made again.
    All {
        /// Whether it changed something.
        changed: bool,
        /// How often it was made.
        attempts: u32,
        /// Its result.
        fields: Map,
    },
    /// It may have changed something: made again, the call counts as one that changed something, so that no handler is lost.
    Part,
}

impl Presets {
    /// Takes note of a call.
    pub fn add(&mut self, host: HostId, entry: EntryId, preset: Preset) {
        self.0.entry((host, entry)).or_default().push(preset);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many calls are not made again.
    pub fn count(&self) -> usize {
        let all = self.0.values().flatten();
        all.filter(|it| matches!(it.did, Did::All { .. })).count()
    }

    /// That of a call.
    pub(super) fn of(
        &self,
        host: HostId,
        entry: EntryId,
        iterations: &[Iteration],
        item: Option<&Iteration>,
    ) -> Option<&Preset> {
        let all = self.0.get(&(host, entry))?;
        all.iter().find(|it| {
            let are_same = it.iterations.len() == iterations.len();
            let mut around = it.iterations.iter().zip(iterations);
            let is_item = match (&it.item, item) {
                (Some(one), Some(other)) => is_same(one, other),
                (one, other) => one.is_none() && other.is_none(),
            };
            are_same && is_item && around.all(|(one, other)| is_same(one, other))
        })
    }
}

/// Whether two items are the same: at the same place in their lists, and of the same content.
fn is_same(one: &Iteration, other: &Iteration) -> bool {
    one.number == other.number && one.digest == other.digest
}
