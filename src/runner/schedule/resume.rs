//! Calls that were made in an earlier run, which this one resumes: they end as they did, and are not asked about.

use std::sync::Arc;

use crate::event::{Iteration, Outcome};
use crate::name::EntryId;
use crate::playbook::Action;
use crate::runner::items::Bindings;
use crate::runner::names::Place;
use crate::runner::presets::{Did, Preset};
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::frame::{Calling, State};
use crate::runner::schedule::state::gate::Trigger;
use crate::runner::status::Tri;
use crate::template::Secrecy;

impl Schedule {
    /// Ends a call without a loop if it was made: before its conditions are asked, since what it did may have changed what
    /// they say. Whether something was done.
    pub(super) fn take_over_entry(&mut self, place: Place) -> bool {
        let program = Arc::clone(&self.program);
        let entry = program.playbook.entry(self.entry_at(place));
        if entry.repeat.is_some() || !matches!(entry.action, Action::Call(_)) {
            return false;
        }
        let Some(preset) = self
            .preset(place, None)
            .filter(|it| matches!(it.did, Did::All { .. }))
        else {
            return false;
        };
        // Whether a source changes something now is known when all have ended.
        if !entry.on_change.is_empty() && !preset.is_said && !self.knows_sources(place.frame, place.slot) {
            self.ask_later(place);
            return true;
        }
        if self.is_overtaken(place, &preset) {
            return false;
        }
        let mut calling = Calling::new(vec![Bindings::default()], false, Trigger::Pulled);
        calling.next = 1;
        if let Some(frame) = self.frames.get_mut(&place.frame) {
            frame.nodes[place.slot].state = State::Calling(calling);
        }
        self.take_over(place, preset)
    }

    /// Ends an item of a call if it was made. Whether it was.
    pub(super) fn take_over_item(&mut self, place: Place) -> bool {
        let item = self.item_of(place);
        let preset = item.and_then(|item| self.preset(place, Some(&item)));
        let preset = preset.filter(|it| !self.is_overtaken(place, it));
        preset.is_some_and(|preset| self.take_over(place, preset))
    }

    /// Whether a handler that was done is to be done again, since a source of it has changed something in this run.
    fn is_overtaken(&self, place: Place, preset: &Preset) -> bool {
        if preset.is_said || self.changed_now.is_empty() {
            return false;
        }
        let playbook = &self.program.playbook;
        let around = playbook.around(self.entry_at(place));
        let mut sources = around.flat_map(|it| &playbook.entry(it).on_change);
        sources.any(|source| self.changed_now.contains(source))
    }

    /// A call has ended in this run: what it changed, the groups around it have changed too.
    pub(super) fn note_change(&mut self, entry: EntryId, record: &Record) {
        if self.program.presets.is_empty() || record.from_run.is_some() || record.status.changed == Tri::No {
            return;
        }
        let program = Arc::clone(&self.program);
        let around = program.playbook.around(entry);
        self.changed_now.extend(around);
    }

    /// The earlier run that may have changed something by a call that is made again.
    pub(super) fn began_in(&mut self, place: Place) -> Option<String> {
        let item = self.item_of(place);
        let preset = self.preset(place, item.as_ref())?;
        matches!(preset.did, Did::Part | Did::All { changed: true, .. }).then_some(preset.run)
    }

    fn preset(&self, place: Place, item: Option<&Iteration>) -> Option<Preset> {
        let presets = &self.program.presets;
        if presets.is_empty() {
            return None;
        }
        let iterations = self.iterations(place.frame);
        presets
            .of(self.id, self.entry_at(place), &iterations, item)
            .cloned()
    }

    /// The item of a call that has a loop, as events name it.
    fn item_of(&mut self, place: Place) -> Option<Iteration> {
        if self.program.presets.is_empty() {
            return None;
        }
        let is_hidden = self.is_hidden(place.frame, place.slot);
        let Some(State::Calling(calling)) = self.state(place) else {
            return None;
        };
        let item = &calling.items[place.item];
        calling.is_loop.then(|| item.iteration(place.item, is_hidden))
    }

    fn take_over(&mut self, place: Place, preset: Preset) -> bool {
        let Did::All {
            changed,
            attempts,
            fields,
        } = preset.did
        else {
            return false;
        };
        let because = format!("it was done in run {}", preset.run);
        let record = Record {
            fields,
            attempts,
            from_run: Some(preset.run),
            ..Record::of(if changed { Outcome::Changed } else { Outcome::Ok })
        };
        self.end_item(place, record, Some(because), 0, Secrecy::Public);
        true
    }
}
