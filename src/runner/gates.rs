//! Gates: whether an entry is begun, by what its `on_failure`, `on_change`, `when` and `loop` say.

use std::sync::Arc;

use crate::event::Outcome;
use crate::failure::{Failure, Kind};
use crate::name::EntryId;
use crate::protocol::Mode;
use crate::runner::frame::{Bindings, Trigger};
use crate::runner::host::Host;
use crate::runner::items::{Items, expand};
use crate::runner::names::FrameId;
use crate::runner::record::Record;
use crate::runner::status::Tri;
use crate::template::{Expression, Scope, Truth};

/// How an entry ends before anything of it is begun: its record, and why.
pub(super) type End = (Box<Record>, Option<String>);

/// What conditions say together.
#[derive(Debug)]
pub(super) enum Gate {
    /// All hold.
    Open,
    /// None says no, and one depends on what was not done.
    Unknown(String),
    /// One says no: why.
    Shut(String),
    /// One cannot be evaluated.
    Failed(Failure),
}

impl Gate {
    /// How an entry ends by it; nothing where it is begun.
    pub(super) fn end(self) -> Option<End> {
        match self {
            Self::Open => None,
            Self::Unknown(because) => Some((Box::new(Record::unknown(because.clone())), Some(because))),
            Self::Shut(because) => Some((Box::new(Record::of(Outcome::Skipped)), Some(because))),
            Self::Failed(failure) => Some((Box::new(Record::failed(failure)), None)),
        }
    }
}

/// What is to become of an entry.
pub(super) enum Weighed {
    /// It is begun, with these items.
    Begin(Trigger, Vec<Bindings>),
    /// It ends at once.
    End(End),
    /// It cannot be said before the sources of its `on_change` have ended.
    Later,
}

impl Host {
    /// What an entry's conditions and its loop say. All must hold; the first *no* ends it, also behind one that depends on
    /// what was not done.
    pub(super) fn weigh(&self, id: FrameId, entry_id: EntryId, scope: &Arc<Scope>) -> Weighed {
        let entry = self.context.playbook.entry(entry_id);
        let shut = |because: &str| {
            let record = Box::new(Record::of(Outcome::Skipped));
            Weighed::End((record, Some(because.to_owned())))
        };
        let wrong = |message: String| {
            let failure = Failure::new(Kind::Invalid, message);
            Weighed::End((Box::new(Record::failed(failure)), None))
        };
        let unknown =
            |because: String| Weighed::End((Box::new(Record::unknown(because.clone())), Some(because)));
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
            let is_certain =
                so_far == Tri::Yes || (so_far == Tri::Maybe && self.context.options.mode == Mode::Apply);
            if !is_certain {
                for source in &entry.on_change {
                    self.requests_of(*source, &mut asked);
                }
                match so_far {
                    Tri::Maybe if !asked.is_empty() => return Weighed::Later,
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
        let is_asking = matches!(trigger, Trigger::Ask(_));
        let Some(repeat) = &entry.repeat else {
            return match self.gate(&entry.when, scope, maybe) {
                Gate::Open => Weighed::Begin(trigger, vec![Bindings::default()]),
                // What cannot be evaluated fails it only if its sources let it be begun.
                Gate::Unknown(_) | Gate::Failed(_) if is_asking => Weighed::Later,
                Gate::Unknown(because) => unknown(because),
                Gate::Shut(because) => shut(&because),
                Gate::Failed(failure) => Weighed::End((Box::new(Record::failed(failure)), None)),
            };
        };
        if let Some(because) = maybe {
            return unknown(because);
        }
        match expand(repeat, scope) {
            Items::Known(items) => Weighed::Begin(trigger, items),
            Items::Unknown(because) => unknown(because),
            Items::Wrong(message) => wrong(message),
            Items::Failed(error) => wrong(self.explain(&error)),
        }
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
        let playbook = &self.context.playbook;
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

    /// What conditions say in a scope, behind something that is not known. The first *no* counts, wherever it is; what
    /// cannot be evaluated counts as not known behind something that is not.
    pub(super) fn gate(&self, when: &[Expression], scope: &Arc<Scope>, unknown: Option<String>) -> Gate {
        let mut unknown = unknown;
        for condition in when {
            match condition.holds(scope) {
                Ok(Truth::True) => {}
                Ok(Truth::False) => return Gate::Shut(format!("`{}` is false", condition.text())),
                Ok(Truth::Unknown { because }) => drop(unknown.get_or_insert(because)),
                Err(_) if unknown.is_some() => {}
                Err(error) => return Gate::Failed(Failure::new(Kind::Invalid, self.explain(&error))),
            }
        }
        unknown.map_or(Gate::Open, Gate::Unknown)
    }
}
