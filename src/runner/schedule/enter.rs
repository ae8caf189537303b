//! Entering rounds and leaving them.

use std::sync::Arc;

use crate::event::{HostOutcome, Kind};
use crate::name::{EntryId, RoundId};
use crate::runner::control::Update;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::{Effect, Opening, Question};
use crate::runner::schedule::state::frame::Frame;
use crate::runner::schedule::state::gate::Gate;
use crate::runner::schedule::state::stops::Stop;
use crate::runner::schedule::state::then::Then;

impl Schedule {
    /// The host is to do a round.
    pub(in crate::runner) fn enter(&mut self, round: RoundId) {
        self.entering.push_back(round);
    }

    pub(super) fn enter_next(&mut self, round: RoundId) {
        if self.course.over.is_some() {
            self.course.undone += 1;
            self.tell_left(round);
            return;
        }
        self.emit(Kind::HostEntered {
            host: self.name.clone(),
            round: self.program.playbook.round(round).name.value.clone(),
        });
        if self.is_connected {
            self.ask_round(round);
        } else {
            self.ask(Question::Connect, Then::Enter(round));
        }
    }

    /// It has been tried to connect for a round.
    pub(super) fn entered(&mut self, round: RoundId, is_connected: bool) {
        if is_connected {
            self.ask_round(round);
        } else {
            self.leave(round);
        }
    }

    fn ask_round(&mut self, round: RoundId) {
        if self.program.playbook.round(round).when.is_empty() {
            self.begin_round(round, Gate::Open);
        } else {
            self.ask(Question::Round(round), Then::Round(round));
        }
    }

    /// The condition of a round was evaluated.
    pub(super) fn begin_round(&mut self, id: RoundId, gate: Gate) {
        let program = Arc::clone(&self.program);
        let round = program.playbook.round(id);
        let unknown = match gate {
            Gate::Open => None,
            Gate::Unknown(because) => Some(because),
            Gate::Shut(_) => {
                let all = (0..program.playbook.entries.len()).map(EntryId::at);
                self.pass_handlers(all.filter(|entry| program.playbook.entry(*entry).round == id));
                self.leave(id);
                return;
            }
            Gate::Failed(failure) => {
                let reason = format!("`when` of round `{}`: {}", round.name.value, failure.message);
                self.warn(reason.clone());
                self.give_up(HostOutcome::Failed, Some(reason), Stop::Aborted);
                self.leave(id);
                return;
            }
        };
        let frame = self.open(id, None, &round.entries);
        if let Some(because) = unknown {
            // Nobody knows whether the host would enter it: none of its entries is begun.
            for slot in 0..self.frames[&frame].nodes.len() {
                self.end_entry(
                    frame,
                    slot,
                    Record::unknown(because.clone()),
                    Some(because.clone()),
                );
            }
            return;
        }
        self.limit(frame, round.timeout);
        self.end_if_settled(frame);
    }

    /// Opens a list of entries: that of a round, or of a group (whose place is given, with the item of its loop).
    pub(super) fn open(
        &mut self,
        round: RoundId,
        parent: Option<(FrameId, usize, usize)>,
        entries: &[EntryId],
    ) -> FrameId {
        self.frames_made += 1;
        let id = FrameId(self.frames_made);
        let left_out = &self.program.left_out;
        let entries = entries.iter().copied().filter(|entry| !left_out.contains(entry));
        let place = parent.map(|(frame, slot, _)| (frame, slot));
        let mut frame = Frame::new(round, place, self.now, entries);
        frame.is_iterated = place.is_some_and(|(parent, slot)| {
            let outer = &self.frames[&parent];
            let group = self.program.playbook.entry(outer.nodes[slot].entry);
            outer.is_iterated || group.repeat.is_some()
        });
        self.frames.insert(id, frame);
        let opening = match parent {
            None => Opening::Round(round),
            Some((frame, slot, item)) => {
                let place = Place { frame, slot, item };
                Opening::Item(place, self.entry_at(place))
            }
        };
        self.effects.push_back(Effect::Open(id, opening));
        id
    }

    /// Leaves a round that it has entered: its list has ended, or was never opened.
    pub(super) fn leave(&mut self, round: RoundId) {
        let (outcome, _) = self.course.outcome();
        self.emit(Kind::HostLeft {
            host: self.name.clone(),
            round: self.program.playbook.round(round).name.value.clone(),
            outcome,
        });
        self.tell_left(round);
    }

    /// A round is over for this host, whether it has entered it or not.
    fn tell_left(&mut self, round: RoundId) {
        let (outcome, reason) = self.course.outcome();
        self.effects.push_back(Effect::ComesOut(outcome, reason.clone()));
        self.say(Update::Left {
            host: self.id,
            round,
            outcome,
            reason,
        });
    }
}
