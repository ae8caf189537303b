//! What the view for people knows of a round under way, and of a host in it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::event::{CallRef, RoundRef};
use crate::name::HostName;
use crate::report::detail::Details;
use crate::report::line::{Counts, Line};
use crate::report::progress::Waiting;

/// Labels longer than this do not move the counts of other lines.
const LABEL: usize = 40;

/// What a host is at.
#[derive(Debug, Default, Clone)]
pub(super) struct HostState {
    /// When it last ended something or entered the round, in seconds of the run.
    pub(super) since: f64,
    /// Whether a call was sent to it in this round.
    pub(super) began: bool,
    /// By line of its round, a bit: ended.
    ended: Vec<u64>,
    /// The entry of the failure that was said last: a call with a loop does not say again what its items said.
    pub(super) said: Option<u32>,
    /// The lines of looped groups under way.
    pub(super) looped: HashSet<usize>,
}

impl HostState {
    /// Enters a round.
    pub(super) fn enter(lines: usize, now: f64) -> Self {
        Self {
            since: now,
            ended: vec![0; lines.div_ceil(64)],
            ..Self::default()
        }
    }

    /// What it is at, and for how long: calls are sent ahead, so that is the first one that has not ended.
    pub(super) fn waiting<'a>(&self, host: &'a str, lines: &'a [Line], now: f64) -> Waiting<'a> {
        let mut open = lines.iter().enumerate().filter(|(at, _)| !self.has_ended(*at));
        let at = open.find(|(_, line)| line.began);
        Waiting {
            host,
            doing: match at {
                Some((_, line)) if self.began => &line.call.label,
                _ if self.began => "…",
                _ => "connecting",
            },
            since: now - self.since,
        }
    }

    /// Notes that it has ended a line; whether that is new.
    pub(super) fn end(&mut self, line: usize) -> bool {
        let is_new = !self.has_ended(line);
        if let Some(word) = self.ended.get_mut(line / 64) {
            *word |= 1 << (line % 64);
        }
        is_new
    }

    /// Whether it has ended a line.
    pub(super) fn has_ended(&self, line: usize) -> bool {
        let word = self.ended.get(line / 64);
        word.is_some_and(|word| word >> (line % 64) & 1 == 1)
    }
}

/// A round and its lines.
#[derive(Debug)]
pub(super) struct RoundState {
    pub(super) name: String,
    /// How many hosts it is for.
    pub(super) hosts: usize,
    pub(super) lines: Vec<Line>,
    pub(super) by_entry: HashMap<u32, usize>,
    /// Lines before this one are written.
    pub(super) written: usize,
    /// How many hosts are in it.
    pub(super) inside: usize,
    pub(super) width: usize,
    /// Its hosts that are in it, by number.
    pub(super) present: HashMap<u32, HostState>,
    /// The batch under way, in a round with `serial`.
    pub(super) batch: Option<Batch>,
}

/// A batch under way.
#[derive(Debug)]
pub(super) struct Batch {
    /// Which, from 1, and how many there are.
    pub(super) number: (u32, u32),
    pub(super) hosts: Vec<HostName>,
}

impl RoundState {
    /// A round that nobody has entered.
    pub(super) fn new(about: &RoundRef) -> Self {
        let lines = about.calls.iter().map(|call| line(call, about.hosts.len()));
        let labels = about.calls.iter().filter(|call| !call.is_group());
        let widths = labels.map(|call| call.label.chars().count());
        Self {
            name: about.name.clone(),
            hosts: about.hosts.len(),
            lines: lines.collect(),
            by_entry: about
                .calls
                .iter()
                .enumerate()
                .map(|(at, call)| (call.entry, at))
                .collect(),
            written: 0,
            inside: 0,
            width: widths.filter(|it| *it <= LABEL).max().unwrap_or(0),
            present: HashMap::new(),
            batch: None,
        }
    }

    /// Begins again with the hosts of a batch.
    pub(super) fn begin_batch(&mut self, number: (u32, u32), hosts: &[HostName]) {
        for it in &mut self.lines {
            *it = line(&it.call, hosts.len());
        }
        self.written = 0;
        self.batch = Some(Batch {
            number,
            hosts: hosts.to_vec(),
        });
    }

    /// A host leaves: what it has not ended, it will not end.
    pub(super) fn leave(&mut self, host: u32) {
        let host = self.present.remove(&host).unwrap_or_default();
        self.inside = self.inside.saturating_sub(1);
        for (at, line) in self.lines.iter_mut().enumerate() {
            if !host.has_ended(at) {
                line.open = line.open.saturating_sub(1);
            }
        }
    }
}

fn line(call: &Arc<CallRef>, hosts: usize) -> Line {
    Line {
        call: Arc::clone(call),
        open: hosts,
        counts: Counts::default(),
        details: Details::default(),
        began: false,
        on: Vec::new(),
    }
}
