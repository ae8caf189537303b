//! Calls: their gates, their items, their attempts (R 14 to 17).

use super::{Around, BEHIND_DROPPED, BEHIND_FAILED, Oracle, Step, Stop, Stopped, Told, items, keys, told};
use crate::runner::tests::book::{Entry, FailedWhen, Footprint, Key, Until, What, Word};
use crate::runner::tests::status::{Outcome, Status, Tri};

impl Oracle<'_> {
    pub(super) fn call(&self, host: &str, entry: &Entry, around: &Around) -> Status {
        let is_stopped = !around.stops.is_empty();
        let triggers = self.triggers(host, entry);
        if triggers != Tri::Yes && self.gate(host, entry) == triggers {
            let status = self.not_begun(host, entry, around, triggers, "its gate holds it back");
            self.tell_not_begun(host, entry, status, around);
            return status;
        }
        let is_over = || Self::is_over(around);
        // Where in the failures of the host the item is that was running when the time was over.
        let mut killed = None;
        let mut whole = Status::NOTHING;
        let mut is_any_made = false;
        let mut items_told = Vec::new();
        for (item, keys) in items(entry).into_iter().zip(keys(entry, around)) {
            let key: Key = (host.to_owned(), entry.id.clone(), keys.join("-"));
            is_any_made |= self.made.contains_key(&key);
            let (status, is_open) = match self.whens(host, entry) {
                Tri::Yes => {
                    let (was_over, failed) = (is_over(), self.hosts[host].borrow().failed.len());
                    let status = self.make(host, entry, &self.in_time(host, around, killed), &key);
                    if !was_over && is_over() {
                        killed = Some(failed);
                    }
                    (status, false)
                }
                gate => {
                    // Of itself alone, as of one without a loop.
                    let inner = Around {
                        keys,
                        ..around.clone()
                    };
                    let one = Entry {
                        items: None,
                        ..entry.clone()
                    };
                    (
                        self.not_begun(host, &one, &inner, gate, "its `when` is false"),
                        is_stopped,
                    )
                }
            };
            let mut it = told(status, is_open, around.handler);
            if status.outcome == Outcome::Canceled && status.changed == Tri::Maybe {
                it.outcomes.push(Outcome::Failed);
                it.is_killed = true;
            }
            items_told.push((item, it));
            whole = whole.merge(status);
        }
        // R 5: an entry of a block that was begun is told, and so is each item of one of which anything was begun.
        let is_sure = around.is_begun || is_any_made;
        for (item, it) in items_told {
            let is_optional = if item.is_some() {
                is_stopped && !is_any_made
            } else {
                !is_sure
            };
            self.tell(host, &entry.id, item, Told { is_optional, ..it });
        }
        if entry.items.is_some() {
            let mut it = told(whole, is_stopped, around.handler);
            if whole.outcome == Outcome::Canceled && whole.changed >= Tri::Maybe {
                it.outcomes.push(Outcome::Failed);
                it.is_killed = true;
            }
            self.tell(
                host,
                &entry.id,
                None,
                Told {
                    is_optional: !is_sure,
                    ..it
                },
            );
        }
        whole
    }

    fn tell_not_begun(&self, host: &str, entry: &Entry, status: Status, around: &Around) {
        let is_stopped = !around.stops.is_empty();
        let it = told(status, is_stopped, around.handler);
        // R 44: told once, where its gate is asked once. What was stopped before may end item by item.
        for item in items(entry)
            .into_iter()
            .filter(|item| is_stopped && item.is_some())
        {
            self.tell(host, &entry.id, item, it.clone());
        }
        let is_optional = !around.is_begun;
        self.tell(host, &entry.id, None, Told { is_optional, ..it });
    }

    fn make(&self, host: &str, entry: &Entry, around: &Around, key: &Key) -> Status {
        let own = match entry.what {
            What::Fail => Footprint::EVERYTHING,
            _ => Footprint::of(entry),
        };
        let canceled = Status::of(Outcome::Canceled);
        if let Some(nearest) = around.stops.last() {
            // R 4, R 21: what conflicts with the failure never happens; what does not may have.
            let behind = |list: fn(&Stopped) -> &Vec<Footprint>| {
                let conflicts = |stop: &Stop| list(&stop.borrow()).iter().any(|it| it.conflicts(&own));
                around.stops.iter().any(conflicts)
            };
            let why = if behind(|stop| &stop.failed) {
                Some(BEHIND_FAILED)
            } else if behind(|stop| &stop.dropped) {
                Some(BEHIND_DROPPED)
            } else {
                None
            };
            if let (Some(why), What::Call) = (why, entry.what) {
                self.out.borrow_mut().never.insert(key.clone(), why);
            }
            if entry.what == What::Fail || !self.made.contains_key(key) {
                if entry.what == What::Call {
                    self.drop(host, nearest, own);
                }
                return canceled;
            }
        }
        if entry.what == What::Fail {
            self.fail(host, own);
            return Status::of(Outcome::Failed);
        }
        // R 38: what failed on another host conflicts with everything of its own.
        let failing = if around.on.is_some() {
            Footprint::EVERYTHING
        } else {
            own.clone()
        };
        if around.on.as_ref().is_some_and(|on| !self.is_up(on)) {
            self.out
                .borrow_mut()
                .never
                .insert(key.clone(), "its delegate is not reached");
            self.fail(host, failing);
            return Status::of(Outcome::Failed);
        }
        let seen = entry.see.as_ref().map(|of| self.get(host, of));
        if self.is_check
            && let Some(status) = self.checked(host, entry, seen, key)
        {
            return status;
        }
        let mut out = self.out.borrow_mut();
        if let Some(status) = seen {
            out.is_vague |= status.changed == Tri::Maybe || status.failed == Tri::Maybe;
            out.sees.insert(key.clone(), status);
        }
        out.order.push(Step {
            host: host.to_owned(),
            round: around.round,
            on: around.on.clone().unwrap_or_else(|| host.to_owned()),
            footprint: own.clone(),
            key: key.clone(),
        });
        if let Some(clock) = around.clock.as_ref().filter(|_| !entry.timeout)
            && let Some(attempts) = outlasts(host, entry, &key.2)
        {
            drop(out);
            clock.set(true);
            // What is written behind it, and conflicts with it, was not begun by then.
            self.fail(host, failing.clone());
            if !around.is_left {
                // R 6, R 19: killed, and nobody knows what it has done.
                self.out.borrow_mut().must.insert(key.clone(), attempts);
                let changed = attempted(entry, Word::Hangs).changed;
                return Status { changed, ..canceled };
            }
            out = self.out.borrow_mut();
        }
        let (status, attempts) = if self.is_check {
            // R 15: in check mode there is one attempt.
            (attempted(entry, entry.word(host, &key.2, 1)), 1)
        } else {
            attempts(host, entry, &key.2)
        };
        drop(out);
        if let Some(nearest) = around.stops.last()
            && self.made[key] < attempts
        {
            // It was between two attempts when it was stopped.
            self.drop(host, nearest, own);
            return Status {
                changed: Tri::Maybe,
                ..canceled
            };
        }
        self.out.borrow_mut().must.insert(key.clone(), attempts);
        if status.has_failed() {
            self.fail(host, failing);
        }
        status
    }

    fn drop(&self, host: &str, nearest: &Stop, own: Footprint) {
        self.hosts[host].borrow_mut().dropped.push(own.clone());
        nearest.borrow_mut().dropped.push(own);
    }

    /// R 28: what check mode says of a call that it does not make.
    fn checked(&self, host: &str, entry: &Entry, seen: Option<Status>, key: &Key) -> Option<Status> {
        let own = Footprint::of(entry);
        let is_reader = entry.writes.as_ref().is_some_and(Vec::is_empty);
        let is_stale = self.hosts[host].borrow().stale.iter().any(|it| it.spoils(&own));
        // R 14: an unknown value in its arguments makes it unknown.
        let is_unknown = seen.is_some_and(|it| {
            it.outcome == Outcome::Unknown || [it.changed, it.failed].contains(&Tri::Maybe)
        });
        if is_reader && !is_stale && !is_unknown {
            return None;
        }
        if !is_reader {
            self.hosts[host].borrow_mut().stale.push(own);
        }
        self.out
            .borrow_mut()
            .never
            .insert(key.clone(), "it is not made in check mode");
        let is_predicted = !is_reader && !is_unknown;
        Some(Status::of(if is_predicted {
            Outcome::Changed
        } else {
            Outcome::Unknown
        }))
    }
}

/// The status of a call, and how many times it is made (R 14, R 15).
fn attempts(host: &str, entry: &Entry, key: &str) -> (Status, u32) {
    let ended = |attempt| Some((after(host, entry, key, attempt)?, attempt));
    (1..).find_map(ended).unwrap()
}

/// What a call has come to that was made so many times; none where it is to be made again.
pub(in super::super) fn after(host: &str, entry: &Entry, key: &str, count: u32) -> Option<Status> {
    let most = 1 + entry.until.map_or(0, |(_, retries)| retries);
    let word = entry.word(host, key, count);
    let tries = (1..=count).map(|attempt| attempted(entry, entry.word(host, key, attempt)));
    // R 15: *changed* is merged over the attempts, the rest is the last one's.
    let changed = tries.map(|status| status.changed).max().unwrap_or(Tri::No);
    let mut status = attempted(entry, word);
    // A call that was killed has no `stdout`, and an error fails one that has not failed.
    let is_error = word == Word::Hangs && !status.has_failed();
    if let (Some((Until::Ok, _)), true) = (entry.until, is_error) {
        let failed = Status::of(Outcome::Failed);
        return Some(Status { changed, ..failed });
    }
    let holds = match entry.until {
        None => true,
        Some((Until::Good, _)) => !status.has_failed(),
        Some((Until::Ok, _)) => word == Word::Ok,
    };
    if !holds && count < most {
        return None;
    }
    if !holds {
        status = Status::of(Outcome::Failed);
    }
    Some(Status { changed, ..status })
}

/// The attempt of a call that does not end within the limits around it, if it comes to that.
fn outlasts(host: &str, entry: &Entry, key: &str) -> Option<u32> {
    let mut attempt = 1;
    while !matches!(entry.word(host, key, attempt), Word::Hangs | Word::Long) {
        if after(host, entry, key, attempt).is_some() {
            return None;
        }
        attempt += 1;
    }
    Some(attempt)
}

fn attempted(entry: &Entry, word: Word) -> Status {
    let may_change = entry.writes.as_ref().is_none_or(|it| !it.is_empty());
    // Without `changed_when` what runs has changed something, unless the playbook says that it only reads.
    let changes = if entry.plain {
        may_change
    } else {
        word == Word::Changed
    };
    let failed = match (word, entry.failed_when) {
        // R 16: killed by its own `timeout`; nobody knows what it has done.
        (Word::Hangs, failed_when) => {
            let touched = if may_change { Tri::Maybe } else { Tri::No };
            let failed = Status {
                changed: touched,
                ..Status::of(Outcome::Failed)
            };
            // R 14: `failed_when` can also make a failure none.
            return match (failed_when, touched) {
                (Some(FailedWhen::Never), Tri::No) => Status::of(Outcome::Ok),
                (Some(FailedWhen::Never), _) => Status {
                    outcome: Outcome::Changed,
                    failed: Tri::No,
                    ..failed
                },
                _ => failed,
            };
        }
        (Word::Failed, None) => return Status::of(Outcome::Failed),
        (_, Some(FailedWhen::Changed)) => word == Word::Changed,
        _ => false,
    };
    let status = Status::of(if changes { Outcome::Changed } else { Outcome::Ok });
    if failed {
        // R 14: what changed and is then failed has both.
        return Status {
            failed: Tri::Yes,
            outcome: Outcome::Failed,
            ..status
        };
    }
    status
}
