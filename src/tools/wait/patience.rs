//! Looking again and again.

use std::time::{Duration, Instant};

use crate::argument;
use crate::failure::{Failure, Kind};
use crate::system::Reader;
use crate::tool::{Describe, Pending};

/// What is to be waited for: nothing is changed by it.
#[derive(Debug)]
pub(crate) struct Waiting;

impl Describe for Waiting {
    fn diff(&self) -> Vec<crate::diff::Diff> {
        Vec::new()
    }
    fn pending(&self) -> Pending {
        Pending::Unknown
    }
}

/// The result of a wait.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
pub(crate) struct Waited {
    /// How long it was waited for, in seconds.
    pub(super) seconds: f64,
}

/// Looks until it holds: `Ok(None)`, or it does not, for this reason. Gives a failure when the time is over.
pub(super) fn wait(
    what: &str,
    timeout: argument::Duration,
    interval: argument::Duration,
    host: &Reader<'_>,
    look: &mut dyn FnMut(Duration) -> Result<Option<String>, Failure>,
) -> Result<Waited, Failure> {
    let begun = Instant::now();
    loop {
        let left = timeout.0.saturating_sub(begun.elapsed());
        let Some(reason) = look(left.max(Duration::from_millis(100)))? else {
            return Ok(Waited {
                seconds: begun.elapsed().as_secs_f64(),
            });
        };
        let left = timeout.0.saturating_sub(begun.elapsed());
        if left.is_zero() {
            let message = format!("{what} did not come true within {timeout}: {reason}");
            return Err(Failure::new(Kind::Timeout, message));
        }
        host.link().cancel().sleep(interval.0.min(left))?;
    }
}

/// Five minutes.
pub(super) const fn timeout() -> argument::Duration {
    argument::Duration(Duration::from_mins(5))
}

/// A second.
pub(super) const fn interval() -> argument::Duration {
    argument::Duration(Duration::from_secs(1))
}
