//! Which host may enter which round, and when; when too many have failed. Knows nothing of connections, calls or time.

mod once;
mod round;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::event::HostOutcome;
use crate::name::{EntryId, HostId, RoundId};
use crate::playbook::Playbook;
use crate::runner::coordinator::once::{Once, Turn};
use crate::runner::coordinator::round::RoundState;
use crate::runner::once::Shared;

pub(super) use round::{Batch, Excess};

/// The state of every round.
#[derive(Debug)]
pub(super) struct Coordinator {
    rounds: Vec<RoundState>,
    /// Hosts that have left a round since the last steps, or lost their place.
    moved: BTreeSet<HostId>,
    is_closed: bool,
}

/// What is to be done now.
#[derive(Debug)]
pub(super) enum Step {
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
    Share(HostId, EntryId, Arc<Shared>),
    /// No host may do an entry: it ends on each by itself.
    Alone(HostId, EntryId),
    /// Nothing more comes for a host.
    Finish(HostId),
}

impl Coordinator {
    /// For the rounds of a playbook, with the hosts that a limit leaves.
    pub(super) fn new(playbook: &Playbook, limit: Option<&HashSet<HostId>>) -> Self {
        let allowed = |host: &&HostId| limit.is_none_or(|limit| limit.contains(host));
        let mut rounds: Vec<RoundState> = Vec::with_capacity(playbook.rounds.len());
        for round in &playbook.rounds {
            let hosts = round.hosts.iter().filter(allowed).copied().collect();
            // A round needs only rounds that are written before it.
            let mut needs: BTreeSet<RoundId> = round.needs.iter().copied().collect();
            for need in &round.needs {
                needs.extend(&rounds[need.index()].needs);
            }
            rounds.push(RoundState::new(round, needs.into_iter().collect(), hosts));
        }
        Self {
            rounds,
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
        let state = &mut self.rounds[round.index()];
        state.inside.remove(&host);
        state.once.values_mut().for_each(|once| once.passed(host));
        self.moved.insert(host);
        if outcome == HostOutcome::Ok {
            return None;
        }
        for round in &mut self.rounds {
            round.waiting.remove(&host);
        }
        if !matches!(outcome, HostOutcome::Failed | HostOutcome::Unreachable) {
            return None;
        }
        self.rounds[round.index()].failed().filter(|_| !self.is_closed)
    }

    /// A host waits at an entry that is done once.
    pub(super) fn arrived(&mut self, round: RoundId, host: HostId, entry: EntryId, may_do: bool) {
        self.once(round, entry).arrived(host, may_do);
    }

    /// A host does not come to an entry that is done once, or waits there no more.
    pub(super) fn passed(&mut self, round: RoundId, host: HostId, entry: EntryId) {
        self.once(round, entry).passed(host);
    }

    /// A host has done an entry for all.
    pub(super) fn done(&mut self, round: RoundId, host: HostId, entry: EntryId, shared: Arc<Shared>) {
        self.once(round, entry).done(host, shared);
    }

    fn once(&mut self, round: RoundId, entry: EntryId) -> &mut Once {
        self.rounds[round.index()].once.entry(entry).or_default()
    }

    /// Nobody enters anything any more. Gives the hosts that would have.
    pub(super) fn close(&mut self) -> BTreeSet<HostId> {
        self.is_closed = true;
        let waiting: BTreeSet<_> = self
            .rounds
            .iter_mut()
            .flat_map(|round| std::mem::take(&mut round.waiting))
            .collect();
        self.moved.extend(&waiting);
        waiting
    }

    /// Whether every round has ended.
    pub(super) fn is_done(&self) -> bool {
        self.rounds.iter().all(|round| round.ended)
    }

    /// What is to be done now, in order; each step is given once.
    pub(super) fn steps(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut changed = true;
        while changed {
            changed = false;
            for at in 0..self.rounds.len() {
                changed |= self.step(RoundId::at(at), &mut steps);
            }
        }
        for host in std::mem::take(&mut self.moved) {
            if !self.rounds.iter().any(|round| round.is_busy(host)) {
                steps.push(Step::Finish(host));
            }
        }
        steps
    }

    fn step(&mut self, id: RoundId, steps: &mut Vec<Step>) -> bool {
        if self.rounds[id.index()].ended {
            return false;
        }
        let (before, rest) = self.rounds.split_at_mut(id.index());
        let Some(round) = rest.first_mut() else {
            return false;
        };
        let needs: Vec<_> = round.needs.iter().map(|need| &before[need.index()]).collect();
        let needs_done = needs.iter().all(|need| need.ended);
        let is_free = |host: HostId| !needs.iter().any(|need| need.is_busy(host));
        let barrier = round.barrier;
        let mut moved = round.next_batch();
        let had_begun = round.begun;
        let entering = round.enter(|host| needs_done || (!barrier && is_free(host)));
        if round.begun && !had_begun {
            steps.push(Step::Begin(id));
        }
        if !entering.is_empty() {
            moved = true;
            steps.extend(round.announce(id).map(Step::Batch));
            steps.extend(entering.into_iter().map(|host| Step::Enter(host, id)));
        }
        if !round.once.is_empty() {
            let here = round.here();
            for (entry, once) in &mut round.once {
                match once.turn(&here) {
                    None => {}
                    Some(Turn::Elect(host)) => steps.push(Step::Elect(host, *entry)),
                    Some(Turn::Alone(hosts)) => {
                        steps.extend(hosts.into_iter().map(|host| Step::Alone(host, *entry)));
                    }
                    Some(Turn::Share(hosts, shared)) => {
                        let share = |host| Step::Share(host, *entry, Arc::clone(&shared));
                        steps.extend(hosts.into_iter().map(share));
                    }
                }
            }
        }
        if needs_done && round.waiting.is_empty() && round.inside.is_empty() {
            round.ended = true;
            moved = true;
            if round.begun {
                steps.push(Step::End(id));
            }
        }
        moved
    }
}
