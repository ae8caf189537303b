//! The rules of execution as a plain interpreter, one entry after another: what happens, what may not, what is told.
//!
//! Where the rules leave freedom (a call written after one that failed, with which it does not conflict) it follows what the
//! log says happened.

mod call;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::book::{Book, Condition, Entry, Field, Footprint, Key, What};
use super::status::{Outcome, Status, Tri};

pub(super) use call::after;

/// Who handles a failure (R 22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Handler {
    Nobody,
    Ignored,
    Rescued,
}

/// One telling of an item or entry.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// Each outcome that it may have.
    pub(super) outcomes: Vec<Outcome>,
    /// Whether it may be missing.
    pub(super) is_optional: bool,
    pub(super) handler: Handler,
    /// None: left open.
    pub(super) changed: Option<bool>,
}

/// A call in written order.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) host: String,
    pub(super) round: usize,
    pub(super) on: String,
    pub(super) footprint: Footprint,
    pub(super) key: Key,
}

/// What the rules come to.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// How many times each call is made that is made.
    pub(super) must: BTreeMap<Key, u32>,
    /// The calls that may not be made, and why.
    pub(super) never: BTreeMap<Key, &'static str>,
    /// By host, entry and item.
    pub(super) told: BTreeMap<(String, String, Option<String>), Vec<Told>>,
    pub(super) order: Vec<Step>,
    /// What calls are given to read.
    pub(super) sees: BTreeMap<Key, Status>,
    /// The hosts that another one did an entry for: what is told there of what is inside is not decided here.
    pub(super) shared: BTreeSet<(String, String)>,
    pub(super) hosts: BTreeMap<String, &'static str>,
    pub(super) entered: BTreeSet<(String, String)>,
    /// The round whose `max_failures` was exceeded, and the hosts of the batch.
    pub(super) stopped: Option<(usize, Vec<String>)>,
    /// Something was asked to which the rules have no certain answer.
    pub(super) is_vague: bool,
}

/// Why a call never runs: one that it conflicts with has failed, or was dropped for a failure.
pub(super) const BEHIND_FAILED: &str = "a call before it has failed";
pub(super) const BEHIND_DROPPED: &str = "a call before it was dropped";

/// What a failure stops: what conflicts with any of these may not happen.
#[derive(Debug, Default)]
struct Stopped {
    failed: Vec<Footprint>,
    /// What did not happen since the failure came first: what comes after that does not happen either (R 2).
    dropped: Vec<Footprint>,
}

type Stop = Rc<RefCell<Stopped>>;

#[derive(Clone)]
struct Around {
    round: usize,
    keys: Vec<String>,
    on: Option<String>,
    /// The failures before it that stop it, the nearest last. None: it happens.
    stops: Vec<Stop>,
    /// Whether the block that it is in was begun, whatever came first in time.
    is_begun: bool,
    handler: Handler,
}

/// One host: what its entries came to, by iteration, and what failed or was dropped.
#[derive(Default)]
struct Host {
    frames: Vec<BTreeMap<String, Status>>,
    failed: Vec<Footprint>,
}

/// What a host at an entry that is done once is told.
#[derive(Clone)]
enum Turn {
    Do,
    ByItself,
    Take(Status, BTreeMap<String, Status>),
}

pub(super) struct Oracle<'a> {
    book: &'a Book,
    made: &'a BTreeMap<Key, u32>,
    out: RefCell<Expected>,
    hosts: BTreeMap<&'a str, RefCell<Host>>,
    places: BTreeMap<&'a str, usize>,
    once: RefCell<BTreeMap<&'a str, (Status, BTreeMap<String, Status>)>>,
    meeting: RefCell<BTreeMap<&'a str, (&'a Entry, Around)>>,
    turns: RefCell<BTreeMap<&'a str, Turn>>,
}

type Doing<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

/// What the rules say of a playbook; `made`: how many times each call was made.
pub(super) fn expect(book: &Book, made: &BTreeMap<Key, u32>) -> Expected {
    let host = |(name, _): &'_ (String, bool)| name.clone();
    let names: Vec<String> = book.hosts.iter().map(host).collect();
    let oracle = Oracle {
        book,
        made,
        out: RefCell::default(),
        hosts: book
            .hosts
            .iter()
            .map(|(name, _)| (name.as_str(), RefCell::default()))
            .collect(),
        places: book
            .all()
            .enumerate()
            .map(|(at, entry)| (entry.id.as_str(), at))
            .collect(),
        once: RefCell::default(),
        meeting: RefCell::default(),
        turns: RefCell::default(),
    };
    for name in &names {
        oracle.hosts[name.as_str()]
            .borrow_mut()
            .frames
            .push(BTreeMap::new());
    }
    oracle.rounds();
    oracle.out.into_inner()
}

impl<'a> Oracle<'a> {
    fn get(&self, host: &str, id: &str) -> Status {
        let host = self.hosts[host].borrow();
        // R 5: what was not begun, or is in a round that the host was not in, was skipped.
        host.frames
            .iter()
            .rev()
            .find_map(|frame| frame.get(id))
            .copied()
            .unwrap_or(Status::NOTHING)
    }

    fn set(&self, host: &str, id: &str, status: Status) {
        let mut host = self.hosts[host].borrow_mut();
        host.frames.last_mut().unwrap().insert(id.to_owned(), status);
    }

    fn is_up(&self, host: &str) -> bool {
        self.book.hosts.iter().any(|(name, is_up)| name == host && *is_up)
    }

    fn fail(&self, host: &str, footprint: Footprint) {
        self.hosts[host].borrow_mut().failed.push(footprint);
    }

    fn tell(&self, host: &str, id: &str, item: Option<&str>, told: Told) {
        let key = (host.to_owned(), id.to_owned(), item.map(str::to_owned));
        self.out.borrow_mut().told.entry(key).or_default().push(told);
    }

    // ---- gates (R 11, R 12)

    fn holds(&self, host: &str, condition: &Condition) -> bool {
        match condition {
            Condition::Is(is) => *is,
            Condition::Host(name, is) => (name == host) == *is,
            Condition::Result(of, field, is) => {
                let status = self.get(host, of);
                let value = match field {
                    Field::Changed => status.changed,
                    Field::Failed => status.failed,
                    Field::Skipped if status.outcome == Outcome::Skipped => Tri::Yes,
                    Field::Skipped => Tri::No,
                };
                if value == Tri::Maybe || (*field == Field::Skipped && status.is_either) {
                    self.out.borrow_mut().is_vague = true;
                }
                (value == Tri::Yes) == *is
            }
        }
    }

    fn whens(&self, host: &str, entry: &Entry) -> bool {
        entry.when.iter().all(|when| self.holds(host, when))
    }

    /// What is asked once, also on a loop.
    fn triggers(&self, host: &str, entry: &Entry) -> bool {
        let any = |sources: &[String], holds: fn(Status) -> bool| {
            sources.is_empty() || sources.iter().any(|id| holds(self.get(host, id)))
        };
        any(&entry.on_failure, Status::has_failed)
            // R 26: maybe counts as changed for handlers.
            && any(&entry.on_change, |status| status.changed >= Tri::Maybe)
    }

    fn may_do(&self, host: &str, entry: &Entry) -> bool {
        self.triggers(host, entry) && (entry.items.is_some() || self.whens(host, entry))
    }

    // ---- entries

    fn entry<'f>(&'f self, host: &'a str, entry: &'a Entry, around: Around) -> Doing<'f, Status> {
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
                    if entry.what != What::Group {
                        self.tell(host, &entry.id, None, told(status, false, handler));
                    }
                    let mut all = vec![entry];
                    super::book::walk(&entry.entries, &mut all);
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
            What::Group => self.group(host, entry, around).await,
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
        let is_loop = entry.items.is_some();
        if !self.triggers(host, entry) || (!is_loop && !self.whens(host, entry)) {
            let status = Status {
                is_either: !around.stops.is_empty(),
                ..Status::NOTHING
            };
            self.not_begun(host, entry, &around, status, "its group is skipped");
            return status;
        }
        let mut whole = Status::NOTHING;
        let mut merged: BTreeMap<String, Status> = BTreeMap::new();
        self.hosts[host].borrow_mut().frames.push(BTreeMap::new());
        for item in items(entry) {
            self.hosts[host].borrow_mut().frames.last_mut().unwrap().clear();
            let mut inner = around.clone();
            inner.keys.extend(item.map(str::to_owned));
            if is_loop && !self.whens(host, entry) {
                let status = Status {
                    is_either: !around.stops.is_empty(),
                    ..Status::NOTHING
                };
                for below in &entry.entries {
                    self.set(host, &below.id, status);
                    self.not_begun(host, below, &inner, status, "its iteration is skipped");
                }
                whole = whole.merge(status);
            } else {
                whole = whole.merge(self.block(host, &entry.entries, inner).await);
            }
            // R 10: from outside a loop, what is in it is the merge of its iterations.
            for (id, status) in self.hosts[host].borrow().frames.last().unwrap() {
                let merge = |old: &Status| old.merge(*status);
                merged.insert(id.clone(), merged.get(id).map_or(*status, merge));
            }
        }
        self.hosts[host].borrow_mut().frames.pop();
        self.hosts[host]
            .borrow_mut()
            .frames
            .last_mut()
            .unwrap()
            .extend(merged);
        whole
    }

    /// R 5: what is in an entry that is not begun is not told, and has its status.
    fn not_begun(&self, host: &str, entry: &Entry, around: &Around, status: Status, why: &'static str) {
        let own = if entry.what == What::Group {
            Vec::new()
        } else {
            keys(entry, around)
        };
        for key in own {
            let key = (host.to_owned(), entry.id.clone(), key);
            self.out.borrow_mut().never.entry(key).or_insert(why);
        }
        for key in keys(entry, around) {
            for below in &entry.entries {
                self.set(host, &below.id, status);
                let inner = Around {
                    keys: vec![key.clone()],
                    ..around.clone()
                };
                self.not_begun(host, below, &inner, status, why);
            }
        }
    }

    /// R 21 to 24.
    async fn block(&self, host: &'a str, entries: &'a [Entry], around: Around) -> Status {
        let mut stop: Option<Stop> = None;
        let mut whole = Status::NOTHING;
        for entry in entries {
            let mut inner = around.clone();
            inner.is_begun = around.stops.is_empty();
            // R 24: `always` binds to its own list.
            let is_left = entry.always && around.stops.is_empty();
            if let Some(stop) = stop.as_ref().filter(|_| !is_left) {
                inner.stops.push(Rc::clone(stop));
            }
            let mark = self.hosts[host].borrow().failed.len();
            let mut status = self.entry(host, entry, inner).await;
            let handles = entry.ignore || self.book.is_region(&entry.id);
            if status.has_failed() && handles {
                self.hosts[host].borrow_mut().failed.truncate(mark);
                status = status.handled();
            } else if status.has_failed() {
                let failed = self.hosts[host].borrow().failed[mark..].to_vec();
                stop.get_or_insert_default().borrow_mut().failed.extend(failed);
            } else {
                self.hosts[host].borrow_mut().failed.truncate(mark);
            }
            whole = whole.merge(status);
        }
        whole
    }

    // ---- rounds (R 33 to 37)

    fn rounds(&self) {
        for (at, round) in self.book.rounds.iter().enumerate() {
            let is_left = |host: &&String| !self.out.borrow().hosts.contains_key(*host);
            let hosts: Vec<&'a str> = round.hosts.iter().filter(is_left).map(String::as_str).collect();
            let mut failures = 0;
            let (mut from, mut number) = (0, 0);
            while from < hosts.len() {
                let size = match &round.serial[..] {
                    [] => hosts.len(),
                    sizes => sizes[number.min(sizes.len() - 1)],
                };
                let batch = &hosts[from..hosts.len().min(from + size)];
                (from, number) = (from + size, number + 1);
                self.batch(at, batch);
                failures += batch
                    .iter()
                    .filter(|host| self.out.borrow().hosts.contains_key(**host))
                    .count();
                // R 35: strictly more than it.
                if round.max_failures.is_some_and(|most| failures > most) {
                    let batch = batch.iter().map(|&host| host.to_owned()).collect();
                    self.out.borrow_mut().stopped = Some((at, batch));
                    return;
                }
            }
        }
    }

    async fn enter(&self, at: usize, host: &'a str) {
        let round = &self.book.rounds[at];
        if !self.is_up(host) {
            self.out.borrow_mut().hosts.insert(host.to_owned(), "unreachable");
            return;
        }
        self.out
            .borrow_mut()
            .entered
            .insert((host.to_owned(), round.name.clone()));
        self.hosts[host].borrow_mut().failed.clear();
        let around = Around {
            round: at,
            keys: Vec::new(),
            on: None,
            stops: Vec::new(),
            is_begun: true,
            handler: Handler::Nobody,
        };
        if round.when.as_ref().is_some_and(|when| !self.holds(host, when)) {
            for entry in &round.entries {
                self.set(host, &entry.id, Status::NOTHING);
                self.not_begun(host, entry, &around, Status::NOTHING, "its round is left out");
            }
            return;
        }
        if self.block(host, &round.entries, around).await.has_failed() {
            self.out.borrow_mut().hosts.insert(host.to_owned(), "failed");
        }
    }

    /// All hosts of a batch, each up to where it meets the others, then on.
    fn batch(&self, at: usize, hosts: &[&'a str]) {
        let begin = |host: &&'a str| (*host, Box::pin(self.enter(at, host)) as Doing<'_, ()>);
        let mut under_way: Vec<_> = hosts.iter().map(begin).collect();
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut poll = |wanted: &dyn Fn(&str) -> bool| {
            under_way
                .retain_mut(|(host, doing)| !wanted(host) || doing.as_mut().poll(&mut context).is_pending());
        };
        poll(&|_| true);
        loop {
            let place = |(entry, _): &(&'a Entry, Around)| self.places[entry.id.as_str()];
            let Some(first) = self.meeting.borrow().values().map(place).min() else {
                return;
            };
            let here: Vec<&'a str> = hosts
                .iter()
                .filter(|host| self.meeting.borrow().get(**host).map(place) == Some(first))
                .copied()
                .collect();
            let entry = self.meeting.borrow()[here[0]].0;
            let done = self.once.borrow().get(entry.id.as_str()).cloned();
            let mut turn = |host: &'a str, turn: Turn| {
                self.meeting.borrow_mut().remove(host);
                self.turns.borrow_mut().insert(host, turn);
                poll(&|it| it == host);
            };
            match (done, here.iter().find(|host| self.may_do(host, entry))) {
                (Some((status, inside)), _) => {
                    here.into_iter()
                        .for_each(|host| turn(host, Turn::Take(status, inside.clone())));
                }
                (None, Some(host)) => turn(host, Turn::Do),
                (None, None) => here.into_iter().for_each(|host| turn(host, Turn::ByItself)),
            }
        }
    }

    pub(super) const fn made(&self) -> &BTreeMap<Key, u32> {
        self.made
    }
}

/// What is told of a status; `is_open`: it may also be canceled, or told by nothing.
fn told(status: Status, is_open: bool, handler: Handler) -> Told {
    let mut outcomes = vec![status.outcome];
    if is_open {
        outcomes.push(Outcome::Canceled);
    }
    Told {
        outcomes,
        is_optional: is_open,
        handler,
        changed: match status.changed {
            Tri::Maybe => None,
            it => Some(it == Tri::Yes),
        },
    }
}

/// The items of an entry's loop, or the one thing that it is.
fn items(entry: &Entry) -> Vec<Option<&str>> {
    match &entry.items {
        Some(items) => items.iter().map(|item| Some(item.as_str())).collect(),
        None => vec![None],
    }
}

/// The items of the loops around each item of an entry, its own last, joined.
fn keys(entry: &Entry, around: &Around) -> Vec<String> {
    let key = |item: Option<&str>| {
        let all: Vec<_> = around.keys.iter().map(String::as_str).chain(item).collect();
        all.join("-")
    };
    items(entry).into_iter().map(key).collect()
}
