//! How much of what hosts write and log a run has told.

use std::sync::atomic::{AtomicBool, AtomicU64};

/// What has been told in a run.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) spent: AtomicU64,
    pub(super) is_cut: AtomicBool,
}
