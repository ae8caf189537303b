//! The recap, computed from events alone: the same for a live run and for one that is read back.

use std::collections::{HashMap, HashSet};

use crate::event::{HostOutcome, Kind, Outcome, Recap, RunOutcome};
use crate::name::HostName;

/// Counts what happened on every targeted host.
#[derive(Debug, Default)]
pub(super) struct Tally {
    hosts: Vec<Recap>,
    places: HashMap<HostName, usize>,
    /// Those that would have gone on to another round, had the run not been stopped.
    held_up: HashSet<usize>,
    /// What is known of the run as a whole; which hosts failed is asked in the end.
    run: RunOutcome,
}

impl Tally {
    /// Takes note of an event.
    pub(super) fn event(&mut self, kind: &Kind) {
        match kind {
            Kind::RunStarted { hosts, .. } => {
                self.places = hosts
                    .iter()
                    .enumerate()
                    .map(|(at, host)| (host.clone(), at))
                    .collect();
                self.hosts = hosts
                    .iter()
                    .map(|host| Recap::of(host.clone(), HostOutcome::NotStarted))
                    .collect();
            }
            Kind::CallEnded {
                host,
                outcome,
                ignored,
                rescued,
                item: None,
                shared_by,
                change,
                ..
            } => {
                let Some(&at) = self.places.get(host) else { return };
                let recap = &mut self.hosts[at];
                // Whatever came of it in the end; what another host changed is counted there.
                if change.is_some() && shared_by.is_none() {
                    recap.changed += 1;
                    self.run.changed = true;
                }
                match outcome {
                    Outcome::Ok | Outcome::Changed => recap.ok += 1,
                    Outcome::Failed | Outcome::Lost if *ignored => {
                        recap.ok += 1;
                        recap.ignored += 1;
                    }
                    Outcome::Failed | Outcome::Lost if *rescued => recap.rescued += 1,
                    Outcome::Failed | Outcome::Lost => recap.failed += 1,
                    Outcome::Skipped => recap.skipped += 1,
                    Outcome::Unknown => {
                        recap.unknown += 1;
                        self.run.unknown = true;
                    }
                    Outcome::Canceled => {}
                }
            }
            Kind::Interrupted { .. } => self.run.interrupted = true,
            Kind::Stopped { .. } => self.run.stopped = true,
            _ => {}
        }
    }

    /// How a host has come out, so far: the worst that was said of it stays.
    pub(super) fn host(&mut self, host: &HostName, outcome: HostOutcome, reason: Option<String>) {
        let Some(&at) = self.places.get(host) else { return };
        let outcome = match outcome {
            HostOutcome::Ok if self.held_up.contains(&at) => HostOutcome::Aborted,
            other => other,
        };
        let recap = &mut self.hosts[at];
        if rank(outcome) >= rank(recap.outcome) {
            recap.outcome = outcome;
            recap.reason = reason.or(recap.reason.take());
        }
    }

    /// The handlers that a host owes, by their paths.
    pub(super) fn owes(&mut self, host: &HostName, owed: Vec<String>) {
        if let Some(&at) = self.places.get(host) {
            self.hosts[at].owed = owed;
        }
    }

    /// What works on a host has crashed.
    pub(super) fn crash(&mut self, host: &HostName, reason: String) {
        self.run.crashed = true;
        self.host(host, HostOutcome::Failed, Some(reason));
    }

    /// A host that would have gone on, had the run not been stopped.
    pub(super) fn abort(&mut self, host: &HostName) {
        let Some(&at) = self.places.get(host) else { return };
        self.held_up.insert(at);
        if self.hosts[at].outcome == HostOutcome::Ok {
            self.hosts[at].outcome = HostOutcome::Aborted;
        }
    }

    /// How the run came out.
    pub(super) fn outcome(&self) -> RunOutcome {
        let any = |wanted: HostOutcome| self.hosts.iter().any(|recap| recap.outcome == wanted);
        RunOutcome {
            failed: any(HostOutcome::Failed),
            unreachable: any(HostOutcome::Unreachable),
            ..self.run
        }
    }

    /// Every targeted host once.
    pub(super) fn recap(&self) -> Vec<Recap> {
        self.hosts.clone()
    }
}

const fn rank(outcome: HostOutcome) -> u8 {
    match outcome {
        HostOutcome::NotStarted => 0,
        HostOutcome::Ok => 1,
        HostOutcome::Aborted => 2,
        HostOutcome::Unreachable => 3,
        HostOutcome::Failed => 4,
    }
}
