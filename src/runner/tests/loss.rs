//! Laws of a run in which connections break (R 40, R 41).

use super::book::Book;
use super::events::{Found, id};
use super::hold;
use super::interrupts::told_once;
use super::log::made;
use super::oracle::expect;
use super::simulate::Run;
use crate::event::{HostOutcome, Kind, Outcome};

pub(super) fn laws(book: &Book, run: &Run, found: &mut Found) {
    let made = made(&run.log);
    let counts = made
        .iter()
        .map(|(key, made)| (key.clone(), made.attempts))
        .collect();
    let expected = expect(book, &counts, false);
    hold::order(book, &expected, &made, found);
    told_once(book, run, found);
    let mut lost_hosts = Vec::new();
    for (key, made) in &made {
        let is_reader = book.entry(&key.1).writes.as_ref().is_some_and(Vec::is_empty);
        let most = if is_reader { 2 } else { 1 };
        found.check(
            made.attempts <= most,
            "nothing is repeated that may have happened",
            || format!("{key:?} was made {} times", made.attempts),
        );
        if made.is_lost && !is_reader {
            lost_hosts.push(key.0.as_str());
        }
    }
    let lost = |host: &str| {
        run.events.iter().any(|it| match it {
            Kind::CallEnded {
                host: it, outcome, ..
            } => it.as_str() == host && *outcome == Outcome::Lost,
            _ => false,
        })
    };
    for host in lost_hosts {
        found.check(lost(host), "what may have happened is told as lost", || {
            host.to_owned()
        });
    }
    let Some(Kind::RunEnded { hosts, .. }) = run.events.last() else {
        return;
    };
    for recap in hosts {
        let is_failed = recap.outcome == HostOutcome::Failed;
        found.check(
            is_failed || !lost(recap.host.as_str()),
            "a lost call fails its host",
            || format!("{} is {:?}", recap.host, recap.outcome),
        );
    }
    for event in &run.events {
        let Kind::CallEnded {
            call,
            host,
            outcome,
            ignored,
            rescued,
            ..
        } = event
        else {
            continue;
        };
        let is_handled = *ignored || *rescued;
        found.check(
            *outcome != Outcome::Lost || !is_handled,
            "a lost call is not handled",
            || format!("{} on {host}", id(&call.path)),
        );
    }
}
