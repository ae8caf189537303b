//! Which host may enter which round, and when. Knows nothing of connections, calls or time.

use std::collections::{BTreeSet, HashSet};

use crate::name::{HostId, RoundId};
use crate::playbook::Playbook;

/// The state of every round.
#[derive(Debug)]
pub(super) struct Coordinator {
    rounds: Vec<RoundState>,
}

#[derive(Debug)]
struct RoundState {
    needs: Vec<RoundId>,
    barrier: bool,
    hosts: Vec<HostId>,
    /// Those that neither entered nor were passed over.
    waiting: HashSet<HostId>,
    /// Those that entered and have not left.
    inside: HashSet<HostId>,
    begun: bool,
    ended: bool,
}

/// What is to be done now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Steps {
    /// Rounds that begin: their first host enters.
    pub(super) begin: Vec<RoundId>,
    /// Hosts that enter rounds, in the inventory's order.
    pub(super) enter: Vec<(HostId, RoundId)>,
    /// Rounds that have ended.
    pub(super) end: Vec<RoundId>,
    /// Hosts for which nothing more comes.
    pub(super) finish: Vec<HostId>,
}

impl Coordinator {
    /// For the rounds of a playbook, with the hosts that a limit leaves.
    pub(super) fn new(playbook: &Playbook, limit: Option<&HashSet<HostId>>) -> Self {
        let rounds = playbook.rounds.iter().map(|round| {
            let allowed = |host: &&HostId| limit.is_none_or(|limit| limit.contains(host));
            let hosts: Vec<_> = round.hosts.iter().filter(allowed).copied().collect();
            RoundState {
                needs: round.needs.clone(),
                barrier: round.barrier,
                waiting: hosts.iter().copied().collect(),
                hosts,
                inside: HashSet::new(),
                begun: false,
                ended: false,
            }
        });
        Self {
            rounds: rounds.collect(),
        }
    }

    /// The hosts of a round, in order.
    pub(super) fn hosts(&self, round: RoundId) -> &[HostId] {
        &self.rounds[round.index()].hosts
    }

    /// A host has left a round; `goes_on` says whether it enters others.
    pub(super) fn left(&mut self, host: HostId, round: RoundId, goes_on: bool) {
        self.rounds[round.index()].inside.remove(&host);
        if !goes_on {
            for round in &mut self.rounds {
                round.waiting.remove(&host);
            }
        }
    }

    /// Nobody enters anything any more. Gives the hosts that would have.
    pub(super) fn close(&mut self) -> BTreeSet<HostId> {
        self.rounds
            .iter_mut()
            .flat_map(|round| std::mem::take(&mut round.waiting))
            .collect()
    }

    /// Whether every round has ended.
    pub(super) fn is_done(&self) -> bool {
        self.rounds.iter().all(|round| round.ended)
    }

    /// What is to be done now; each step is given once.
    pub(super) fn steps(&mut self) -> Steps {
        let mut steps = Steps::default();
        let mut changed = true;
        while changed {
            changed = false;
            for at in 0..self.rounds.len() {
                changed |= self.step(RoundId::at(at), &mut steps);
            }
        }
        let mut seen = HashSet::new();
        for at in 0..self.rounds.len() {
            for host in &self.rounds[at].hosts {
                let busy = |round: &RoundState| round.waiting.contains(host) || round.inside.contains(host);
                if seen.insert(*host) && !self.rounds.iter().any(busy) {
                    steps.finish.push(*host);
                }
            }
        }
        steps
    }

    fn step(&mut self, id: RoundId, steps: &mut Steps) -> bool {
        let round = &self.rounds[id.index()];
        if round.ended {
            return false;
        }
        let needs_done = round.needs.iter().all(|need| self.rounds[need.index()].ended);
        let may_enter = |host: &HostId| {
            let busy = |need: &RoundId| {
                let need = &self.rounds[need.index()];
                need.waiting.contains(host) || need.inside.contains(host)
            };
            needs_done || (!round.barrier && !round.needs.iter().any(busy))
        };
        let entering: Vec<_> = round
            .hosts
            .iter()
            .filter(|host| round.waiting.contains(host) && may_enter(host))
            .copied()
            .collect();
        let round = &mut self.rounds[id.index()];
        if !entering.is_empty() && !round.begun {
            round.begun = true;
            steps.begin.push(id);
        }
        for host in &entering {
            round.waiting.remove(host);
            round.inside.insert(*host);
            steps.enter.push((*host, id));
        }
        let ended = needs_done && round.waiting.is_empty() && round.inside.is_empty();
        if ended {
            round.ended = true;
            if round.begun {
                steps.end.push(id);
            }
        }
        ended || !entering.is_empty()
    }
}
