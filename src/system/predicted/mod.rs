//! The host as it would be: what calls of check mode change instead of the host. It is kept in memory, and holds only what
//! would differ; everything else is looked up on the host each time.

mod change;
mod domain;
mod draft;
mod look;
mod may;
mod resolve;
mod touched;
mod tree;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use crate::blob::Blob;
use crate::failure::{Failure, Kind};
use crate::system::Location;
pub use crate::system::predicted::domain::Domain;
pub(super) use crate::system::predicted::look::{Opened, in_memory};
use crate::system::predicted::tree::Tree;
pub use crate::system::predicted::turn::Changes;

/// What the answer of a program that looks depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'a> {
    /// What is at a path and below it.
    Path(&'a Path),
    /// What a part of the host is like.
    Domain(Domain),
    /// Anything.
    Everything,
}

/// One host as it would be after the calls of check mode. Clones are the same host.
#[derive(Debug, Clone, Default)]
pub struct PredictedHost(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    tree: Mutex<Tree>,
    /// The call that changes it now and may take that back: others wait with their changes, which would be lost by it. Locked
    /// before `tree`.
    turn: Mutex<Option<u64>>,
    turn_ended: Condvar,
    /// Whether anything differs from the host.
    differs: AtomicBool,
    /// Whether its owner was told that it cannot hold more.
    is_full: AtomicBool,
}

/// The host as it would be, for one call.
#[derive(Debug, Clone)]
pub(super) struct Predicted(Arc<Call>);

#[derive(Debug)]
struct Call {
    host: PredictedHost,
    id: u64,
    /// What the programs depend on that it runs to look; nothing: anything.
    reads: Option<Vec<String>>,
    /// The call whose effect it would have had to know, if there was one.
    raised: Mutex<Option<u64>>,
    /// Whether nobody can say before it is made what it would come to.
    is_doubtful: AtomicBool,
    /// Content that stands for what a draft holds.
    filled: Mutex<Option<Blob>>,
    /// Fields of the result that nobody can know before it is made.
    unsure: Mutex<BTreeSet<&'static str>>,
}

/// Why something cannot be looked at or done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The system would say this.
    System(Errno),
    /// Only the call with this number decides it.
    Unknown(u64),
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Predicted {
    pub(super) fn new(host: &PredictedHost, id: u64, reads: Option<Vec<String>>) -> Self {
        Self(Arc::new(Call {
            host: host.clone(),
            id,
            reads,
            raised: Mutex::default(),
            is_doubtful: AtomicBool::new(false),
            filled: Mutex::default(),
            unsure: Mutex::default(),
        }))
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        lock(&self.0.host.0.tree)
    }

    pub(super) fn id(&self) -> u64 {
        self.0.id
    }

    /// Whether anything differs from the host.
    pub(super) fn differs(&self) -> bool {
        self.0.host.0.differs.load(Ordering::Acquire)
    }

    /// In check mode: why a program must not run. It would change something, or the host as it would be is not as what it
    /// looks at.
    pub(super) fn keeps_from_running(&self, about: &[About<'_>]) -> Option<u64> {
        if self.is_changing() {
            return Some(self.id());
        }
        about.iter().find_map(|about| match about {
            About::Path(path) => self.touched(path),
            About::Domain(domain) => self.touched_domain(*domain),
            About::Everything if !self.differs() => None,
            About::Everything => match &self.0.reads {
                Some(paths) => paths.iter().find_map(|path| self.touched(Path::new(path))),
                None => self.tree().any_but(u64::MAX),
            },
        })
    }

    /// Notes that only another call decides what this one would find.
    pub(super) fn raise(&self, why: u64) {
        lock(&self.0.raised).get_or_insert(why);
    }

    /// From now on the call is looked at by itself again.
    pub(super) fn lower(&self) {
        *lock(&self.0.raised) = None;
    }

    /// Notes that what this call would come to is not known before it is made.
    pub(super) fn doubt(&self) {
        self.0.is_doubtful.store(true, Ordering::Relaxed);
        self.raise(self.id());
    }

    pub(super) fn unsure(&self, field: &'static str) {
        lock(&self.0.unsure).insert(field);
    }

    pub(super) fn unsure_fields(&self) -> BTreeSet<&'static str> {
        lock(&self.0.unsure).clone()
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.0.is_doubtful.load(Ordering::Relaxed)
    }

    pub(super) fn raised(&self) -> Option<u64> {
        *lock(&self.0.raised)
    }

    pub(super) fn fill(&self, blob: &Blob) {
        *lock(&self.0.filled) = Some(blob.clone());
    }

    /// Whether its owner is to be told that no more can be held: once.
    pub(super) fn is_full_now(&self) -> bool {
        self.tree().is_full() && !self.0.host.0.is_full.swap(true, Ordering::Relaxed)
    }

    /// From now on nobody knows what is at a path and below it.
    pub(super) fn spoil(&self, path: &Path, why: u64) {
        let target = self.real_path(path);
        let mut tree = self.tree_to_change();
        tree.spoil(path, why);
        if let Some(target) = target.filter(|it| it != path) {
            tree.spoil(&target, why);
        }
    }

    /// From now on anything of these directories' kind may have come that is not there.
    pub(super) fn may_come(&self, why: u64) {
        self.tree_to_change().may_come(why);
    }

    /// Notes that what is not in a file may come to be there.
    pub(super) fn raise_coming(&self, path: &Path) {
        let coming = self.tree().coming(path);
        if let Some(why) = coming {
            self.raise(why);
        }
    }

    /// The call that would change what is at a path or below it, or the way there, if there is one.
    pub(super) fn touched(&self, path: &Path) -> Option<u64> {
        if !self.differs() {
            return None;
        }
        let way = self.way(path);
        let tree = self.tree();
        way.iter()
            .find_map(|passed| tree.differs_at(passed))
            .or_else(|| tree.touched(path))
            .or_else(|| way.last().and_then(|end| tree.touched(end)))
    }

    /// What an earlier call made of a thing that is no file.
    pub(super) fn item(&self, domain: Domain, key: &str) -> Item {
        self.tree().item(domain, key)
    }

    pub(super) fn set_item(&self, domain: Domain, key: &str, value: String) {
        let id = self.id();
        let mut tree = self.tree_to_change();
        tree.items.insert((domain, key.to_owned()), Known(value, id));
    }

    /// From now on nobody knows what is so of a domain.
    pub(super) fn spoil_domain(&self, domain: Domain, why: u64) {
        self.tree_to_change().spoil_domain(domain, why);
    }

    /// The call that would change anything of a domain, if there is one.
    pub(super) fn touched_domain(&self, domain: Domain) -> Option<u64> {
        if !self.differs() {
            return None;
        }
        let touched = self.tree().touched_domain(domain);
        touched.or_else(|| {
            domain
                .paths()
                .iter()
                .find_map(|path| self.touched(Path::new(path)))
        })
    }

    /// The failure that a fault is.
    pub(super) fn failure(&self, fault: Fault, at: &Location, doing: &str) -> Failure {
        match fault {
            Fault::System(errno) => at.failure(doing, errno),
            Fault::Unknown(why) => self.unknown(&at.path(), why),
        }
    }

    pub(super) fn path_failure(&self, fault: Fault, path: &Path, doing: &str) -> Failure {
        match fault {
            Fault::System(errno) => Failure::io(
                format_args!("{doing} `{}`", path.display()),
                &std::io::Error::from(errno),
            ),
            Fault::Unknown(why) => self.unknown(path, why),
        }
    }

    /// The failure of what is not done in check mode: nobody knows what would come of it.
    pub(super) fn unforeseen(&self) -> Failure {
        self.raise(self.id());
        Failure::new(Kind::Unsupported, "this is not done in check mode")
    }

    /// The failure of opening a file whose content is on the controller where that cannot be asked.
    pub(super) fn only_by_reference(&self, at: &Location) -> Failure {
        self.unknown(&at.path(), self.id())
    }

    fn unknown(&self, path: &Path, why: u64) -> Failure {
        self.raise(why);
        let message = format!("what is at `{}` is not known in check mode", path.display());
        Failure::new(Kind::Unsupported, message)
    }
}

/// What a thing is that is no file, by the call with this number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known(String, u64);

/// What calls of check mode made of a thing that is no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Nothing: it is as it is on the host.
    AsOnHost,
    /// This.
    Is(String),
    /// Only the call with this number decides it.
    Unknown(u64),
}

type Items = BTreeMap<(Domain, String), Known>;
