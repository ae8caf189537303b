//! Keys of an entry that may be expressions, as they are on a host where it is.

use std::sync::Arc;
use std::time::Duration;

use crate::playbook::{DELAY_DEFAULT, Entry, RETRIES_DEFAULT};
use crate::template::{RenderError, Scope};

/// What an entry's keys come to.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// How long it may take.
    pub(super) timeout: Option<Duration>,
    /// Whether a failure of it does not count.
    pub(super) ignore_errors: bool,
    /// Whether nothing of it is shown: also where that is not known. `None`: what is around it says it.
    pub(super) no_log: Option<bool>,
    /// How many times more `until` repeats it.
    pub(super) retries: u32,
    /// How long `until` waits in between.
    pub(super) delay: Duration,
}

impl Settings {
    /// Whether something of an entry has to be asked for.
    pub(super) fn are_asked(entry: &Entry) -> bool {
        entry.asked().next().is_some()
    }

    /// What the keys come to in a scope. What depends on what was not done is as if it were not written, and hidden.
    ///
    /// # Errors
    /// Where one cannot be evaluated, or is not what its key takes.
    pub(super) fn of(entry: &Entry, scope: &Arc<Scope>) -> Result<Self, RenderError> {
        let timeout = entry.timeout.as_ref();
        let timeout = timeout.map_or(Ok(None), |it| it.resolve("timeout", scope))?;
        let ignore_errors = entry.ignore_errors.resolve("ignore_errors", scope)?;
        let no_log = entry.no_log.resolve("no_log", scope)?;
        let call = entry.action.call();
        let retries = call.map_or(Ok(None), |it| it.retries.resolve("retries", scope))?;
        let delay = call.map_or(Ok(None), |it| it.delay.resolve("delay", scope))?;
        Ok(Self {
            timeout,
            ignore_errors: ignore_errors.unwrap_or(false),
            no_log: no_log.or_else(|| entry.no_log.form().map(|_| true)),
            retries: retries.unwrap_or(RETRIES_DEFAULT),
            delay: delay.unwrap_or(DELAY_DEFAULT),
        })
    }
}
