//! Which host may enter which round, and when; when too many have failed. Knows nothing of connections, calls or time.

mod member;
mod once;
mod round;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::event::HostOutcome;
use crate::name::{EntryId, HostId, RoundId};
use crate::playbook::{Playbook, Round, Share};
use crate::runner::coordinator::member::Phase;
use crate::runner::coordinator::once::Turn;
use crate::runner::coordinator::round::RoundState;

pub(super) use round::{Batch, Excess};

/// The state of every round.
///
/// What it costs in all is hosts × rounds and the edges between the rounds: what is told marks the rounds that it concerns,
/// and only these are looked at.
#[derive(Debug)]
pub(super) struct Coordinator<R> {
    rounds: Vec<RoundState<R>>,
    /// By round: those that come after it, directly or through others.
    dependents: Vec<Vec<RoundId>>,
    /// The rounds for which something is different since the last steps. Only later rounds wait for a round, so that the
    /// first of these never has to be looked at twice.
    touched: BTreeSet<RoundId>,
    /// In how many rounds each host is, or is still to be.
    busy: HashMap<HostId, usize>,
    /// Hosts that have left a round since the last steps, or lost their place.
    moved: BTreeSet<HostId>,
    open: usize,
    is_closed: bool,
}

/// What is to be done now.
#[derive(Debug)]
pub(super) enum Step<R> {
    /// A round begins: its first host enters.
    Begin(RoundId),
    /// A batch of a round begins.
    Batch(Batch),
    /// A host enters a round.
    Enter(HostId, RoundId),
    /// A round has ended.
    End(RoundId),
    /// A host does an entry for all.
    Elect(HostId, EntryId),
    /// A host has the result of an entry that was done for all.
    Share(HostId, EntryId, R),
    /// No host may do an entry: it ends on each by itself.
    Alone(HostId, EntryId),
    /// Nothing more comes for a host.
    Finish(HostId),
}

/// What is to be known of a round.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Its hosts, in order.
    pub(super) hosts: Vec<HostId>,
    /// The rounds that come first: written before it.
    pub(super) needs: Vec<RoundId>,
    /// Whether it waits until every host has ended those.
    pub(super) barrier: bool,
    /// The sizes of its batches; empty: all hosts at once.
    pub(super) serial: Vec<Share>,
    /// More failures than this stop the run.
    pub(super) max_failures: Option<Share>,
}

/// The rounds of a playbook, with the hosts that a limit leaves.
pub(super) fn shapes(playbook: &Playbook, limit: Option<&HashSet<HostId>>) -> Vec<Shape> {
    let allowed = |host: &&HostId| limit.is_none_or(|limit| limit.contains(host));
    let shape = |round: &Round| Shape {
        hosts: round.hosts.iter().filter(allowed).copied().collect(),
        needs: round.needs.clone(),
        barrier: round.barrier,
        serial: round.serial.clone(),
        max_failures: round.max_failures,
    };
    playbook.rounds.iter().map(shape).collect()
}

impl<R: Clone> Coordinator<R> {
    /// For these rounds, none of them begun.
    pub(super) fn new(shapes: Vec<Shape>) -> Self {
        let mut rounds: Vec<RoundState<R>> = Vec::with_capacity(shapes.len());
        let mut all_needs: Vec<BTreeSet<RoundId>> = Vec::with_capacity(shapes.len());
        let mut dependents = vec![Vec::new(); shapes.len()];
        let mut busy: HashMap<HostId, usize> = HashMap::new();
        for (at, shape) in shapes.into_iter().enumerate() {
            let mut needs: BTreeSet<RoundId> = shape.needs.iter().copied().collect();
            for need in &shape.needs {
                needs.extend(&all_needs[need.index()]);
            }
            for need in &needs {
                dependents[need.index()].push(RoundId::at(at));
            }
            for host in &shape.hosts {
                *busy.entry(*host).or_default() += 1;
            }
            // Behind a barrier nobody asks for it.
            let before: &[RoundState<R>] = if shape.barrier { &[] } else { &rounds };
            let is_in = |need: &&RoundId, host| {
                let need = before.get(need.index());
                need.is_some_and(|it| it.phase(host).is_some())
            };
            let needs_left = |host| needs.iter().filter(|need| is_in(need, host)).count();
            let round = RoundState::new(shape, needs.len(), needs_left);
            rounds.push(round);
            all_needs.push(needs);
        }
        Self {
            open: rounds.len(),
            touched: (0..rounds.len()).map(RoundId::at).collect(),
            rounds,
            dependents,
            busy,
            moved: BTreeSet::new(),
            is_closed: false,
        }
    }

    /// The hosts of a round, in order.
    pub(super) fn hosts(&self, round: RoundId) -> &[HostId] {
        &self.rounds[round.index()].hosts
    }

    /// A host has left a round. Whether too many have failed by that: then nobody is to enter anything any more.
    pub(super) fn left(&mut self, host: HostId, round: RoundId, outcome: HostOutcome) -> Option<Excess> {
        self.drop_out(host, round);
        self.moved.insert(host);
        if outcome == HostOutcome::Ok {
            return None;
        }
        self.enters_nothing(host);
        if !matches!(outcome, HostOutcome::Failed | HostOutcome::Unreachable) {
            return None;
        }
        self.rounds[round.index()].failed().filter(|_| !self.is_closed)
    }

    /// The rounds that a host is in.
    pub(super) fn rounds_of(&self, host: HostId) -> Vec<RoundId> {
        let inside = |round: &RoundId| self.rounds[round.index()].phase(host) == Some(Phase::Inside);
        (0..self.rounds.len()).map(RoundId::at).filter(inside).collect()
    }

    /// A host is gone: it enters nothing any more.
    pub(super) fn lose(&mut self, host: HostId) {
        self.enters_nothing(host);
        self.moved.insert(host);
    }

    fn enters_nothing(&mut self, host: HostId) {
        for at in 0..self.rounds.len() {
            if self.rounds[at].phase(host) == Some(Phase::Waiting) {
                self.drop_out(host, RoundId::at(at));
            }
        }
    }

    /// A host is in a round no more, and will not be.
    fn drop_out(&mut self, host: HostId, id: RoundId) {
        let round = &mut self.rounds[id.index()];
        if matches!(round.phase(host), None | Some(Phase::Gone)) {
            return;
        }
        round.drop_out(host);
        self.touched.insert(id);
        for dependent in &self.dependents[id.index()] {
            let later = &mut self.rounds[dependent.index()];
            if !later.barrier && later.is_freed(host) {
                self.touched.insert(*dependent);
            }
        }
        if let Some(busy) = self.busy.get_mut(&host) {
            *busy -= 1;
        }
    }

    /// A host waits at an entry that is done once.
    pub(super) fn arrived(&mut self, round: RoundId, host: HostId, entry: EntryId, may_do: bool) {
        self.touched.insert(round);
        if let Some((once, place, _)) = self.rounds[round.index()].once(entry, host) {
            once.arrived(host, place, may_do);
        }
    }

    /// A host does not come to an entry that is done once, or waits there no more.
    pub(super) fn passed(&mut self, round: RoundId, host: HostId, entry: EntryId) {
        self.touched.insert(round);
        if let Some((once, place, is_here)) = self.rounds[round.index()].once(entry, host) {
            once.passed(host, place, is_here);
        }
    }

    /// A host has done an entry for all.
    pub(super) fn done(&mut self, round: RoundId, host: HostId, entry: EntryId, shared: R) {
        self.touched.insert(round);
        if let Some((once, place, is_here)) = self.rounds[round.index()].once(entry, host) {
            once.done(host, place, is_here, shared);
        }
    }

    /// Nobody enters anything any more. Gives the hosts that would have.
    pub(super) fn close(&mut self) -> BTreeSet<HostId> {
        self.is_closed = true;
        let mut waiting = BTreeSet::new();
        for at in 0..self.rounds.len() {
            for host in self.rounds[at].waiting() {
                waiting.insert(host);
                self.drop_out(host, RoundId::at(at));
            }
        }
        self.moved.extend(&waiting);
        waiting
    }

    /// Whether every round has ended.
    pub(super) fn is_done(&self) -> bool {
        self.open == 0
    }

    /// What is to be done now, in order; each step is given once.
    pub(super) fn steps(&mut self) -> Vec<Step<R>> {
        let mut steps = Vec::new();
        while let Some(round) = self.touched.pop_first() {
            self.step(round, &mut steps);
        }
        for host in std::mem::take(&mut self.moved) {
            if self.busy.get(&host).is_none_or(|busy| *busy == 0) {
                steps.push(Step::Finish(host));
            }
        }
        steps
    }

    fn step(&mut self, id: RoundId, steps: &mut Vec<Step<R>>) {
        let round = &mut self.rounds[id.index()];
        if round.ended {
            return;
        }
        round.next_batch();
        let had_begun = round.begun;
        let entering = round.enter();
        if round.begun && !had_begun {
            steps.push(Step::Begin(id));
        }
        if !entering.is_empty() {
            steps.extend(round.announce(id).map(Step::Batch));
            steps.extend(entering.into_iter().map(|host| Step::Enter(host, id)));
        }
        for (entry, turn) in round.turns() {
            match turn {
                Turn::Elect(host) => steps.push(Step::Elect(host, entry)),
                Turn::Alone(hosts) => {
                    steps.extend(hosts.into_iter().map(|host| Step::Alone(host, entry)));
                }
                Turn::Share(hosts, shared) => {
                    let share = |host| Step::Share(host, entry, shared.clone());
                    steps.extend(hosts.into_iter().map(share));
                }
            }
        }
        if round.needs_open == 0 && round.is_empty() {
            round.ended = true;
            if round.begun {
                steps.push(Step::End(id));
            }
            self.open -= 1;
            for dependent in &self.dependents[id.index()] {
                let later = &mut self.rounds[dependent.index()];
                later.needs_open -= 1;
                if later.needs_open == 0 {
                    later.needs_are_done();
                    self.touched.insert(*dependent);
                }
            }
        }
    }
}
