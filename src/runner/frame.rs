//! Frames: a list of entries under way on one host, and how far each of them has come.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::time::Instant;

use crate::event::Outcome;
use crate::failure::Failure;
use crate::name::{EntryId, RoundId};
use crate::playbook::Playbook;
use crate::runner::authority::Authority;
use crate::runner::delegate::Delegate;
use crate::runner::names::FrameId;
use crate::runner::record::Record;
use crate::runner::start::End;
use crate::template::Scope;
use crate::value::Value;

/// A list of entries under way: a round's, or a group's for one item of its loop.
#[derive(Debug)]
pub(super) struct Frame {
    /// The round that it belongs to.
    pub(super) round: RoundId,
    /// The group's own place, and which of its items this is; `None` for a round.
    pub(super) parent: Option<(FrameId, usize)>,
    /// The scope in which its entries are read.
    pub(super) scope: Arc<Scope>,
    /// Its entries in written order.
    pub(super) nodes: Vec<Node>,
    /// How many have not been passed: not everything of them is sent.
    pub(super) unpassed: usize,
    /// How many have not ended.
    pub(super) unsettled: usize,
    /// The places of those that are to be looked at: not of those that wait for another one's result, and not of those of
    /// which everything is sent.
    pub(super) agenda: BTreeSet<usize>,
    /// The places of those that wait for the result of an entry of this frame: until it has ended, they need no look.
    pub(super) blocked: HashMap<EntryId, Vec<usize>>,
    /// Why nothing more of it is started, but for `always`.
    pub(super) stopped: Option<Stop>,
    /// When its time is over, and how much that was.
    pub(super) deadline: Option<(Instant, std::time::Duration)>,
    /// Whether something in it changed.
    pub(super) changed: bool,
    /// As whom its calls act: what its round says, and what the groups around it do.
    pub(super) authority: [Authority; 2],
    /// Where its entries are done, if they do not say it themselves.
    pub(super) delegate: Delegate,
}

/// Why a frame was stopped.
#[derive(Debug, Clone)]
pub(super) enum Stop {
    /// Something failed: the failure, and the label of the call that failed.
    Failed(Failure, String),
    /// Too many hosts have failed: what `always` says runs still.
    Ended,
    /// The host's connection is lost: of what `always` says only what is done on other hosts runs still.
    Lost,
    /// The run was interrupted: `always` does not run either.
    Aborted,
}

impl Stop {
    /// Whether an entry of a frame that is stopped runs still.
    pub(super) fn leaves(&self, playbook: &Playbook, entry: EntryId) -> bool {
        let always = playbook.entry(entry).always;
        match self {
            Self::Failed(..) | Self::Ended => always,
            Self::Lost => always && playbook.delegation(entry).is_some(),
            Self::Aborted => false,
        }
    }

    /// Whether it leaves more than the other.
    pub(super) fn is_milder(&self, other: &Self) -> bool {
        let rank = |stop: &Self| match stop {
            Self::Failed(..) | Self::Ended => 0,
            Self::Lost => 1,
            Self::Aborted => 2,
        };
        rank(self) < rank(other)
    }
}

/// An entry in a frame.
#[derive(Debug)]
pub(super) struct Node {
    /// The entry.
    pub(super) entry: EntryId,
    /// How far it has come.
    pub(super) state: State,
    /// Whether all of it has been sent, and those after it may be.
    pub(super) passed: bool,
}

/// How far an entry has come.
#[derive(Debug)]
pub(super) enum State {
    /// Not looked at.
    Waiting,
    /// It is done once, and this host waits for the one that does it; how it ends here if no host may.
    Meeting(Option<End>),
    /// A call, with its items.
    Calling(Calling),
    /// A group, with its items.
    Inside(Inside),
    /// It has ended.
    Settled,
}

/// A call under way.
#[derive(Debug)]
pub(super) struct Calling {
    /// The scope of the call, without an item's names.
    pub(super) scope: Arc<Scope>,
    /// The items of its loop; one without names where it has none.
    pub(super) items: Vec<Bindings>,
    /// Whether it has a loop.
    pub(super) is_loop: bool,
    /// The next item to be sent.
    pub(super) next: usize,
    /// What came of the items, as far as they have ended.
    pub(super) ended: Vec<Option<Arc<Record>>>,
    /// How many have not ended.
    pub(super) open: usize,
    /// What it is told about its `on_change`.
    pub(super) trigger: Trigger,
    /// The numbers of its requests that were not answered yet.
    pub(super) in_flight: Vec<u64>,
    /// Whether some item that has ended changed something.
    pub(super) changed: bool,
}

/// A group under way.
#[derive(Debug)]
pub(super) struct Inside {
    /// The scope of the group, without an item's names.
    pub(super) scope: Arc<Scope>,
    /// The items of its loop; one without names where it has none.
    pub(super) items: Vec<Bindings>,
    /// Whether it has a loop.
    pub(super) is_loop: bool,
    /// The next item to be begun.
    pub(super) next: usize,
    /// Frames that have not ended.
    pub(super) open: usize,
    /// Frames that were not passed.
    pub(super) unpassed: usize,
    /// The worst that came of its frames, so far.
    pub(super) outcome: Outcome,
    /// What failed in it first: the failure and the label of the call.
    pub(super) failure: Option<(Failure, String)>,
}

/// The names that an item of a loop binds.
#[derive(Debug, Clone, Default)]
pub(super) struct Bindings {
    /// Name and value.
    pub(super) names: Vec<(String, Value)>,
    /// Whether a secret was read for one of them.
    pub(super) is_secret: bool,
}

/// What is known of the `on_change` sources of a call when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trigger {
    /// It has none, or one of them has changed something.
    Pulled,
    /// The agent decides: it runs if one of these changes something.
    Ask(Vec<u64>),
}

impl Frame {
    /// A frame of entries, none of them begun.
    pub(super) fn new(
        round: RoundId,
        parent: Option<(FrameId, usize)>,
        scope: Arc<Scope>,
        entries: impl Iterator<Item = EntryId>,
    ) -> Self {
        let nodes: Vec<_> = entries
            .map(|entry| Node {
                entry,
                state: State::Waiting,
                passed: false,
            })
            .collect();
        let agenda = (0..nodes.len()).collect();
        Self {
            round,
            parent,
            scope,
            unpassed: nodes.len(),
            unsettled: nodes.len(),
            nodes,
            agenda,
            blocked: HashMap::new(),
            stopped: None,
            deadline: None,
            changed: false,
            authority: Default::default(),
            delegate: Delegate::Nobody,
        }
    }

    /// The place of an entry in it.
    pub(super) fn slot(&self, entry: EntryId) -> Option<usize> {
        self.nodes.binary_search_by_key(&entry, |node| node.entry).ok()
    }

    /// Whether everything before a place has ended.
    pub(super) fn is_settled_before(&self, slot: usize) -> bool {
        self.nodes[..slot]
            .iter()
            .all(|node| matches!(node.state, State::Settled))
    }
}

impl Calling {
    /// A call of which nothing was sent.
    pub(super) fn new(scope: Arc<Scope>, items: Vec<Bindings>, is_loop: bool, trigger: Trigger) -> Self {
        Self {
            scope,
            is_loop,
            next: 0,
            ended: vec![None; items.len()],
            open: items.len(),
            items,
            trigger,
            in_flight: Vec::new(),
            changed: false,
        }
    }
}

impl Inside {
    /// A group of which nothing was begun.
    pub(super) fn new(scope: Arc<Scope>, items: Vec<Bindings>, is_loop: bool) -> Self {
        Self {
            scope,
            items,
            is_loop,
            next: 0,
            open: 0,
            unpassed: 0,
            outcome: Outcome::Ok,
            failure: None,
        }
    }
}
