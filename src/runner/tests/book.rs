//! A small playbook as data: what it says, and how each of its calls ends.

use std::collections::BTreeMap;

/// One call on one host: the host, the entry, and the items of the loops around it, joined.
pub(super) type Key = (String, String, String);

#[derive(Debug, Clone)]
pub(super) struct Book {
    /// Each with whether it can be reached.
    pub(super) hosts: Vec<(String, bool)>,
    pub(super) rounds: Vec<Round>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Round {
    pub(super) name: String,
    pub(super) hosts: Vec<String>,
    pub(super) when: Option<Condition>,
    pub(super) needs: Option<Vec<String>>,
    pub(super) is_loose: bool,
    pub(super) serial: Vec<usize>,
    pub(super) max_failures: Option<usize>,
    pub(super) timeout: bool,
    pub(super) entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum What {
    #[default]
    Call,
    Group,
    Fail,
}

#[derive(Debug, Clone)]
pub(super) enum Condition {
    Is(bool),
    /// Whether this is, or is not, the host.
    Host(String, bool),
    /// Whether a result has, or has not, this field set.
    Result(String, Field, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Changed,
    Failed,
    Skipped,
}

impl Field {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// It prints `o`, and `changed_when` says that nothing changed.
    Ok,
    /// It prints `c`: it has changed something.
    Changed,
    /// It prints `f`, with exit code 1.
    Failed,
    /// It does not end by itself.
    Hangs,
    /// It ends by itself, after any limit around it: it prints `l`.
    Long,
}

impl Word {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "o",
            Self::Changed => "c",
            Self::Failed => "f",
            Self::Hangs => "h",
            Self::Long => "l",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// `not result.failed`
    Good,
    /// `result.stdout == 'o'`
    Ok,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailedWhen {
    Never,
    /// `result.stdout == 'c'`
    Changed,
}

#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the language")]
pub(super) struct Entry {
    pub(super) what: What,
    pub(super) id: String,
    pub(super) when: Vec<Condition>,
    pub(super) on_change: Vec<String>,
    pub(super) on_failure: Vec<String>,
    pub(super) always: bool,
    pub(super) ignore: bool,
    pub(super) once: bool,
    pub(super) delegate: Option<String>,
    pub(super) items: Option<Vec<String>>,
    /// None: it may write everything.
    pub(super) writes: Option<Vec<String>>,
    /// None: it may read everything.
    pub(super) reads: Option<Vec<String>>,
    /// Without `changed_when`: such a call alone is followed by others before it is answered.
    pub(super) plain: bool,
    pub(super) until: Option<(Until, u32)>,
    pub(super) failed_when: Option<FailedWhen>,
    pub(super) timeout: bool,
    /// Whose result it is given to read.
    pub(super) see: Option<String>,
    /// How its attempts end, the last word for all further ones.
    pub(super) words: Vec<Word>,
    pub(super) by_host: BTreeMap<String, Word>,
    pub(super) by_item: BTreeMap<String, Word>,
    pub(super) entries: Vec<Self>,
}

/// All entries below these, in written order.
pub(super) fn walk<'a>(entries: &'a [Entry], to: &mut Vec<&'a Entry>) {
    for entry in entries {
        to.push(entry);
        walk(&entry.entries, to);
    }
}

impl Round {
    pub(super) fn all(&self) -> Vec<&Entry> {
        let mut all = Vec::new();
        walk(&self.entries, &mut all);
        all
    }
}

impl Book {
    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.rounds.iter().flat_map(Round::all)
    }

    pub(super) fn entry(&self, id: &str) -> &Entry {
        self.all().find(|entry| entry.id == id).unwrap()
    }

    /// The entries that some rescue names.
    pub(super) fn is_region(&self, id: &str) -> bool {
        self.all().any(|entry| entry.on_failure.iter().any(|it| it == id))
    }

    /// An entry with all around it, the outermost first.
    pub(super) fn chain(&self, id: &str) -> Vec<&Entry> {
        fn find<'a>(entries: &'a [Entry], id: &str, chain: &mut Vec<&'a Entry>) -> bool {
            entries.iter().any(|entry| {
                chain.push(entry);
                let found = entry.id == id || find(&entry.entries, id, chain);
                if !found {
                    chain.pop();
                }
                found
            })
        }
        let mut chain = Vec::new();
        self.rounds
            .iter()
            .any(|round| find(&round.entries, id, &mut chain));
        chain
    }

    /// Whether rounds may run side by side, so that written order says little across them.
    pub(super) fn is_wide(&self) -> bool {
        self.rounds.len() > 1 && self.rounds.iter().any(|round| round.needs.is_some())
    }
}

impl Entry {
    /// How an attempt of it ends, counted from 1. The innermost item that is named decides.
    pub(super) fn word(&self, host: &str, key: &str, attempt: u32) -> Word {
        let by_item = || key.rsplit('-').find_map(|item| self.by_item.get(item));
        let special = self.by_host.get(host).or_else(by_item);
        let at = usize::try_from(attempt - 1).unwrap().min(self.words.len() - 1);
        special.copied().unwrap_or(self.words[at])
    }
}

impl Entry {
    /// Whether an attempt of it may not end by itself.
    pub(super) fn hangs(&self) -> bool {
        self.may_end(&[Word::Hangs])
    }

    /// Whether an attempt of it may not end within the limits around it.
    pub(super) fn outlasts(&self) -> bool {
        self.may_end(&[Word::Hangs, Word::Long])
    }

    fn may_end(&self, words: &[Word]) -> bool {
        let special = self.by_host.values().chain(self.by_item.values());
        self.words.iter().chain(special).any(|it| words.contains(it))
    }
}

/// What a call touches: what it writes and what it reads, none for everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Footprint {
    writes: Option<Vec<String>>,
    reads: Option<Vec<String>>,
}

impl Footprint {
    pub(super) const EVERYTHING: Self = Self {
        writes: None,
        reads: None,
    };

    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            writes: entry.writes.clone(),
            reads: entry.reads.clone(),
        }
    }

    /// Whether it writes what the other reads.
    pub(super) fn spoils(&self, other: &Self) -> bool {
        meets(self.writes.as_ref(), other.reads.as_ref())
    }

    /// Whether one writes what the other reads or writes (R 2).
    pub(super) fn conflicts(&self, other: &Self) -> bool {
        meets(self.writes.as_ref(), other.writes.as_ref()) || self.spoils(other) || other.spoils(self)
    }
}

/// Whether two areas have something in common; none is everything.
fn meets(a: Option<&Vec<String>>, b: Option<&Vec<String>>) -> bool {
    match (a, b) {
        (Some(a), _) if a.is_empty() => false,
        (_, Some(b)) if b.is_empty() => false,
        (Some(a), Some(b)) => a.iter().any(|path| b.contains(path)),
        _ => true,
    }
}
