//! Beginning entries: which may, and what becomes of them first.

use std::sync::Arc;

use crate::event::Outcome;
use crate::playbook::Action;
use crate::protocol::Mode;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::schedule::Schedule;
use crate::runner::schedule::effect::{Answer, Question};
use crate::runner::schedule::hold::repeats;
use crate::runner::schedule::state::frame::{Calling, Inside, State};
use crate::runner::schedule::state::gate::{Gate, Sources, Weighed};
use crate::runner::schedule::state::pass::Look;
use crate::runner::schedule::state::then::Then;
use crate::runner::settings::Settings;
use crate::template::Secrecy;

impl Schedule {
    /// The answer to the question that is out.
    ///
    /// # Panics
    /// Where none is out, or the answer is to another one: a bug of the one who answers.
    pub(in crate::runner) fn answer(&mut self, answer: Answer) {
        let then = self.then.take().expect("a question is out");
        match (then, answer) {
            (Then::Enter(round), Answer::Connected(is_connected)) => self.entered(round, is_connected),
            (Then::Launch(launch), Answer::Connected(is_connected)) => {
                self.launch_if(*launch, is_connected);
            }
            (Then::Admit, Answer::Connected(is_connected)) => self.admit_if(is_connected),
            (Then::Round(round), Answer::Gate(gate)) => self.begin_round(round, gate),
            (
                Then::Weigh {
                    frame,
                    slot,
                    trigger,
                    is_stopped,
                },
                answer,
            ) => {
                let weighed = match answer {
                    Answer::Gate(gate) => gate.weigh(trigger),
                    Answer::Items(Ok(items)) => Weighed::Begin(trigger, items),
                    Answer::Items(Err(end)) => Weighed::End(end),
                    other => unreachable!("not what was asked: {other:?}"),
                };
                self.weighed(frame, slot, weighed, is_stopped);
            }
            (
                Then::Settings {
                    frame,
                    slot,
                    trigger,
                    items,
                },
                Answer::Settings(settings),
            ) => {
                let weighed = match settings {
                    Ok(settings) => {
                        if let Some(found) = self.frames.get_mut(&frame) {
                            found.nodes[slot].settings = Some(settings);
                        }
                        Weighed::Begin(trigger, items)
                    }
                    Err(end) => Weighed::End(end),
                };
                self.weighed(frame, slot, weighed, false);
            }
            (
                Then::Step {
                    frame,
                    slot,
                    trigger,
                    items,
                },
                Answer::Step(is_wanted),
            ) => {
                if is_wanted {
                    self.decided(frame, slot, Weighed::Begin(trigger, items));
                } else {
                    let because = Some("it was left out when it was asked for".to_owned());
                    let end = (Box::new(Record::of(Outcome::Skipped)), because);
                    self.decided(frame, slot, Weighed::End(end));
                }
            }
            (Then::Item(place), Answer::Gate(gate)) => self.begin_iteration(place, gate),
            (Then::Drop(place), Answer::Gate(gate)) => self.drop_item(place, gate),
            (Then::LeftOut { place, items }, Answer::Gate(gate)) => self.left_out(place, items, &gate),
            (Then::Fail(frame, slot), Answer::Fail((record, because))) => {
                self.end_entry(frame, slot, *record, because);
            }
            (Then::Call(place, attempt), Answer::Call(asked)) => self.asked(place, attempt, asked),
            (Then::Verdict(verdict), Answer::Verdict(judged)) => self.judged(verdict, *judged),
            (then, answer) => unreachable!("not what was asked: {then:?}, {answer:?}"),
        }
    }

    /// Looks at an entry.
    pub(super) fn look(&mut self, id: FrameId, slot: usize) -> Look {
        let is_stopped = self.is_stopped(Place {
            frame: id,
            slot,
            item: 0,
        });
        match &self.frames[&id].nodes[slot].state {
            State::Waiting if is_stopped && self.knows_sources(id, slot) => {
                self.weigh(id, slot, true);
                Look::Again
            }
            State::Waiting if !is_stopped && self.is_ready(id, slot) => {
                let is_dropped = self.is_never_begun(id, slot);
                self.weigh(id, slot, is_dropped);
                Look::Again
            }
            State::Waiting => {
                self.note_block(id, slot);
                Look::Nothing
            }
            State::Calling(calling) if calling.next < calling.items.len() => self.next_item(id, slot),
            State::Inside(inside) if inside.next < inside.items.len() => self.next_iteration(id, slot),
            // Its state may be set back by whoever does it.
            State::Meeting(_) => Look::Nothing,
            State::Calling(_) | State::Inside(_) | State::Settled => {
                self.pass_if_sent(id, slot);
                if let Some(frame) = self.frames.get_mut(&id) {
                    frame.agenda.remove(&slot);
                }
                Look::Nothing
            }
        }
    }

    /// Asks what an entry's conditions and its loop say, as far as its sources do not decide it.
    fn weigh(&mut self, frame: FrameId, slot: usize, is_stopped: bool) {
        let place = Place { frame, slot, item: 0 };
        let entry_id = self.entry_at(place);
        if !is_stopped && self.take_over_entry(place) {
            return;
        }
        let (trigger, maybe) = match self.sources(frame, entry_id) {
            Sources::Go(trigger, maybe) => (trigger, maybe),
            Sources::End(end) => return self.weighed(frame, slot, Weighed::End(end), is_stopped),
            Sources::Later => return self.weighed(frame, slot, Weighed::Later, is_stopped),
        };
        let entry = self.program.playbook.entry(entry_id);
        let has_loop = entry.repeat.is_some();
        if let Some(because) = maybe.as_ref().filter(|_| has_loop) {
            let end = (Box::new(Record::unknown(because.clone())), Some(because.clone()));
            self.weighed(frame, slot, Weighed::End(end), is_stopped);
            return;
        }
        if !has_loop && entry.when.is_empty() {
            let gate = maybe.map_or(Gate::Open, Gate::Unknown);
            self.weighed(frame, slot, gate.weigh(trigger), is_stopped);
            return;
        }
        let question = if has_loop {
            Question::Items(frame, slot, entry_id)
        } else {
            Question::Gate(frame, entry_id, maybe)
        };
        let then = Then::Weigh {
            frame,
            slot,
            trigger,
            is_stopped,
        };
        self.ask(question, then);
    }

    fn weighed(&mut self, id: FrameId, slot: usize, weighed: Weighed, is_stopped: bool) {
        if is_stopped {
            return self.end_stopped(id, slot, weighed);
        }
        let entry = self.entry_at(Place {
            frame: id,
            slot,
            item: 0,
        });
        let is_list = self.program.playbook.entry(entry).action.is_group();
        let is_set = self
            .frames
            .get(&id)
            .is_none_or(|frame| frame.nodes[slot].settings.is_some());
        let asks = !is_set && Settings::are_asked(self.program.playbook.entry(entry));
        match weighed {
            Weighed::Begin(trigger, items) if asks => {
                let then = Then::Settings {
                    frame: id,
                    slot,
                    trigger,
                    items,
                };
                self.ask(Question::Settings(id, entry), then);
            }
            Weighed::Begin(trigger, items) if self.program.asks && !is_list => {
                let then = Then::Step {
                    frame: id,
                    slot,
                    trigger,
                    items,
                };
                self.ask(Question::Step(entry), then);
            }
            weighed => self.decided(id, slot, weighed),
        }
    }

    /// It is known whether an entry is begun.
    fn decided(&mut self, id: FrameId, slot: usize, weighed: Weighed) {
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        let entry_id = self.entry_at(place);
        let program = Arc::clone(&self.program);
        let entry = program.playbook.entry(entry_id);
        let meets = program.once[entry_id.index()] && !self.doing.contains(&entry_id);
        let (trigger, items) = match weighed {
            Weighed::Later => return self.ask_later(place),
            Weighed::Begin(..) if meets => return self.arrive(id, slot, Ok(())),
            Weighed::End(end) if meets => return self.arrive(id, slot, Err(end)),
            Weighed::End((record, because)) => return self.end_entry(id, slot, *record, because),
            Weighed::Begin(trigger, items) => (trigger, items),
        };
        let is_loop = entry.repeat.is_some();
        let is_empty = items.is_empty();
        match &entry.action {
            Action::Call(_) => {
                self.set_state(id, slot, State::Calling(Calling::new(items, is_loop, trigger)));
                if is_empty {
                    self.end_call(id, slot);
                }
            }
            Action::Group(_) => {
                if !is_empty {
                    self.tell_group_started(place, is_loop.then_some(items.len()));
                }
                self.set_state(id, slot, State::Inside(Inside::new(items, is_loop, self.now)));
                if is_empty {
                    self.never_begun(id, entry_id, &Record::of(Outcome::Skipped));
                    self.end_group(id, slot);
                }
            }
            Action::Fail(_) => {
                let question = Question::Fail {
                    frame: id,
                    slot,
                    entry: entry_id,
                    items: items.len(),
                };
                self.ask(question, Then::Fail(id, slot));
            }
        }
    }

    /// A call that was begun before the sources of its `on_change` have ended, and cannot be made: whether it fails by that,
    /// or is left out, is known when they have.
    pub(super) fn ask_later(&mut self, place: Place) {
        if let Some(frame) = self.frames.get_mut(&place.frame) {
            let node = &mut frame.nodes[place.slot];
            node.state = State::Waiting;
            node.needs_sources = true;
        }
    }

    /// Ends an entry that is not to be begun any more. What its conditions leave out is skipped, as it would have been; the
    /// rest is canceled. So it makes no difference when the failure, or the interrupt, was heard of.
    fn end_stopped(&mut self, id: FrameId, slot: usize, weighed: Weighed) {
        let place = Place {
            frame: id,
            slot,
            item: 0,
        };
        let entry = self.program.playbook.entry(self.entry_at(place));
        let (has_loop, is_call) = (entry.repeat.is_some(), entry.action.call().is_some());
        match weighed {
            Weighed::End((record, because)) if record.outcome() == Outcome::Skipped => {
                self.drop_entry(id, slot, *record, because);
            }
            Weighed::Begin(trigger, items) if has_loop && is_call => {
                let is_empty = items.is_empty();
                self.set_state(id, slot, State::Calling(Calling::new(items, true, trigger)));
                self.drop_unsent(id, slot);
                if is_empty {
                    self.end_call(id, slot);
                }
            }
            Weighed::Begin(_, items) if has_loop => self.ask_left_out(place, items.len()),
            Weighed::Begin(..) | Weighed::End(_) | Weighed::Later => self.cancel_entry(id, slot),
        }
    }

    /// Whether the conditions leave out all items of a group that is not begun any more, from this one on.
    fn ask_left_out(&mut self, place: Place, items: usize) {
        if place.item == items {
            let because = Some("no item was left".to_owned());
            self.drop_entry(place.frame, place.slot, Record::of(Outcome::Skipped), because);
            return;
        }
        let question = Question::Item {
            place,
            entry: self.entry_at(place),
            is_patient: false,
        };
        self.ask(question, Then::LeftOut { place, items });
    }

    fn left_out(&mut self, place: Place, items: usize, gate: &Gate) {
        if matches!(gate, Gate::Shut(_)) {
            let item = place.item + 1;
            self.ask_left_out(Place { item, ..place }, items);
        } else {
            self.cancel_entry(place.frame, place.slot);
        }
    }

    /// Makes the next call of an entry, if it may be under way now.
    fn next_item(&mut self, id: FrameId, slot: usize) -> Look {
        let is_full = self.is_full();
        let Some(frame) = self.frames.get_mut(&id) else {
            return Look::Nothing;
        };
        let entry = frame.nodes[slot].entry;
        let State::Calling(calling) = &mut frame.nodes[slot].state else {
            return Look::Nothing;
        };
        // An item that is made until something holds has ended before the next one begins.
        let has_open = calling.open > calling.items.len() - calling.next;
        let waits = is_full || (has_open && repeats(&self.program.playbook, entry));
        if waits && !calling.is_dropped {
            return Look::Nothing;
        }
        let item = calling.next;
        calling.next += 1;
        let is_dropped = calling.is_dropped;
        let asks = calling.is_loop && !self.program.playbook.entry(entry).when.is_empty();
        let place = Place {
            frame: id,
            slot,
            item,
        };
        if !is_dropped {
            if !self.take_over_item(place) {
                self.make(place, 1);
            }
        } else if asks {
            // What reads a secret that nobody has asked for yet is not worth waiting for.
            let question = Question::Item {
                place,
                entry,
                is_patient: false,
            };
            self.ask(question, Then::Drop(place));
        } else {
            self.drop_item(place, Gate::Open);
        }
        Look::Again
    }

    /// Ends an item of a call that is not made any more: what its `when` leaves out is skipped, the rest canceled.
    fn drop_item(&mut self, place: Place, gate: Gate) {
        match gate {
            Gate::Shut(because) => {
                let record = Record::of(Outcome::Skipped);
                self.end_item(place, record, Some(because), 0, Secrecy::Public);
            }
            _ => self.cancel_item(place, self.why_not_begun(place)),
        }
    }

    fn set_state(&mut self, id: FrameId, slot: usize, state: State) {
        if let Some(frame) = self.frames.get_mut(&id) {
            frame.nodes[slot].state = state;
        }
    }

    pub(super) fn is_check(&self) -> bool {
        self.program.mode == Mode::Check
    }
}
