//! What works on a host crashes: that host has failed, and the run goes on without it.

use std::collections::BTreeSet;

use super::book::Book;
use super::events::Found;
use super::simulate::{self, How, Run};
use crate::event::{HostOutcome, Kind};

/// The host whose actor crashes.
const CRASHES: &str = "h1";

pub(super) fn laws(book: &Book, seed: u64) -> (Run, Found) {
    let mut found = Found::default();
    let how = How {
        crashes: Some(CRASHES),
        ..How::apply(seed)
    };
    let run = simulate::run(book, &how);
    found.check(run.outcome.is_some(), "every run ends", || "it hangs".to_owned());
    let mut inside = BTreeSet::new();
    let mut is_hit = false;
    for event in &run.events {
        match event {
            Kind::HostEntered { host, round } => drop(inside.insert((host.to_string(), round.clone()))),
            Kind::HostLeft { host, round, .. } => {
                let was_inside = inside.remove(&(host.to_string(), round.clone()));
                found.check(was_inside, "a host leaves what it entered", || host.to_string());
            }
            Kind::Connecting { host } => is_hit |= host.as_str() == CRASHES,
            _ => {}
        }
    }
    found.check(inside.is_empty(), "a host leaves what it entered", || {
        format!("{inside:?}")
    });
    let Some(outcome) = run.outcome else {
        return (run, found);
    };
    found.check(outcome.crashed == is_hit, "a crash is told", || {
        format!("{outcome:?}")
    });
    if let Some(Kind::RunEnded { hosts, .. }) = run.events.last() {
        let own = hosts.iter().find(|recap| recap.host.as_str() == CRASHES);
        let is_failed = own.is_none_or(|recap| recap.outcome == HostOutcome::Failed);
        found.check(!is_hit || is_failed, "a crash is told", || format!("{hosts:?}"));
    }
    (run, found)
}
