//! What one host has done for all.

use std::sync::Arc;

use crate::name::{EntryId, HostName};
use crate::runner::record::Record;

/// What came of an entry that one host did for all.
#[derive(Debug)]
pub(in crate::runner) struct Shared {
    /// That host.
    pub(in crate::runner) by: HostName,
    pub(in crate::runner) record: Arc<Record>,
    /// Of what is in it, as far as it can be read.
    pub(in crate::runner) inner: Vec<(EntryId, Arc<Record>)>,
}
