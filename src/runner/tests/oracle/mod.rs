//! The rules of execution as a plain interpreter, one entry after another: what happens, what may not, what is told.
//!
//! Where the rules leave freedom (a call written after one that failed, with which it does not conflict) it follows what the
//! log says happened.

mod call;
mod gates;
mod groups;
mod rounds;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::rc::Rc;

use super::book::{Book, Entry, Footprint, Key};
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
    /// Killed with its group: told as canceled, or as failed.
    pub(super) is_killed: bool,
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
    /// The time of the group or round around it: whether it is over.
    clock: Option<Rc<Cell<bool>>>,
    /// Whether it is in something that says `always`, which goes on when that time is over.
    is_left: bool,
}

/// One host: what its entries came to, by iteration, and what failed or was dropped.
#[derive(Default)]
struct Host {
    frames: Vec<BTreeMap<String, Status>>,
    failed: Vec<Footprint>,
    dropped: Vec<Footprint>,
    /// In check mode: what would have been changed, or might (R 28).
    stale: Vec<Footprint>,
}

impl Host {
    fn marks(&self) -> (usize, usize) {
        (self.failed.len(), self.dropped.len())
    }

    /// Whatever failed or was dropped since then stops nothing further on.
    fn forget(&mut self, failed: usize, dropped: usize) {
        self.failed.truncate(failed);
        self.dropped.truncate(dropped);
    }
}

/// What an entry done once came to, with what is in it.
type Shared = (Status, BTreeMap<String, Status>);

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
    is_check: bool,
    out: RefCell<Expected>,
    hosts: BTreeMap<&'a str, RefCell<Host>>,
    places: BTreeMap<&'a str, usize>,
    once: RefCell<BTreeMap<&'a str, Shared>>,
    meeting: RefCell<BTreeMap<&'a str, (&'a Entry, Around)>>,
    turns: RefCell<BTreeMap<&'a str, Turn>>,
}

type Doing<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

/// What the rules say of a playbook, in apply mode or in check mode; `made`: how many times each call was made.
pub(super) fn expect(book: &Book, made: &BTreeMap<Key, u32>, is_check: bool) -> Expected {
    let host = |(name, _): &'_ (String, bool)| name.clone();
    let names: Vec<String> = book.hosts.iter().map(host).collect();
    let oracle = Oracle {
        book,
        made,
        is_check,
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

impl Oracle<'_> {
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

    /// Whether the time around something is over, and that is an end for it.
    fn is_over(around: &Around) -> bool {
        !around.is_left && around.clock.as_ref().is_some_and(|clock| clock.get())
    }

    fn tell(&self, host: &str, id: &str, item: Option<&str>, told: Told) {
        let key = (host.to_owned(), id.to_owned(), item.map(str::to_owned));
        self.out.borrow_mut().told.entry(key).or_default().push(told);
    }
}

/// What is told of a status; `is_open`: it may also be canceled, or told by nothing.
fn told(status: Status, is_open: bool, handler: Handler) -> Told {
    let mut outcomes = vec![status.outcome];
    if status.outcome == Outcome::Ok && status.changed == Tri::Yes {
        // R 15: of several attempts, *changed* is merged, and the rest is the last one's.
        outcomes.push(Outcome::Changed);
    }
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
        is_killed: false,
    }
}

/// The items of an entry's loop, or the one thing that it is.
fn items(entry: &Entry) -> Vec<Option<&str>> {
    match &entry.items {
        Some(items) => items.iter().map(|item| Some(item.as_str())).collect(),
        None => vec![None],
    }
}

/// The items of the loops around each item of an entry, its own last.
fn keys(entry: &Entry, around: &Around) -> Vec<Vec<String>> {
    let key = |item: Option<&str>| {
        around
            .keys
            .iter()
            .cloned()
            .chain(item.map(str::to_owned))
            .collect()
    };
    items(entry).into_iter().map(key).collect()
}
