//! Check mode: what an agent knows of the calls that were not made. Its own calls change the host as it would be; those of
//! agents that run as other users are known by where they may have changed something.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::protocol::{Behind, Mode, Outcome, Paths, Request, Touches};
use crate::system::{Domain, PredictedHost, Writer};
use crate::tool::Area;

/// What is known of calls of check mode.
#[derive(Debug, Default)]
pub(super) struct Foresight {
    pub(super) host: PredictedHost,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Of calls that run: the account that each acts as, and where it may write.
    running: HashMap<u64, (Option<u32>, Paths)>,
    /// Of those that ended and would have changed something, or may have.
    changes: Vec<Change>,
}

#[derive(Debug)]
struct Change {
    id: u64,
    account: Option<u32>,
    writes: Paths,
}

fn area(paths: &Paths) -> Area {
    paths.clone().map_or(Area::Everything, Area::Paths)
}

impl Foresight {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call is about to begin. Gives what it is behind: where agents of other users may have changed what it reads, and
    /// what the controller says of that.
    pub(super) fn begin(&self, request: &Request) -> Option<Box<Behind>> {
        if request.mode == Mode::Apply {
            return None;
        }
        let mut known = self.known();
        let Touches { reads, writes } = request.touches.as_deref().cloned().unwrap_or_default();
        known.running.insert(request.id, (request.account, writes));
        let reads = area(&reads);
        let mut behind = request.behind.clone();
        for change in &known.changes {
            if change.account == request.account || !area(&change.writes).meets(&reads) {
                continue;
            }
            match &mut behind {
                None => {
                    behind = Some(Box::new(Behind {
                        id: change.id,
                        writes: change.writes.clone(),
                    }));
                }
                Some(behind) => behind.writes = both(behind.writes.take(), &change.writes),
            }
        }
        behind
    }

    /// It has ended.
    pub(super) fn end(&self, id: u64, outcome: Outcome) {
        let mut known = self.known();
        if let Some((account, writes)) = known.running.remove(&id)
            && matches!(
                outcome,
                Outcome::Changed | Outcome::Unknown { .. } | Outcome::Failed
            )
            && writes.as_ref().is_none_or(|paths| !paths.is_empty())
        {
            known.changes.push(Change { id, account, writes });
        }
    }
}

fn both(one: Paths, other: &Paths) -> Paths {
    let (mut one, other) = (one?, other.as_ref()?);
    one.extend(
        other
            .iter()
            .filter(|it| !one.contains(it))
            .cloned()
            .collect::<Vec<_>>(),
    );
    Some(one)
}

/// Nobody knows what is at these paths, but for the call with this number.
pub(super) fn spoil(host: &Writer<'_>, writes: &Paths, why: u64) {
    if let Some(paths) = writes {
        for path in paths {
            host.spoil(Path::new(path), why);
        }
        return;
    }
    host.spoil(Path::new("/"), why);
    for domain in Domain::ALL {
        host.spoil_domain(domain, why);
    }
}
