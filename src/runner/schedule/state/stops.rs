//! What it means for an entry that a failure, an interrupt or a loss stops it.

use crate::name::EntryId;
use crate::playbook::Playbook;

/// Why entries of a frame are not started any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::runner) enum Stop {
    /// The run was interrupted, too many hosts have failed, or the time of the frame is over: what says `always` runs still,
    /// in groups that had begun, too.
    Ended,
    /// Something that is written before them has failed: what says `always` runs still, but not inside groups.
    Failed,
    /// The host's connection is lost: of what says `always` only what is done on other hosts runs still.
    Lost,
    /// Something that is written before the group that they are in has failed. It was opened ahead, and in written order was
    /// never begun: nothing of it runs.
    Unbegun,
    /// The run was interrupted twice: nothing runs any more.
    Aborted,
}

impl Stop {
    /// Whether an entry that is stopped runs still.
    pub(in crate::runner) fn leaves(self, playbook: &Playbook, entry: EntryId) -> bool {
        let always = playbook.entry(entry).always;
        match self {
            Self::Failed | Self::Ended => always,
            Self::Lost => always && playbook.delegation(entry).is_some(),
            Self::Unbegun | Self::Aborted => false,
        }
    }

    /// What it is for the groups among the entries that are stopped.
    pub(in crate::runner) const fn within(self) -> Self {
        match self {
            Self::Failed => Self::Unbegun,
            other => other,
        }
    }
}
