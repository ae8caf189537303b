//! Which host may enter which round, and when; when too many have failed. Knows nothing of connections, calls or time.

mod round;

use std::collections::{BTreeSet, HashSet};

use crate::event::HostOutcome;
use crate::name::{HostId, RoundId};
use crate::playbook::Playbook;
use crate::runner::coordinator::round::RoundState;

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
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A round begins: its first host enters.
    Begin(RoundId),
    /// A batch of a round begins.
    Batch(Batch),
    /// A host enters a round.
    Enter(HostId, RoundId),
    /// A round has ended.
    End(RoundId),
    /// Nothing more comes for a host.
    Finish(HostId),
}

impl Coordinator {
    /// For the rounds of a playbook, with the hosts that a limit leaves.
    pub(super) fn new(playbook: &Playbook, limit: Option<&HashSet<HostId>>) -> Self {
        let allowed = |host: &&HostId| limit.is_none_or(|limit| limit.contains(host));
        let rounds = playbook.rounds.iter().map(|round| {
            let hosts = round.hosts.iter().filter(allowed).copied().collect();
            RoundState::new(round, hosts)
        });
        Self {
            rounds: rounds.collect(),
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
        self.rounds[round.index()].inside.remove(&host);
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
        // A round needs only rounds that are written before it.
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
