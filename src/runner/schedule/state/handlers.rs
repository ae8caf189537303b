//! The handlers of a host that have come to an end, and those that have not.

use std::collections::BTreeSet;

use crate::name::EntryId;

/// What has become of the handlers of a host.
#[derive(Debug, Default)]
pub(in crate::runner) struct Handlers {
    /// Those that ran, or that their conditions left out.
    pub(in crate::runner) decided: BTreeSet<EntryId>,
    /// Those that did not come to their end, in some iteration at least.
    pub(in crate::runner) undone: BTreeSet<EntryId>,
}
