//! How a host comes out of its rounds.

use crate::event::{HostOutcome, Kind as Event, Outcome};
use crate::runner::names::FrameId;

/// How a host has come out so far, and what is begun there still.
#[derive(Debug, Default)]
pub(in crate::runner) struct Course {
    /// Once it is set, no round is entered.
    pub(in crate::runner) over: Option<(HostOutcome, Option<String>)>,
    /// How much was left undone.
    pub(in crate::runner) undone: usize,
    /// The round, by its frame, whose failure is the reason.
    pub(in crate::runner) failed_in: Option<FrameId>,
    /// The run stops: nothing is begun any more but what says `always`.
    pub(in crate::runner) is_stopping: bool,
    /// The run was interrupted twice, or while the connection was being made.
    pub(in crate::runner) is_canceled: bool,
    /// Why no connection will be made any more.
    pub(in crate::runner) unreachable: Option<String>,
}

impl Course {
    /// Something is told: it may say that something was left undone.
    pub(in crate::runner) fn note(&mut self, kind: &Event) {
        self.undone += usize::from(is_undone(kind));
    }

    /// How the host has come out so far. One of which a stopped run left nothing undone is not aborted.
    pub(in crate::runner) fn outcome(&self) -> (HostOutcome, Option<String>) {
        match self.over.clone() {
            Some((HostOutcome::Aborted, _)) if self.undone == 0 => (HostOutcome::Ok, None),
            over => over.unwrap_or((HostOutcome::Ok, None)),
        }
    }

    /// It has come out like this. What was said first stays.
    pub(in crate::runner) fn is_over(&mut self, outcome: HostOutcome, reason: Option<String>) {
        self.over.get_or_insert((outcome, reason));
    }

    /// A round has failed: of several failures in a round the reason is the one that is written first. A failure of what was
    /// still to end counts on a host that the run has given up, too.
    pub(in crate::runner) fn failed(&mut self, root: FrameId, reason: String) {
        match &self.over {
            None | Some((HostOutcome::Aborted, _)) => {}
            Some((HostOutcome::Failed, _)) if self.failed_in == Some(root) => {}
            Some(_) => return,
        }
        self.failed_in = Some(root);
        self.over = Some((HostOutcome::Failed, Some(reason)));
    }
}

/// Whether something ended without having been done.
fn is_undone(kind: &Event) -> bool {
    match kind {
        Event::CallEnded { outcome, .. }
        | Event::GroupEnded { outcome, .. }
        | Event::IterationEnded { outcome, .. } => *outcome == Outcome::Canceled,
        _ => false,
    }
}
