//! Frames: a list of entries under way on one host, and how far each of them has come.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio::time::Instant;

use crate::failure::Failure;
use crate::name::{EntryId, RoundId};
use crate::runner::items::Bindings;
use crate::runner::names::FrameId;
use crate::runner::record::Record;
use crate::runner::schedule::state::gate::{End, Trigger};
use crate::runner::schedule::state::stops::Stop;
use crate::runner::settings::Settings;
use crate::runner::status::{Status, Tri};

/// A list of entries under way: a round's, or a group's for one item of its loop.
#[derive(Debug)]
pub(in crate::runner) struct Frame {
    /// The round that it belongs to.
    pub(in crate::runner) round: RoundId,
    /// The group's own place, and which of its items this is; `None` for a round.
    pub(in crate::runner) parent: Option<(FrameId, usize)>,
    /// Its entries in written order.
    pub(in crate::runner) nodes: Vec<Node>,
    /// How many have not been passed: not everything of them is sent.
    pub(in crate::runner) unpassed: usize,
    /// How many have not ended.
    pub(in crate::runner) unsettled: usize,
    /// All before this place have ended, and what follows from that was done.
    settled: usize,
    /// The places of those that are to be looked at: not of those that wait for another one's result, and not of those of
    /// which everything is sent.
    pub(in crate::runner) agenda: BTreeSet<usize>,
    /// The places of those that wait for the result of an entry of this frame: until it has ended, they need no look.
    pub(in crate::runner) blocked: HashMap<EntryId, Vec<usize>>,
    /// Why nothing more of it is started, from which place on.
    stops: Vec<(usize, Stop)>,
    /// When it was opened.
    pub(in crate::runner) since: Instant,
    /// When its time is over, and how much that was.
    pub(in crate::runner) deadline: Option<(Instant, std::time::Duration)>,
    /// That of all in it that has ended, failures that are handled as such.
    pub(in crate::runner) status: Status,
    /// Whether something in it has happened on the host.
    pub(in crate::runner) has_happened: bool,
    /// The first of its places that was canceled.
    pub(in crate::runner) first_canceled: Option<usize>,
    /// What failed in it, unhandled: of several the one that is written first.
    pub(in crate::runner) failure: Option<FirstFailure>,
    /// Because of what something in it is not known: of several the first.
    pub(in crate::runner) unknown: Option<String>,
    /// Whether there is a loop around it: then what comes of its entries is kept for the merge of the iterations.
    pub(in crate::runner) is_iterated: bool,
    /// What came of its entries, and of those in them, as far as others can read it. Only where it is iterated.
    pub(in crate::runner) results: BTreeMap<EntryId, Arc<Record>>,
}

/// A failure, the label of the call that failed, and the place in its list from which it came.
#[derive(Debug, Clone)]
pub(in crate::runner) struct FirstFailure {
    pub(in crate::runner) slot: usize,
    pub(in crate::runner) failure: Failure,
    pub(in crate::runner) label: String,
}

/// An entry in a frame.
#[derive(Debug)]
pub(in crate::runner) struct Node {
    /// The entry.
    pub(in crate::runner) entry: EntryId,
    /// How far it has come.
    pub(in crate::runner) state: State,
    /// What its keys came to that are expressions, once it was begun.
    pub(in crate::runner) settings: Option<Box<Settings>>,
    /// Whether all of it has been sent, and those after it may be.
    pub(in crate::runner) passed: bool,
    /// Whether it waits for the sources of its `on_change`, since what is left to ask depends on them.
    pub(in crate::runner) needs_sources: bool,
    /// Whether it was sent ahead, and waits again: its start is told, and so is its end.
    pub(in crate::runner) was_sent: bool,
}

/// How far an entry has come.
#[derive(Debug)]
pub(in crate::runner) enum State {
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
pub(in crate::runner) struct Calling {
    /// The items of its loop; one without names where it has none.
    pub(in crate::runner) items: Vec<Bindings>,
    /// Whether it has a loop.
    pub(in crate::runner) is_loop: bool,
    /// The next item to be sent.
    pub(in crate::runner) next: usize,
    /// Whether what is left of the items is not sent any more.
    pub(in crate::runner) is_dropped: bool,
    /// What came of the items, as far as they have ended.
    pub(in crate::runner) ended: Vec<Option<Arc<Record>>>,
    /// How many have not ended.
    pub(in crate::runner) open: usize,
    /// What it is told about its `on_change`.
    pub(in crate::runner) trigger: Trigger,
    /// The numbers of its requests that were not answered yet.
    pub(in crate::runner) in_flight: Vec<u64>,
    /// That of the items that have ended.
    pub(in crate::runner) status: Status,
    /// What earlier attempts of its items changed.
    pub(in crate::runner) earlier: HashMap<usize, Tri>,
}

/// A group under way.
#[derive(Debug)]
pub(in crate::runner) struct Inside {
    /// The items of its loop; one without names where it has none.
    pub(in crate::runner) items: Vec<Bindings>,
    /// Whether it has a loop.
    pub(in crate::runner) is_loop: bool,
    /// When it started.
    pub(in crate::runner) since: Instant,
    /// The next item to be begun.
    pub(in crate::runner) next: usize,
    /// Frames that have not ended: which item each is of.
    pub(in crate::runner) open: BTreeMap<FrameId, usize>,
    /// Frames that were not passed.
    pub(in crate::runner) unpassed: usize,
    /// That of its frames that have ended.
    pub(in crate::runner) status: Status,
    /// What failed in it: of several the one that is written first. Counted by item.
    pub(in crate::runner) failure: Option<FirstFailure>,
    /// Because of what something in it is not known.
    pub(in crate::runner) unknown: Option<String>,
    /// What came of the entries in it, as far as others can read it: each with the last of the items in which it ran.
    pub(in crate::runner) results: BTreeMap<EntryId, (usize, Arc<Record>)>,
}

impl Frame {
    /// A frame of entries, none of them begun.
    pub(in crate::runner) fn new(
        round: RoundId,
        parent: Option<(FrameId, usize)>,
        now: Instant,
        entries: impl Iterator<Item = EntryId>,
    ) -> Self {
        let nodes: Vec<_> = entries
            .map(|entry| Node {
                entry,
                state: State::Waiting,
                settings: None,
                passed: false,
                needs_sources: false,
                was_sent: false,
            })
            .collect();
        let agenda = (0..nodes.len()).collect();
        Self {
            round,
            parent,
            unpassed: nodes.len(),
            unsettled: nodes.len(),
            settled: 0,
            nodes,
            agenda,
            blocked: HashMap::new(),
            stops: Vec::new(),
            since: now,
            deadline: None,
            status: Status::NOTHING,
            has_happened: false,
            first_canceled: None,
            failure: None,
            unknown: None,
            is_iterated: false,
            results: BTreeMap::new(),
        }
    }

    /// The place of an entry in it.
    pub(in crate::runner) fn slot(&self, entry: EntryId) -> Option<usize> {
        self.nodes.binary_search_by_key(&entry, |node| node.entry).ok()
    }

    /// What stops the entry at a place, if something does: the worst of it.
    pub(in crate::runner) fn stop_at(&self, slot: usize) -> Option<Stop> {
        let here = self.stops.iter().filter(|(from, _)| *from <= slot);
        here.map(|(_, stop)| *stop).max()
    }

    /// Whether something stops the entry at a place for which this holds.
    pub(in crate::runner) fn is_stopped_by(&self, slot: usize, wanted: impl Fn(Stop) -> bool) -> bool {
        self.stops
            .iter()
            .any(|(from, stop)| *from <= slot && wanted(*stop))
    }

    /// Stops what comes from a place on. Whether that is new for some entry.
    pub(in crate::runner) fn stop_from(&mut self, from: usize, stop: Stop) -> bool {
        if self.stops.iter().any(|(at, old)| *at <= from && *old == stop) {
            return false;
        }
        self.stops.retain(|(_, old)| *old != stop);
        self.stops.push((from, stop));
        true
    }

    /// Takes note of a failure that is not handled; of several the one that is written first counts.
    pub(in crate::runner) fn failed_at(&mut self, slot: usize, failure: &Failure, label: &str) {
        note(&mut self.failure, slot, failure, label);
    }

    /// The first place that has not ended.
    pub(in crate::runner) fn first_open(&self) -> Option<usize> {
        (self.settled < self.nodes.len()).then_some(self.settled)
    }

    /// Whether everything before a place has ended.
    pub(in crate::runner) fn is_settled_before(&self, slot: usize) -> bool {
        self.settled >= slot
    }

    /// An entry of it has ended.
    pub(in crate::runner) fn has_settled(&mut self) {
        self.unsettled -= 1;
        let is_settled = |node: &Node| matches!(node.state, State::Settled);
        while self.nodes.get(self.settled).is_some_and(is_settled) {
            self.settled += 1;
        }
    }
}

impl Calling {
    /// A call of which nothing was sent.
    pub(in crate::runner) fn new(items: Vec<Bindings>, is_loop: bool, trigger: Trigger) -> Self {
        Self {
            is_loop,
            next: 0,
            is_dropped: false,
            ended: vec![None; items.len()],
            open: items.len(),
            items,
            trigger,
            in_flight: Vec::new(),
            status: Status::NOTHING,
            earlier: HashMap::new(),
        }
    }
}

impl Inside {
    /// A group of which nothing was begun.
    pub(in crate::runner) fn new(items: Vec<Bindings>, is_loop: bool, now: Instant) -> Self {
        Self {
            items,
            is_loop,
            since: now,
            next: 0,
            open: BTreeMap::new(),
            unpassed: 0,
            status: Status::NOTHING,
            failure: None,
            unknown: None,
            results: BTreeMap::new(),
        }
    }

    /// Takes note of a failure in one of its items.
    pub(in crate::runner) fn failed_at(&mut self, item: usize, failure: &Failure, label: &str) {
        note(&mut self.failure, item, failure, label);
    }

    /// Whether all of its items have ended.
    pub(in crate::runner) fn is_done(&self) -> bool {
        self.open.is_empty() && self.next >= self.items.len()
    }

    /// Takes what came of an entry in one of its items.
    pub(in crate::runner) fn keep(&mut self, item: usize, entry: EntryId, record: Arc<Record>) {
        let kept = match self.results.remove(&entry) {
            None => (item, record),
            Some((of, old)) if (old.has_run(), of) > (record.has_run(), item) => (of, beside(old, &record)),
            Some((_, old)) => (item, beside(record, &old)),
        };
        self.results.insert(entry, kept);
    }
}

/// One of two iterations, with the status of both. Mostly the other one was skipped, and it stays as it is.
fn beside(record: Arc<Record>, other: &Record) -> Arc<Record> {
    let changes = record.status.merge(other.status) != record.status
        || (record.unknown.is_none() && other.unknown.is_some())
        || (record.error.is_none() && other.error.is_some())
        || (other.is_hidden && !record.is_hidden);
    if changes {
        Arc::new(record.beside(other))
    } else {
        record
    }
}

fn note(first: &mut Option<FirstFailure>, slot: usize, failure: &Failure, label: &str) {
    if first.as_ref().is_none_or(|first| slot < first.slot) {
        *first = Some(FirstFailure {
            slot,
            failure: failure.clone(),
            label: label.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_holds_from_its_place_on_and_the_worst_one_counts() {
        let mut frame = Frame::new(RoundId::at(0), None, Instant::now(), (0..4).map(EntryId::at));
        assert!(frame.stop_from(2, Stop::Failed));
        assert!(!frame.stop_from(3, Stop::Failed));
        assert_eq!(frame.stop_at(1), None);
        assert_eq!(frame.stop_at(3), Some(Stop::Failed));
        assert!(frame.stop_from(0, Stop::Ended));
        assert_eq!(frame.stop_at(1), Some(Stop::Ended));
        assert_eq!(
            frame.stop_at(2),
            Some(Stop::Failed),
            "that of a failure outweighs it"
        );
        assert!(frame.stop_from(1, Stop::Aborted));
        assert_eq!(frame.stop_at(0), Some(Stop::Ended));
        assert_eq!(frame.stop_at(2), Some(Stop::Aborted));
    }
}
