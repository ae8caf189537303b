//! Gates: whether an entry is begun, by what its `on_failure`, `on_change`, `when` and `loop` say.

use crate::event::Outcome;
use crate::name::EntryId;
use crate::protocol::Mode;
use crate::runner::names::FrameId;
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::state::gate::{Sources, Trigger};
use crate::runner::status::Tri;

impl Schedule {
    /// What an entry's sources say.
    pub(super) fn sources(&self, id: FrameId, entry_id: EntryId) -> Sources {
        let entry = self.program.playbook.entry(entry_id);
        let shut = |because: &str| {
            let record = Box::new(Record::of(Outcome::Skipped));
            Sources::End((record, Some(because.to_owned())))
        };
        let mut maybe = None;
        if !entry.on_failure.is_empty() {
            let worst = entry
                .on_failure
                .iter()
                .map(|source| self.result(*source).status.failed);
            match worst.max() {
                Some(Tri::No) | None => return shut("nothing failed"),
                Some(Tri::Maybe) => maybe = self.unknown_of(&entry.on_failure),
                Some(Tri::Yes) => {}
            }
        }
        let mut asked = Vec::new();
        if !entry.on_change.is_empty() && self.owed_since(entry_id).is_none() {
            let so_far = entry
                .on_change
                .iter()
                .map(|source| self.progress(id, *source).changed);
            let so_far = so_far.max().unwrap_or(Tri::No);
            // In apply mode, what may have changed counts as changed.
            let is_certain = so_far == Tri::Yes || (so_far == Tri::Maybe && self.program.mode == Mode::Apply);
            if !is_certain {
                for source in &entry.on_change {
                    self.requests_of(*source, &mut asked);
                }
                match so_far {
                    Tri::Maybe if !asked.is_empty() => return Sources::Later,
                    Tri::Maybe => maybe = maybe.or_else(|| self.unknown_of(&entry.on_change)),
                    _ if asked.is_empty() => return shut("nothing changed"),
                    _ => {}
                }
            }
        }
        let trigger = if asked.is_empty() || maybe.is_some() {
            Trigger::Pulled
        } else {
            Trigger::Ask(asked)
        };
        Sources::Go(trigger, maybe)
    }

    /// Because of what one of these is not known.
    fn unknown_of(&self, sources: &[EntryId]) -> Option<String> {
        let known = sources
            .iter()
            .find_map(|source| self.result(*source).unknown.clone());
        known.or_else(|| Some("a call before it".to_owned()))
    }

    /// The numbers of an entry's requests that are under way.
    fn requests_of(&self, entry: EntryId, found: &mut Vec<u64>) {
        let playbook = &self.program.playbook;
        for (id, flight) in self.flights.iter() {
            let Some(place) = flight.place() else { continue };
            let Some(frame) = self.frames.get(&place.frame) else {
                continue;
            };
            let mut at = Some(frame.nodes[place.slot].entry);
            while let Some(inner) = at {
                if inner == entry {
                    found.push(id);
                    break;
                }
                at = playbook.entry(inner).parent;
            }
        }
    }
}
