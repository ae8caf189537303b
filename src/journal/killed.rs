//! A run that was killed: what its hosts have done, as far as its journal says it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use crate::event::{Kind, Outcome};
use crate::journal::{Archive, Ended, Run};
use crate::name::HostName;
use crate::protocol::Mode;

/// What a run that was killed has done on a host, by the paths of entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// What changed something, or may have: it was under way.
    pub changed: BTreeSet<String>,
    /// What was done, or left out by its conditions.
    pub done: BTreeSet<String>,
}

/// The last run of a playbook that changed something, if it was killed: its id, and what it has done. A journal that cannot
/// be read says nothing.
pub fn killed(archive: &Archive, playbook: &Path) -> Option<(String, BTreeMap<HostName, Left>)> {
    let run = archive
        .runs()
        .find(|run| run.playbook == playbook && run.mode == Mode::Apply)?;
    let mut hosts = BTreeMap::new();
    let ended = run.events(|event| note(&mut hosts, event.kind)).ok()?;
    (ended == Ended::Torn && !is_under_way(&run)).then(|| (run.id(), hosts))
}

fn is_under_way(run: &Run) -> bool {
    File::open(&run.path).is_ok_and(|file| file.try_lock().is_err())
}

fn note(hosts: &mut BTreeMap<HostName, Left>, kind: Kind) {
    match kind {
        Kind::CallStarted { call, host, .. } => {
            let left = hosts.entry(host).or_default();
            left.changed.insert(call.path.clone());
            left.done.remove(&call.path);
        }
        Kind::CallEnded {
            call,
            host,
            outcome,
            item,
            change,
            ..
        } => {
            let left = hosts.entry(host).or_default();
            // Of a loop, one item that changes something is enough, and its end comes last.
            if item.is_none() && change.is_none() && is_certain(outcome) {
                left.changed.remove(&call.path);
            }
            if change.is_some() {
                left.changed.insert(call.path.clone());
            }
            if item.is_none() && is_done(outcome) {
                left.done.insert(call.path.clone());
            }
        }
        Kind::GroupEnded {
            call,
            host,
            outcome,
            changed,
            ..
        } => {
            let left = hosts.entry(host).or_default();
            if changed {
                left.changed.insert(call.path.clone());
            }
            if is_done(outcome) {
                left.done.insert(call.path.clone());
            }
        }
        _ => {}
    }
}

/// Whether it is known whether a call that ended so has changed something.
const fn is_certain(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Lost | Outcome::Unknown)
}

const fn is_done(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Ok | Outcome::Changed | Outcome::Skipped)
}
