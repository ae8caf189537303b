//! What the view for people knows of a round under way, and of a host in it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::RoundRef;
use crate::report::detail::Details;
use crate::report::line::{Counts, Line};
use crate::report::progress::Waiting;

/// Labels longer than this do not move the counts of other lines.
const LABEL: usize = 40;

/// What a host is at.
#[derive(Debug, Default, Clone)]
pub(super) struct HostState {
    pub(super) round: Option<usize>,
    /// When it last ended something or entered the round, in seconds of the run.
    pub(super) since: f64,
    /// Whether a call was sent to it in this round.
    pub(super) began: bool,
    /// By line of its round, a bit: ended.
    ended: Vec<u64>,
    /// The failure that was said last: its entry and message. What it is part of does not say it again.
    pub(super) said: Option<(u32, String)>,
}

impl HostState {
    /// Enters a round.
    pub(super) fn enter(round: usize, lines: usize, now: f64) -> Self {
        Self {
            round: Some(round),
            since: now,
            ended: vec![0; lines.div_ceil(64)],
            ..Self::default()
        }
    }

    /// What it is at, and for how long: calls are sent ahead, so that is the first one that has not ended.
    pub(super) fn waiting<'a>(&self, host: &'a str, lines: &'a [Line], now: f64) -> Waiting<'a> {
        let mut open = lines.iter().enumerate().filter(|(at, _)| !self.has_ended(*at));
        let at = open.find(|(_, line)| line.call.tool != "group" && line.began);
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
    pub(super) has_title: bool,
}

impl RoundState {
    /// A round that nobody has entered.
    pub(super) fn new(about: &RoundRef) -> Self {
        let lines = about.calls.iter().map(|call| Line {
            call: Arc::clone(call),
            open: about.hosts.len(),
            counts: Counts::default(),
            details: Details::default(),
            began: false,
        });
        let labels = about.calls.iter().filter(|call| call.tool != "group");
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
            has_title: false,
        }
    }

    /// A host leaves: what it has not ended, it will not end.
    pub(super) fn leave(&mut self, host: &HostState) {
        self.inside = self.inside.saturating_sub(1);
        for (at, line) in self.lines.iter_mut().enumerate() {
            if !host.has_ended(at) {
                line.open = line.open.saturating_sub(1);
            }
        }
    }
}
