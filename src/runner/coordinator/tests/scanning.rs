//! The plain way: after each word every round is looked at, with all of its hosts. [`Coordinator`](super::super::Coordinator)
//! must come to the same.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::event::HostOutcome;
use crate::name::{EntryId, HostId, RoundId};
use crate::playbook::batches;
use crate::runner::coordinator::{Batch, Excess, Shape, Step};

struct Round {
    shape: Shape,
    needs: BTreeSet<usize>,
    waiting: HashSet<HostId>,
    inside: HashSet<HostId>,
    batches: Vec<Vec<HostId>>,
    batch: usize,
    announced: Option<usize>,
    failures: usize,
    once: BTreeMap<EntryId, Once>,
    begun: bool,
    ended: bool,
}

#[derive(Default)]
struct Once {
    arrived: BTreeSet<(usize, HostId, bool)>,
    passed: HashSet<HostId>,
    elected: Option<HostId>,
    result: Option<u32>,
}

/// The oracle.
pub(super) struct Scanning {
    rounds: Vec<Round>,
    moved: BTreeSet<HostId>,
    is_closed: bool,
}

impl Round {
    fn is_busy(&self, host: HostId) -> bool {
        self.waiting.contains(&host) || self.inside.contains(&host)
    }

    fn pass(&mut self, host: HostId) {
        for once in self.once.values_mut() {
            once.pass(host);
        }
    }
}

impl Once {
    fn pass(&mut self, host: HostId) {
        self.passed.insert(host);
        self.arrived.retain(|(_, it, _)| *it != host);
        self.elected = self.elected.filter(|it| *it != host);
    }
}

impl Scanning {
    pub(super) fn new(shapes: Vec<Shape>) -> Self {
        let mut rounds: Vec<Round> = Vec::new();
        for shape in shapes {
            let mut needs: BTreeSet<usize> = shape.needs.iter().map(|it| it.index()).collect();
            for need in &shape.needs {
                needs.extend(&rounds[need.index()].needs);
            }
            rounds.push(Round {
                needs,
                waiting: shape.hosts.iter().copied().collect(),
                shape,
                inside: HashSet::new(),
                batches: Vec::new(),
                batch: 0,
                announced: None,
                failures: 0,
                once: BTreeMap::new(),
                begun: false,
                ended: false,
            });
        }
        Self {
            rounds,
            moved: BTreeSet::new(),
            is_closed: false,
        }
    }

    pub(super) fn left(&mut self, host: HostId, round: usize, outcome: HostOutcome) -> Option<Excess> {
        self.rounds[round].inside.remove(&host);
        self.rounds[round].pass(host);
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
        let round = &mut self.rounds[round];
        round.failures += 1;
        let of = round.batches.iter().map(Vec::len).sum();
        let allowed = round.shape.max_failures.filter(|_| !self.is_closed)?;
        allowed.is_exceeded(round.failures, of).then_some(Excess {
            failures: round.failures,
            of,
            allowed,
        })
    }

    pub(super) fn lose(&mut self, host: HostId) {
        for round in &mut self.rounds {
            round.waiting.remove(&host);
        }
        self.moved.insert(host);
    }

    pub(super) fn arrived(&mut self, round: usize, host: HostId, entry: EntryId, may_do: bool) {
        let round = &mut self.rounds[round];
        let place = round.shape.hosts.iter().position(|it| *it == host).unwrap();
        round
            .once
            .entry(entry)
            .or_default()
            .arrived
            .insert((place, host, may_do));
    }

    pub(super) fn passed(&mut self, round: usize, host: HostId, entry: EntryId) {
        self.rounds[round].once.entry(entry).or_default().pass(host);
    }

    pub(super) fn done(&mut self, round: usize, host: HostId, entry: EntryId, result: u32) {
        let once = self.rounds[round].once.entry(entry).or_default();
        once.pass(host);
        once.result = Some(result);
    }

    pub(super) fn close(&mut self) -> BTreeSet<HostId> {
        self.is_closed = true;
        let rounds = self.rounds.iter_mut();
        let waiting: BTreeSet<_> = rounds.flat_map(|it| std::mem::take(&mut it.waiting)).collect();
        self.moved.extend(&waiting);
        waiting
    }

    pub(super) fn is_done(&self) -> bool {
        self.rounds.iter().all(|it| it.ended)
    }

    pub(super) fn is_inside(&self, host: HostId, round: usize) -> bool {
        self.rounds[round].inside.contains(&host)
    }

    pub(super) fn steps(&mut self) -> Vec<Step<u32>> {
        let mut steps = Vec::new();
        loop {
            let before: Vec<_> = self.rounds.iter().map(state).collect();
            for at in 0..self.rounds.len() {
                self.step(at, &mut steps);
            }
            if before == self.rounds.iter().map(state).collect::<Vec<_>>() {
                break;
            }
        }
        for host in std::mem::take(&mut self.moved) {
            if !self.rounds.iter().any(|it| it.is_busy(host)) {
                steps.push(Step::Finish(host));
            }
        }
        steps
    }

    fn step(&mut self, at: usize, steps: &mut Vec<Step<u32>>) {
        let (before, rest) = self.rounds.split_at_mut(at);
        let round = &mut rest[0];
        if round.ended {
            return;
        }
        let needs_done = round.needs.iter().all(|it| before[*it].ended);
        let is_free = |host: HostId| !round.needs.iter().any(|it| before[*it].is_busy(host));
        let may_enter = |host: HostId| needs_done || (!round.shape.barrier && is_free(host));
        let is_over = |batch: &Vec<HostId>| !batch.iter().any(|it| round.is_busy(*it));
        let mut batch = round.batch;
        while batch + 1 < round.batches.len() && is_over(&round.batches[batch]) {
            batch += 1;
        }
        let hosts = round.shape.hosts.iter();
        let waiting: Vec<_> = hosts.filter(|it| round.waiting.contains(it)).copied().collect();
        let divided = batches(&round.shape.serial, &waiting);
        let all = if round.begun { &round.batches } else { &divided };
        let current = all.get(batch).cloned().unwrap_or_default();
        let is_ready = |host: &HostId| round.waiting.contains(host) && may_enter(*host);
        let entering: Vec<_> = current.into_iter().filter(is_ready).collect();
        round.batch = batch;
        let id = RoundId::at(at);
        if !round.begun && !entering.is_empty() {
            round.begun = true;
            round.batches = divided;
            steps.push(Step::Begin(id));
        }
        for host in &entering {
            round.waiting.remove(host);
            round.inside.insert(*host);
        }
        let here: Vec<_> = match round.batches.get(batch) {
            Some(batch) => batch.iter().filter(|it| round.is_busy(**it)).copied().collect(),
            None => Vec::new(),
        };
        if !entering.is_empty() && !round.shape.serial.is_empty() && round.announced != Some(batch) {
            round.announced = Some(batch);
            steps.push(Step::Batch(Batch {
                round: id,
                number: batch + 1,
                of: round.batches.len(),
                hosts: here.clone(),
            }));
        }
        steps.extend(entering.into_iter().map(|host| Step::Enter(host, id)));
        for (entry, once) in &mut round.once {
            once.step(*entry, &here, steps);
        }
        if needs_done && round.waiting.is_empty() && round.inside.is_empty() {
            round.ended = true;
            if round.begun {
                steps.push(Step::End(id));
            }
        }
    }
}

impl Once {
    fn step(&mut self, entry: EntryId, here: &[HostId], steps: &mut Vec<Step<u32>>) {
        if self.arrived.is_empty() || self.elected.is_some() {
            return;
        }
        let has_met =
            |host: &HostId| self.passed.contains(host) || self.arrived.iter().any(|(_, it, _)| it == host);
        if let Some(result) = self.result {
            let all = std::mem::take(&mut self.arrived).into_iter();
            steps.extend(all.map(|(_, host, _)| Step::Share(host, entry, result)));
        } else if here.iter().all(has_met) {
            let first = self.arrived.iter().find(|(_, _, may_do)| *may_do);
            if let Some((_, first, _)) = first.copied() {
                self.elected = Some(first);
                steps.push(Step::Elect(first, entry));
            } else {
                let all = std::mem::take(&mut self.arrived).into_iter();
                steps.extend(all.map(|(_, host, _)| Step::Alone(host, entry)));
            }
        }
    }
}

fn state(round: &Round) -> (usize, usize, usize, bool) {
    (round.batch, round.waiting.len(), round.inside.len(), round.ended)
}
