//! Entries and blocks: groups, what a failure stops, and what one host does for all.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Poll;

use super::{Around, Doing, Handler, Oracle, Stop, Stopped, Told, Turn, items, keys, told};
use crate::runner::tests::book::{Entry, Footprint, What, walk};
use crate::runner::tests::status::{Outcome, Status, Tri};

impl<'a> Oracle<'a> {
    pub(super) fn entry<'f>(&'f self, host: &'a str, entry: &'a Entry, around: Around) -> Doing<'f, Status> {
        Box::pin(async move {
            if !entry.once || !around.stops.is_empty() {
                return self.alone(host, entry, around).await;
            }
            self.meeting.borrow_mut().insert(host, (entry, around.clone()));
            let turn = std::future::poll_fn(|_| match self.turns.borrow_mut().remove(host) {
                Some(turn) => Poll::Ready(turn),
                None => Poll::Pending,
            });
            match turn.await {
                // R 37: all have its status, its results and those inside.
                Turn::Take(status, inside) => {
                    let handler = self.handler(entry, &around);
                    self.hosts[host]
                        .borrow_mut()
                        .frames
                        .last_mut()
                        .unwrap()
                        .extend(inside);
                    self.tell(host, &entry.id, None, told(status, false, handler));
                    let mut all = vec![entry];
                    walk(&entry.entries, &mut all);
                    let shared = all.iter().map(|it| (host.to_owned(), it.id.clone()));
                    self.out.borrow_mut().shared.extend(shared);
                    if status.has_failed() {
                        self.fail(host, Footprint::EVERYTHING);
                    }
                    status
                }
                turn => {
                    let before = self.hosts[host].borrow().frames.last().unwrap().clone();
                    let status = self.alone(host, entry, around).await;
                    if matches!(turn, Turn::Do) && status.outcome != Outcome::Canceled {
                        let after = self.hosts[host].borrow().frames.last().unwrap().clone();
                        let is_new = |(id, status): &(String, Status)| before.get(id) != Some(status);
                        let inside = after.into_iter().filter(is_new).collect();
                        self.once.borrow_mut().insert(&entry.id, (status, inside));
                    }
                    status
                }
            }
        })
    }

    async fn alone(&self, host: &'a str, entry: &'a Entry, mut around: Around) -> Status {
        if let Some(on) = &entry.delegate {
            around.on = Some(on.clone());
        }
        around.handler = self.handler(entry, &around);
        let status = match entry.what {
            What::Group => {
                let status = self.group(host, entry, around.clone()).await;
                self.tell_group(host, &entry.id, None, status, &around);
                status
            }
            _ => self.call(host, entry, &around),
        };
        self.set(host, &entry.id, status);
        status
    }

    /// R 22: the innermost one around a failure.
    fn handler(&self, entry: &Entry, around: &Around) -> Handler {
        if entry.ignore {
            Handler::Ignored
        } else if self.book.is_region(&entry.id) {
            Handler::Rescued
        } else {
            around.handler
        }
    }

    /// R 18.
    async fn group(&self, host: &'a str, entry: &'a Entry, around: Around) -> Status {
        match self.gate(host, entry) {
            Tri::Yes => {}
            gate => return self.not_begun(host, entry, &around, gate, "its group is not begun"),
        }
        let is_over = || Self::is_over(&around);
        // Where in the failures of the host the iteration begins in which the time was over.
        let mut killed = None;
        let mut whole = Status::NOTHING;
        let mut merged: BTreeMap<String, Status> = BTreeMap::new();
        self.hosts[host].borrow_mut().frames.push(BTreeMap::new());
        for (item, keys) in items(entry).into_iter().zip(keys(entry, &around)) {
            self.hosts[host].borrow_mut().frames.last_mut().unwrap().clear();
            let inner = Around {
                keys,
                ..self.in_time(host, &around, killed)
            };
            let (was_over, failed) = (is_over(), self.hosts[host].borrow().failed.len());
            let gate = if item.is_some() {
                self.whens(host, entry)
            } else {
                Tri::Yes
            };
            let status = if gate == Tri::Yes {
                self.iteration(host, entry, inner).await
            } else {
                self.none_begun(host, &entry.entries, &inner, gate, "its iteration is not begun")
            };
            if !was_over && is_over() {
                killed = Some(failed);
            }
            if let Some(item) = item {
                let around = Around {
                    handler: Handler::Nobody,
                    ..around.clone()
                };
                self.tell_group(host, &entry.id, Some(item), status, &around);
            }
            whole = whole.merge(status);
            // R 10: from outside a loop, what is in it is the merge of its iterations.
            for (id, status) in self.hosts[host].borrow().frames.last().unwrap() {
                let merge = |old: &Status| old.merge(*status);
                merged.insert(id.clone(), merged.get(id).map_or(*status, merge));
            }
        }
        let mut host = self.hosts[host].borrow_mut();
        host.frames.pop();
        host.frames.last_mut().unwrap().extend(merged);
        whole
    }

    /// R 20: a group of a list that was begun is told, and each iteration of it where it was begun itself.
    fn tell_group(&self, host: &str, id: &str, item: Option<&str>, status: Status, around: &Around) {
        let is_stopped = !around.stops.is_empty();
        let mut it = told(status, is_stopped, around.handler);
        if status.outcome == Outcome::Unknown && !self.is_check {
            // R 26: what may have changed counts as changed.
            it.outcomes[0] = Outcome::Changed;
        }
        if status.outcome == Outcome::Canceled && status.changed >= Tri::Maybe {
            it.outcomes.push(Outcome::Failed);
            it.is_killed = true;
        }
        let is_optional = if item.is_some() {
            is_stopped
        } else {
            !around.is_begun
        };
        self.tell(host, id, item, Told { is_optional, ..it });
    }

    /// R 17, R 19: what of a loop was not begun when the time was over is stopped.
    pub(super) fn in_time(&self, host: &str, around: &Around, killed: Option<usize>) -> Around {
        let mut around = around.clone();
        if let Some(killed) = killed {
            let failed = self.hosts[host].borrow().failed[killed..].to_vec();
            let stop = Stopped {
                failed,
                dropped: Vec::new(),
            };
            around.stops.push(Rc::new(RefCell::new(stop)));
        }
        around
    }

    /// R 19: the time is that of each iteration; when it is over, the iteration has failed.
    async fn iteration(&self, host: &'a str, entry: &'a Entry, mut around: Around) -> Status {
        if !entry.timeout {
            return self.block(host, &entry.entries, around).await;
        }
        let clock = Rc::new(Cell::new(false));
        around.clock = Some(Rc::clone(&clock));
        around.is_left = false;
        let status = self.block(host, &entry.entries, around).await;
        if clock.get() {
            return status.merge(Status::of(Outcome::Failed));
        }
        status
    }

    /// R 5: what is in an entry that is not begun is not told, and has its status, which is given.
    pub(super) fn not_begun(
        &self,
        host: &str,
        entry: &Entry,
        around: &Around,
        gate: Tri,
        why: &'static str,
    ) -> Status {
        if entry.what == What::Call {
            for key in keys(entry, around) {
                let key = (host.to_owned(), entry.id.clone(), key.join("-"));
                self.out.borrow_mut().never.entry(key).or_insert(why);
            }
            if gate == Tri::Maybe {
                // R 29: it leaves its whole footprint stale.
                self.hosts[host].borrow_mut().stale.push(Footprint::of(entry));
            }
        }
        for keys in keys(entry, around) {
            let inner = Around {
                keys,
                ..around.clone()
            };
            self.none_begun(host, &entry.entries, &inner, gate, why);
        }
        match gate {
            Tri::Maybe => Status::of(Outcome::Unknown),
            _ => Status {
                is_either: !around.stops.is_empty(),
                ..Status::NOTHING
            },
        }
    }

    /// None of these is begun.
    pub(super) fn none_begun(
        &self,
        host: &str,
        entries: &[Entry],
        around: &Around,
        gate: Tri,
        why: &'static str,
    ) -> Status {
        let mut whole = Status::NOTHING;
        for entry in entries {
            let status = self.not_begun(host, entry, around, gate, why);
            self.set(host, &entry.id, status);
            whole = whole.merge(status);
        }
        whole
    }

    /// R 21 to 24.
    pub(super) async fn block(&self, host: &'a str, entries: &'a [Entry], around: Around) -> Status {
        let mut stop: Option<Stop> = None;
        let begun = self.hosts[host].borrow().failed.len();
        let mut whole = Status::NOTHING;
        for entry in entries {
            let mut inner = around.clone();
            inner.is_begun = around.stops.is_empty();
            // R 24: `always` binds to its own list.
            let is_left = entry.always && around.stops.is_empty();
            if Self::is_over(&around) && stop.is_none() {
                let failed = self.hosts[host].borrow().failed[begun..].to_vec();
                stop.get_or_insert_default().borrow_mut().failed.extend(failed);
            }
            if let Some(stop) = stop.as_ref().filter(|_| !is_left) {
                inner.stops.push(Rc::clone(stop));
            }
            // R 19: without limit, also where it runs already when the time is over.
            inner.is_left |= is_left;
            let (failed, dropped) = self.hosts[host].borrow().marks();
            let mut status = self.entry(host, entry, inner).await;
            let handles = entry.ignore || self.book.is_region(&entry.id);
            if status.has_failed() && handles {
                self.hosts[host].borrow_mut().forget(failed, dropped);
                status = status.handled();
            } else if status.failed == Tri::Maybe && handles {
                status = status.handled();
            } else if status.has_failed() {
                // What the failure stopped further in did not happen for what it stops here, either.
                let host = self.hosts[host].borrow();
                let mut stop = stop.get_or_insert_default().borrow_mut();
                stop.failed.extend_from_slice(&host.failed[failed..]);
                stop.dropped.extend_from_slice(&host.dropped[dropped..]);
            } else if !around.clock.as_ref().is_some_and(|clock| clock.get()) {
                self.hosts[host].borrow_mut().forget(failed, dropped);
            }
            whole = whole.merge(status);
        }
        whole
    }
}
