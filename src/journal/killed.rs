//! A run that was killed: what its hosts have done, as far as its journal says it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::event::{Kind, Outcome};
use crate::journal::{Archive, Ended, Run};
use crate::name::HostName;
use crate::protocol::Mode;

/// How much of the end of a journal is looked at.
const TAIL: u64 = 64 << 10;

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
    if ends_well(&run.path).unwrap_or(false) {
        return None;
    }
    let mut hosts = BTreeMap::new();
    let ended = run.events(|event| note(&mut hosts, event.kind)).ok()?;
    (ended == Ended::Torn && !is_under_way(&run)).then(|| (run.id(), hosts))
}

/// Whether the last event is that of the end: looked up without reading all of a long journal. Not where that event alone is
/// longer than what is looked at.
fn ends_well(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let Some((b'\n', lines)) = tail.split_last() else {
        return Ok(false);
    };
    let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    Ok(last.len() < lines.len() && memchr::memmem::find(last, br#""event":"run_ended""#).is_some())
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
