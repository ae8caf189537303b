//! An entry of a round on its way: how it ended on how many hosts, and what is to be said of it.

use std::sync::Arc;

use crate::event::{CallRef, Outcome};
use crate::name::HostName;
use crate::report::detail::{Details, word};
use crate::report::paint::{Color, Tone};

/// At most this many hosts on which an entry was done are named.
pub(super) const NAMED: usize = 3;

/// An entry and its hosts.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) call: Arc<CallRef>,
    /// Hosts of the round that have neither ended it nor left.
    pub(super) open: usize,
    pub(super) counts: Counts,
    pub(super) details: Details,
    pub(super) began: bool,
    /// The other hosts on which it was done.
    pub(super) on: Vec<HostName>,
}

impl Line {
    /// Notes on which other host it was done.
    pub(super) fn done_on(&mut self, delegate: Option<&HostName>) {
        if let Some(host) = delegate
            && self.on.len() <= NAMED
            && !self.on.contains(host)
        {
            self.on.push(host.clone());
        }
    }
}

/// How an entry ended, on how many hosts each.
#[derive(Debug, Default, Clone)]
pub(super) struct Counts {
    outcomes: [usize; 7],
    ignored: usize,
    rescued: usize,
    shared: usize,
}

const ORDER: [Outcome; 7] = [
    Outcome::Ok,
    Outcome::Changed,
    Outcome::Failed,
    Outcome::Lost,
    Outcome::Skipped,
    Outcome::Unknown,
    Outcome::Canceled,
];

/// What became of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Counts,
    Ignored,
    Rescued,
    /// It is no failure, and another host did it for all.
    Shared,
}

impl Fate {
    /// Of an end that says this of itself.
    pub(super) const fn of(outcome: Outcome, ignored: bool, rescued: bool, is_shared: bool) -> Self {
        match outcome {
            _ if ignored => Self::Ignored,
            _ if rescued => Self::Rescued,
            Outcome::Failed | Outcome::Lost => Self::Counts,
            _ if is_shared => Self::Shared,
            _ => Self::Counts,
        }
    }
}

impl Counts {
    /// Counts a host.
    pub(super) fn add(&mut self, outcome: Outcome, fate: Fate) {
        match (outcome, fate) {
            (Outcome::Failed | Outcome::Lost, Fate::Ignored) => self.ignored += 1,
            (Outcome::Failed | Outcome::Lost, Fate::Rescued) => self.rescued += 1,
            (_, Fate::Shared) => self.shared += 1,
            _ => self.outcomes[place(outcome)] += 1,
        }
    }

    /// How many hosts it ended on in this way, excused failures left out.
    pub(super) fn of(&self, outcome: Outcome) -> usize {
        self.outcomes[place(outcome)]
    }

    /// Whether it ended on no host.
    pub(super) fn is_empty(&self) -> bool {
        self.outcomes.iter().sum::<usize>() + self.ignored + self.rescued + self.shared == 0
    }

    /// Whether a failure of it counts on some host.
    pub(super) fn has_failed(&self) -> bool {
        self.outcomes[place(Outcome::Failed)] + self.outcomes[place(Outcome::Lost)] > 0
    }

    /// In words: `48 ok · 2 changed`.
    pub(super) fn words(&self, is_check: bool, color: Color) -> String {
        let mut parts = Vec::new();
        for outcome in ORDER {
            let count = self.outcomes[place(outcome)];
            if count > 0 {
                parts.push(color.paint(tone(outcome), &format!("{count} {}", word(outcome, is_check))));
            }
        }
        for (count, word, tone) in [
            (self.ignored, "ignored", Tone::Odd),
            (self.rescued, "rescued", Tone::Odd),
            (self.shared, "shared", Tone::Faint),
        ] {
            if count > 0 {
                parts.push(color.paint(tone, &format!("{count} {word}")));
            }
        }
        parts.join(" · ")
    }
}

fn place(outcome: Outcome) -> usize {
    ORDER
        .iter()
        .position(|it| *it == outcome)
        .expect("all of them are listed")
}

/// The tone of an outcome.
pub(super) const fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Ok => Tone::Good,
        Outcome::Changed => Tone::Changed,
        Outcome::Failed | Outcome::Lost => Tone::Bad,
        Outcome::Skipped | Outcome::Canceled => Tone::Faint,
        Outcome::Unknown => Tone::Odd,
    }
}
