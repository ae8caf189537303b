//! The order of calls that were sent ahead: which may start, and which ones never will.

use std::collections::{BTreeMap, HashMap};

use crate::protocol::{Mode, Need, Outcome, Request};

/// What is to be done about a call now.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// It may start. In check mode with the call before it that would change something.
    Run(Box<Request>, Option<u64>),
    /// It never starts, and this is its outcome.
    Answer(u64, Outcome),
}

/// What those that come after a call need to know of it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fate {
    good: bool,
    changed: bool,
    /// In check mode: the call whose change was not made.
    would_change: Option<u64>,
    unknown: bool,
}

#[derive(Debug)]
enum State {
    Waiting(Waiting),
    Running {
        mode: Mode,
        ignore_errors: bool,
        /// In check mode: the change before it that was not made. Those after it are behind that one too.
        behind: Option<u64>,
    },
    Ended(Fate),
}

#[derive(Debug)]
struct Waiting {
    request: Box<Request>,
    reads: bool,
    open: usize,
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
    /// Takes a call. `reads`: it only looks, so that in check mode it must not look too early.
    ///
    /// # Errors
    /// Where its number was used before.
    pub(crate) fn add(&mut self, request: Box<Request>, reads: bool) -> Result<Vec<Step>, u64> {
        self.forget(request.settled);
        let id = request.id;
        if self.calls.contains_key(&id) {
            return Err(id);
        }
        let sources = request.if_changed.iter().flatten().copied();
        let mut open = 0;
        for before in request.after.iter().map(|after| after.id).chain(sources) {
            if before != id && self.is_open(before) {
                open += 1;
                self.followers.entry(before).or_default().push(id);
            }
        }
        self.open += 1;
        let waiting = Waiting { request, reads, open };
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

    /// Takes a call out that still waits; it counts as failed. `None` where it does not wait.
    pub(crate) fn withdraw(&mut self, id: u64) -> Option<Vec<Step>> {
        match self.calls.get(&id) {
            Some(State::Waiting(_)) => Some(self.ended(id, Outcome::Failed)),
            _ => None,
        }
    }

    /// Whether every call has ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.open == 0
    }

    fn is_open(&self, id: u64) -> bool {
        matches!(
            self.calls.get(&id),
            Some(State::Waiting(_) | State::Running { .. })
        )
    }

    fn forget(&mut self, settled: u64) {
        while let Some(entry) = self.calls.first_entry() {
            if *entry.key() >= settled || !matches!(entry.get(), State::Ended(_)) {
                break;
            }
            entry.remove();
        }
    }

    fn fate(&self, id: u64) -> Option<Fate> {
        match self.calls.get(&id) {
            Some(State::Ended(fate)) => Some(*fate),
            _ => None,
        }
    }

    /// Starts or answers a call all of whose predecessors have ended.
    fn release(&mut self, id: u64, steps: &mut Vec<Step>) {
        let Some(State::Waiting(Waiting { request, reads, .. })) = self.calls.get(&id) else {
            return;
        };
        match self.verdict(request, *reads) {
            Ok(behind) => {
                let running = State::Running {
                    mode: request.mode,
                    ignore_errors: request.ignore_errors,
                    behind,
                };
                if let Some(State::Waiting(waiting)) = self.calls.insert(id, running) {
                    steps.push(Step::Run(waiting.request, behind));
                }
            }
            Err(outcome) => {
                steps.push(Step::Answer(id, outcome));
                self.settle(id, outcome, steps);
            }
        }
    }

    /// Whether a call starts (and behind which change that was not made), or how it ends without starting.
    fn verdict(&self, request: &Request, reads: bool) -> Result<Option<u64>, Outcome> {
        let needed = request.after.iter().filter(|after| after.need == Need::Succeeded);
        if needed.filter_map(|after| self.fate(after.id)).any(|it| !it.good) {
            return Err(Outcome::Dropped);
        }
        if let Some(sources) = &request.if_changed {
            let fates = || sources.iter().filter_map(|id| self.fate(*id));
            if !request.changed_before && !fates().any(|it| it.changed) {
                let unknown = fates().find(|it| it.unknown).and_then(|it| it.would_change);
                return Err(unknown.map_or(Outcome::Skipped, |because| Outcome::Unknown { because }));
            }
        }
        if request.mode == Mode::Apply {
            return Ok(None);
        }
        let before = request.after.iter().map(|after| after.id);
        let behind = before
            .chain(request.if_changed.iter().flatten().copied())
            .find_map(|id| self.fate(id)?.would_change)
            .or(request.behind);
        match behind {
            Some(because) if reads => Err(Outcome::Unknown { because }),
            behind => Ok(behind),
        }
    }

    fn settle(&mut self, id: u64, outcome: Outcome, steps: &mut Vec<Step>) {
        let (mode, ignored, behind) = match self.calls.get(&id) {
            Some(State::Waiting(Waiting { request, .. })) => {
                (request.mode, request.ignore_errors, request.behind)
            }
            Some(State::Running {
                mode,
                ignore_errors,
                behind,
            }) => (*mode, *ignore_errors, *behind),
            Some(State::Ended(_)) | None => return,
        };
        let fate = Fate {
            good: match outcome {
                Outcome::Failed => ignored,
                Outcome::Dropped => false,
                Outcome::Ok | Outcome::Changed | Outcome::Skipped | Outcome::Unknown { .. } => true,
            },
            changed: outcome == Outcome::Changed,
            would_change: match outcome {
                Outcome::Unknown { because } => Some(because),
                Outcome::Changed if mode == Mode::Check => Some(id),
                _ => behind,
            },
            unknown: matches!(outcome, Outcome::Unknown { .. }),
        };
        self.calls.insert(id, State::Ended(fate));
        self.open -= 1;
        for follower in self.followers.remove(&id).unwrap_or_default() {
            if let Some(State::Waiting(waiting)) = self.calls.get_mut(&follower) {
                waiting.open -= 1;
                if waiting.open == 0 {
                    self.release(follower, steps);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::After;

    fn call(id: u64, after: &[(u64, Need)]) -> Box<Request> {
        Box::new(Request {
            id,
            tool: "a.b".into(),
            account: None,
            args: Vec::new(),
            mode: Mode::Apply,
            diff: false,
            stream: false,
            read_only: false,
            ignore_errors: false,
            timeout_ms: None,
            after: after.iter().map(|&(id, need)| After { id, need }).collect(),
            if_changed: None,
            changed_before: false,
            behind: None,
            settled: 0,
        })
    }

    fn check(id: u64, after: &[(u64, Need)]) -> Box<Request> {
        let mut request = call(id, after);
        request.mode = Mode::Check;
        request
    }

    fn started(steps: &[Step]) -> Vec<(u64, Option<u64>)> {
        let run = |step: &Step| match step {
            Step::Run(request, behind) => Some((request.id, *behind)),
            Step::Answer(..) => None,
        };
        steps.iter().filter_map(run).collect()
    }

    fn answered(steps: &[Step]) -> Vec<(u64, Outcome)> {
        let answer = |step: &Step| match step {
            Step::Answer(id, outcome) => Some((*id, *outcome)),
            Step::Run(..) => None,
        };
        steps.iter().filter_map(answer).collect()
    }

    #[test]
    fn a_call_starts_when_all_before_it_have_ended() {
        let mut order = Order::default();
        assert_eq!(started(&order.add(call(1, &[]), false).unwrap()), [(1, None)]);
        assert_eq!(started(&order.add(call(2, &[]), false).unwrap()), [(2, None)]);
        let both = [(1, Need::Succeeded), (2, Need::Ended)];
        assert!(order.add(call(3, &both), false).unwrap().is_empty());
        assert!(order.ended(1, Outcome::Ok).is_empty());
        assert_eq!(started(&order.ended(2, Outcome::Failed)), [(3, None)]);
    }

    #[test]
    fn a_failure_drops_the_whole_chain_behind_it_at_once() {
        let mut order = Order::default();
        order.add(call(1, &[]), false).unwrap();
        order.add(call(2, &[(1, Need::Succeeded)]), false).unwrap();
        order.add(call(3, &[(2, Need::Succeeded)]), false).unwrap();
        order.add(call(4, &[(3, Need::Ended)]), false).unwrap();
        let steps = order.ended(1, Outcome::Failed);
        assert_eq!(answered(&steps), [(2, Outcome::Dropped), (3, Outcome::Dropped)]);
        assert_eq!(started(&steps), [(4, None)]);
    }

    #[test]
    fn an_ignored_failure_and_a_skip_count_as_success() {
        let mut order = Order::default();
        let mut ignored = call(1, &[]);
        ignored.ignore_errors = true;
        order.add(ignored, false).unwrap();
        let mut handler = call(2, &[]);
        handler.if_changed = Some(vec![1]);
        order.add(handler, false).unwrap();
        order
            .add(call(3, &[(1, Need::Succeeded), (2, Need::Succeeded)]), false)
            .unwrap();
        let steps = order.ended(1, Outcome::Failed);
        assert_eq!(answered(&steps), [(2, Outcome::Skipped)]);
        assert_eq!(started(&steps), [(3, None)]);
    }

    #[test]
    fn a_handler_runs_if_a_source_changed_now_or_before() {
        let mut order = Order::default();
        order.add(call(1, &[]), false).unwrap();
        let mut handler = call(2, &[]);
        handler.if_changed = Some(vec![1]);
        order.add(handler, false).unwrap();
        assert_eq!(started(&order.ended(1, Outcome::Changed)), [(2, None)]);
        let mut owed = call(3, &[]);
        owed.if_changed = Some(Vec::new());
        owed.changed_before = true;
        assert_eq!(started(&order.add(owed, false).unwrap()), [(3, None)]);
    }

    #[test]
    fn in_check_mode_a_read_behind_a_change_is_unknown_and_a_writer_knows_of_it() {
        let mut order = Order::default();
        order.add(check(1, &[]), false).unwrap();
        order.add(check(2, &[(1, Need::Ended)]), true).unwrap();
        order.add(check(3, &[(1, Need::Ended)]), false).unwrap();
        order.add(check(4, &[(2, Need::Succeeded)]), true).unwrap();
        let steps = order.ended(1, Outcome::Changed);
        let unknown = Outcome::Unknown { because: 1 };
        assert_eq!(answered(&steps), [(2, unknown), (4, unknown)]);
        assert_eq!(started(&steps), [(3, Some(1))]);
    }

    #[test]
    fn in_check_mode_a_handler_follows_its_source() {
        let mut order = Order::default();
        order.add(check(1, &[]), false).unwrap();
        let mut handler = check(2, &[]);
        handler.if_changed = Some(vec![1]);
        order.add(handler, false).unwrap();
        assert_eq!(started(&order.ended(1, Outcome::Changed)), [(2, Some(1))]);
        order.add(check(3, &[]), false).unwrap();
        let mut handler = check(4, &[]);
        handler.if_changed = Some(vec![3]);
        order.add(handler, false).unwrap();
        let unknown = Outcome::Unknown { because: 9 };
        assert_eq!(answered(&order.ended(3, unknown)), [(4, unknown)]);
    }

    #[test]
    fn what_was_answered_long_ago_is_forgotten_and_counts_as_success() {
        let mut order = Order::default();
        order.add(call(1, &[]), false).unwrap();
        order.ended(1, Outcome::Ok);
        let mut later = call(5, &[(1, Need::Succeeded)]);
        later.settled = 2;
        assert_eq!(started(&order.add(later, false).unwrap()), [(5, None)]);
        assert_eq!(order.calls.len(), 1);
        assert_eq!(order.add(call(5, &[]), false), Err(5));
    }

    #[test]
    fn a_waiting_call_can_be_withdrawn_and_a_running_one_cannot() {
        let mut order = Order::default();
        order.add(call(1, &[]), false).unwrap();
        order.add(call(2, &[(1, Need::Ended)]), false).unwrap();
        order.add(call(3, &[(2, Need::Succeeded)]), false).unwrap();
        assert_eq!(order.withdraw(1), None);
        assert_eq!(answered(&order.withdraw(2).unwrap()), [(3, Outcome::Dropped)]);
        assert!(order.ended(1, Outcome::Ok).is_empty());
        assert!(order.is_idle());
    }
}
