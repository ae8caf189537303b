//! The status of an entry, and the merge of many (R 6 to 8), as the interpreter reads the rules.

/// In the order of the merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Skipped,
    Ok,
    Changed,
    Unknown,
    Canceled,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tri {
    No,
    Maybe,
    Yes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) outcome: Outcome,
    pub(super) changed: Tri,
    pub(super) failed: Tri,
    /// Whether the rules leave it open whether this was skipped or canceled.
    pub(super) is_either: bool,
}

impl Status {
    pub(super) const NOTHING: Self = Self::of(Outcome::Skipped);

    pub(super) const fn of(outcome: Outcome) -> Self {
        let (changed, failed) = match outcome {
            Outcome::Changed => (Tri::Yes, Tri::No),
            Outcome::Unknown => (Tri::Maybe, Tri::Maybe),
            Outcome::Failed => (Tri::No, Tri::Yes),
            _ => (Tri::No, Tri::No),
        };
        Self {
            outcome,
            changed,
            failed,
            is_either: false,
        }
    }

    /// R 7: the maximum in each part.
    pub(super) fn merge(self, other: Self) -> Self {
        Self {
            outcome: self.outcome.max(other.outcome),
            changed: self.changed.max(other.changed),
            failed: self.failed.max(other.failed),
            is_either: self.is_either || other.is_either,
        }
    }

    /// R 8: what a failure counts as upward that is handled.
    pub(super) fn handled(self) -> Self {
        let outcome = match self.changed {
            Tri::No => Outcome::Ok,
            Tri::Maybe => Outcome::Unknown,
            Tri::Yes => Outcome::Changed,
        };
        Self {
            outcome,
            failed: Tri::No,
            ..self
        }
    }

    pub(super) fn has_failed(self) -> bool {
        self.failed == Tri::Yes
    }
}
