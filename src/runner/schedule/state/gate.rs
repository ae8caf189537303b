//! What the conditions and the sources of an entry say.

use crate::event::Outcome;
use crate::failure::Failure;
use crate::runner::items::Bindings;
use crate::runner::record::Record;

/// How an entry ends before anything of it is begun: its record, and why.
pub(in crate::runner) type End = (Box<Record>, Option<String>);

/// What conditions say together.
#[derive(Debug)]
pub(in crate::runner) enum Gate {
    /// All hold.
    Open,
    /// None says no, and one depends on what was not done.
    Unknown(String),
    /// One says no: why.
    Shut(String),
    /// One cannot be evaluated.
    Failed(Failure),
}

impl Gate {
    /// How an entry ends by it; nothing where it is begun.
    pub(in crate::runner) fn end(self) -> Option<End> {
        match self {
            Self::Open => None,
            Self::Unknown(because) => Some((Box::new(Record::unknown(because.clone())), Some(because))),
            Self::Shut(because) => Some((Box::new(Record::of(Outcome::Skipped)), Some(because))),
            Self::Failed(failure) => Some((Box::new(Record::failed(failure)), None)),
        }
    }

    /// What is to become of an entry without a loop.
    pub(in crate::runner) fn weigh(self, trigger: Trigger) -> Weighed {
        match (self, &trigger) {
            (Self::Open, _) => Weighed::Begin(trigger, vec![Bindings::default()]),
            // What cannot be evaluated fails it only if its sources let it be begun.
            (Self::Unknown(_) | Self::Failed(_), Trigger::Ask(_)) => Weighed::Later,
            (gate, _) => gate.end().map_or(Weighed::Later, Weighed::End),
        }
    }
}

/// What is to become of an entry.
#[derive(Debug)]
pub(in crate::runner) enum Weighed {
    /// It is begun, with these items.
    Begin(Trigger, Vec<Bindings>),
    /// It ends at once.
    End(End),
    /// It cannot be said before the sources of its `on_change` have ended.
    Later,
}

/// What the sources of an entry say: its `on_failure` and its `on_change`.
pub(in crate::runner) enum Sources {
    /// It may begin if its conditions let it; because of what that is not certain, if it is not.
    Go(Trigger, Option<String>),
    /// It ends at once.
    End(End),
    /// It cannot be said before they have ended.
    Later,
}

/// What is known of the `on_change` sources of a call when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runner) enum Trigger {
    /// It has none, or one of them has changed something.
    Pulled,
    /// The agent decides: it runs if one of these changes something.
    Ask(Vec<u64>),
}
