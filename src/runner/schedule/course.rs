//! How a host comes out of its rounds.

use crate::event::HostOutcome;
use crate::runner::names::FrameId;

/// How a host has come out so far, and what is begun there still.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// Once it is set, no round is entered.
    pub(super) over: Option<(HostOutcome, Option<String>)>,
    /// How much was left undone.
    pub(super) undone: usize,
    /// The round, by its frame, whose failure is the reason.
    pub(super) failed_in: Option<FrameId>,
    /// The run stops: nothing is begun any more but what says `always`.
    pub(super) is_stopping: bool,
    /// The run was interrupted twice, or while the connection was being made.
    pub(super) is_canceled: bool,
    /// Why no connection will be made any more.
    pub(super) unreachable: Option<String>,
}

impl Course {
    /// How the host has come out so far. One of which a stopped run left nothing undone is not aborted.
    pub(super) fn outcome(&self) -> (HostOutcome, Option<String>) {
        match self.over.clone() {
            Some((HostOutcome::Aborted, _)) if self.undone == 0 => (HostOutcome::Ok, None),
            over => over.unwrap_or((HostOutcome::Ok, None)),
        }
    }

    /// It has come out like this. What was said first stays.
    pub(super) fn is_over(&mut self, outcome: HostOutcome, reason: Option<String>) {
        self.over.get_or_insert((outcome, reason));
    }

    /// A round has failed: of several failures in a round the reason is the one that is written first. A failure of what was
    /// still to end counts on a host that the run has given up, too.
    pub(super) fn failed(&mut self, root: FrameId, reason: String) {
        match &self.over {
            None | Some((HostOutcome::Aborted, _)) => {}
            Some((HostOutcome::Failed, _)) if self.failed_in == Some(root) => {}
            Some(_) => return,
        }
        self.failed_in = Some(root);
        self.over = Some((HostOutcome::Failed, Some(reason)));
    }
}
