//! The order of calls that were sent ahead: which may start, and which ones never will.

use std::collections::{BTreeMap, HashMap};

use crate::protocol::{Need, Outcome, Request};

/// What is to be done about a call now.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// It may start.
    Run(Box<Request>),
    /// In check mode: whether it would be made is not known, because of this call. It never starts.
    Maybe(Box<Request>, u64),
    /// It never starts, and this is its outcome.
    Answer(u64, Outcome),
}

#[derive(Debug)]
enum State {
    Waiting(Waiting),
    Running,
    Ended(Outcome),
}

/// A call that waits for others.
#[derive(Debug)]
struct Waiting {
    request: Box<Request>,
    /// How many of those that it names have not ended.
    open: usize,
    /// How those that it names have ended. Kept here, so that a call may be forgotten while others wait that name it.
    fates: BTreeMap<u64, Outcome>,
    /// It was taken back and answered. It keeps its place until those before it have ended: whatever waits for its end
    /// relies on that.
    is_withdrawn: bool,
}

/// All calls that the agent knows.
#[derive(Debug, Default)]
pub(crate) struct Order {
    calls: BTreeMap<u64, State>,
    /// Who waits for a call that has not ended.
    followers: HashMap<u64, Vec<u64>>,
    /// How many have not ended.
    open: usize,
}

impl Order {
    /// Takes a call.
    ///
    /// # Errors
    /// Where its number was used before.
    pub(crate) fn add(&mut self, request: Box<Request>) -> Result<Vec<Step>, u64> {
        self.forget(request.settled);
        let id = request.id;
        if self.calls.contains_key(&id) {
            return Err(id);
        }
        let sources = request.if_changed.iter().flatten().copied();
        let mut open = 0;
        let mut fates = BTreeMap::new();
        for before in request.after.iter().map(|after| after.id).chain(sources) {
            match self.calls.get(&before) {
                Some(State::Waiting(_) | State::Running) => {
                    open += 1;
                    self.followers.entry(before).or_default().push(id);
                }
                Some(State::Ended(fate)) => drop(fates.insert(before, *fate)),
                // Answered long ago, so that it has succeeded: a failure would have been heard of before this was sent.
                None => {}
            }
        }
        self.open += 1;
        let waiting = Waiting {
            request,
            open,
            fates,
            is_withdrawn: false,
        };
        self.calls.insert(id, State::Waiting(waiting));
        let mut steps = Vec::new();
        if open == 0 {
            self.release(id, &mut steps);
        }
        Ok(steps)
    }

    /// Takes note that a call which was started has ended, and says what follows from that.
    pub(crate) fn ended(&mut self, id: u64, outcome: Outcome) -> Vec<Step> {
        let mut steps = Vec::new();
        self.settle(id, outcome, &mut steps);
        steps
    }

    /// Takes a call back that still waits: it will never start. Whether it did wait; it is answered then. What waits for
    /// its end goes on waiting until those before it have ended.
    pub(crate) fn withdraw(&mut self, id: u64) -> bool {
        match self.calls.get_mut(&id) {
            Some(State::Waiting(waiting)) => !std::mem::replace(&mut waiting.is_withdrawn, true),
            _ => false,
        }
    }

    /// Whether every call has ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.open == 0
    }

    fn forget(&mut self, settled: u64) {
        while let Some(entry) = self.calls.first_entry() {
            if *entry.key() >= settled || !matches!(entry.get(), State::Ended(_)) {
                break;
            }
            entry.remove();
        }
    }

    /// Starts or answers a call all of whose predecessors have ended.
    fn release(&mut self, id: u64, steps: &mut Vec<Step>) {
        let Some(State::Waiting(waiting)) = self.calls.get(&id) else {
            return;
        };
        if waiting.is_withdrawn {
            self.settle(id, Outcome::Dropped, steps);
            return;
        }
        match waiting.verdict() {
            Ok(()) => {
                if let Some(State::Waiting(waiting)) = self.calls.insert(id, State::Running) {
                    steps.push(Step::Run(waiting.request));
                }
            }
            Err(outcome @ Outcome::Unknown { because }) => {
                if let Some(State::Waiting(waiting)) = self.calls.insert(id, State::Running) {
                    steps.push(Step::Maybe(waiting.request, because));
                }
                self.settle(id, outcome, steps);
            }
            Err(outcome) => {
                steps.push(Step::Answer(id, outcome));
                self.settle(id, outcome, steps);
            }
        }
    }

    fn settle(&mut self, id: u64, outcome: Outcome, steps: &mut Vec<Step>) {
        if matches!(self.calls.get(&id), Some(State::Ended(_)) | None) {
            return;
        }
        self.calls.insert(id, State::Ended(outcome));
        self.open -= 1;
        for follower in self.followers.remove(&id).unwrap_or_default() {
            if let Some(State::Waiting(waiting)) = self.calls.get_mut(&follower) {
                waiting.fates.insert(id, outcome);
                waiting.open -= 1;
                if waiting.open == 0 {
                    self.release(follower, steps);
                }
            }
        }
    }
}

impl Waiting {
    /// Whether it starts, or how it ends without starting.
    fn verdict(&self) -> Result<(), Outcome> {
        let request = &self.request;
        let is_dropped = request.after.iter().any(|after| {
            let fate = self.fates.get(&after.id);
            fate.is_some_and(|fate| match after.need {
                Need::Ended => false,
                Need::NotDropped => *fate == Outcome::Dropped,
                Need::Succeeded => {
                    matches!(fate, Outcome::Dropped | Outcome::Failed | Outcome::Killed)
                }
            })
        });
        if is_dropped {
            return Err(Outcome::Dropped);
        }
        if let Some(sources) = &request.if_changed {
            let fates = || sources.iter().filter_map(|id| self.fates.get(id));
            // What was killed may have changed something.
            let has_changed = |it: &Outcome| matches!(it, Outcome::Changed | Outcome::Killed);
            if !request.changed_before && !fates().any(has_changed) {
                let unknown = fates().copied().find(|it| matches!(it, Outcome::Unknown { .. }));
                return Err(unknown.unwrap_or(Outcome::Skipped));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
