//! The status of an entry, and the one way in which many become one.

use crate::event::Outcome;

/// How sure it is that something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tri {
    /// It does not.
    No,
    /// Nobody knows: in check mode since it depends on what was not done, in apply mode since a call was killed or lost.
    Maybe,
    /// It does.
    Yes,
}

/// How an entry came out. `changed` and `failed` are kept next to the outcome, since a call that failed may have changed
/// something before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) outcome: Outcome,
    pub(super) changed: Tri,
    pub(super) failed: Tri,
}

impl Status {
    /// Of nothing at all: whatever it is merged with stays as it is.
    pub(super) const NOTHING: Self = Self::of(Outcome::Skipped);

    /// Of something that came out like this, and nothing more is known of it.
    pub(super) const fn of(outcome: Outcome) -> Self {
        let (changed, failed) = match outcome {
            Outcome::Skipped | Outcome::Ok | Outcome::Canceled => (Tri::No, Tri::No),
            Outcome::Changed => (Tri::Yes, Tri::No),
            Outcome::Unknown => (Tri::Maybe, Tri::Maybe),
            Outcome::Failed => (Tri::No, Tri::Yes),
            Outcome::Lost => (Tri::Maybe, Tri::Yes),
        };
        Self {
            outcome,
            changed,
            failed,
        }
    }

    /// Of something that changed something, or may have.
    pub(super) const fn that_changed(self, changed: Tri) -> Self {
        Self { changed, ..self }
    }

    /// The two as one: the maximum of each part. The same in whatever order, and however often.
    pub(super) fn merge(self, other: Self) -> Self {
        let worse = rank(other.outcome) > rank(self.outcome);
        Self {
            outcome: if worse { other.outcome } else { self.outcome },
            changed: self.changed.max(other.changed),
            failed: self.failed.max(other.failed),
        }
    }

    /// What it counts for around an entry that handles its failure. What the connection lost stays lost.
    pub(super) fn handled(self) -> Self {
        if self.outcome == Outcome::Lost || self.failed == Tri::No {
            return self;
        }
        let outcome = match (self.outcome, self.changed) {
            (Outcome::Failed | Outcome::Unknown, Tri::No) => Outcome::Ok,
            (Outcome::Failed, _) | (Outcome::Unknown, Tri::Yes) => Outcome::Changed,
            (outcome, _) => outcome,
        };
        Self {
            outcome,
            failed: Tri::No,
            ..self
        }
    }

    /// Whether it failed for certain.
    pub(super) fn has_failed(self) -> bool {
        self.failed == Tri::Yes
    }
}

/// The order in which outcomes outweigh each other.
const fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Skipped => 0,
        Outcome::Ok => 1,
        Outcome::Changed => 2,
        Outcome::Unknown => 3,
        Outcome::Canceled => 4,
        Outcome::Failed => 5,
        Outcome::Lost => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Outcome; 7] = [
        Outcome::Skipped,
        Outcome::Ok,
        Outcome::Changed,
        Outcome::Unknown,
        Outcome::Canceled,
        Outcome::Failed,
        Outcome::Lost,
    ];

    fn all() -> impl Iterator<Item = Status> {
        let tris = [Tri::No, Tri::Maybe, Tri::Yes];
        ALL.into_iter().flat_map(move |outcome| {
            tris.into_iter().flat_map(move |changed| {
                tris.into_iter().map(move |failed| Status {
                    outcome,
                    changed,
                    failed,
                })
            })
        })
    }

    #[test]
    fn a_merge_has_no_order_and_counts_nothing_twice() {
        for a in all() {
            assert_eq!(a.merge(a), a);
            assert_eq!(a.merge(Status::NOTHING), a);
            for b in all() {
                assert_eq!(a.merge(b), b.merge(a));
                for outcome in ALL {
                    let c = Status::of(outcome);
                    assert_eq!(a.merge(b).merge(c), a.merge(b.merge(c)));
                }
            }
        }
    }

    #[test]
    fn a_handled_failure_counts_by_what_it_changed() {
        let failed = Status::of(Outcome::Failed);
        assert_eq!(failed.handled(), Status::of(Outcome::Ok));
        assert_eq!(
            failed.that_changed(Tri::Yes).handled(),
            Status::of(Outcome::Changed)
        );
        let lost = Status::of(Outcome::Lost);
        assert_eq!(lost.handled(), lost);
    }

    #[test]
    fn what_changed_for_certain_stays_certain_beside_what_is_unknown() {
        let both = Status::of(Outcome::Changed).merge(Status::of(Outcome::Unknown));
        assert_eq!((both.outcome, both.changed), (Outcome::Unknown, Tri::Yes));
    }
}
