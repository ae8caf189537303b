//! Calls that were made in an earlier run, which this one resumes: they end as they did, and are not asked about.

use crate::event::{Iteration, Outcome};
use crate::playbook::Action;
use crate::runner::items::Bindings;
use crate::runner::names::Place;
use crate::runner::presets::{Did, Preset};
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::frame::{Calling, State};
use crate::runner::schedule::state::gate::Trigger;
use crate::template::Secrecy;

impl Schedule {
    /// Ends a call without a loop if it was made: before its conditions are asked, since what it did may have changed what
    /// they say. Whether it was.
    pub(super) fn take_over_entry(&mut self, place: Place) -> bool {
        let entry = self.program.playbook.entry(self.entry_at(place));
        if entry.repeat.is_some() || !matches!(entry.action, Action::Call(_)) {
            return false;
        }
        let Some(preset) = self
            .preset(place, None)
            .filter(|it| matches!(it.did, Did::All { .. }))
        else {
            return false;
        };
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
        preset.is_some_and(|preset| self.take_over(place, preset))
    }

    /// The earlier run that may have changed something by a call that is made again.
    pub(super) fn began_in(&mut self, place: Place) -> Option<String> {
        let item = self.item_of(place);
        let preset = self.preset(place, item.as_ref())?;
        matches!(preset.did, Did::Part).then_some(preset.run)
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
        let number = place.item + 1;
        calling.is_loop.then(|| Iteration {
            number,
            item: if is_hidden {
                Some(format!("#{number}"))
            } else {
                calling.items[place.item].label(place.item)
            },
        })
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
