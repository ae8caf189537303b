//! What a running call can ask of whoever runs it.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::EventfdFlags;
use serde::{Deserialize, Serialize};

use crate::blob::Range;
use crate::failure::{Failure, Kind};
use crate::system::Push;

/// Which output of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}

/// How much a log record matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For whoever follows every step.
    Trace,
    /// For whoever looks for a fault.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warning,
    /// Something failed.
    Error,
    /// Nothing can go on.
    Critical,
}

/// What a running call can ask of whoever runs it: content, and to be heard while it runs.
pub trait Link: Send + Sync {
    /// Stretches of contents from the controller, one after another, asked for ahead under a window as they are read. What
    /// rides inside a blob is not read here.
    fn open(&self, ranges: &[Range]) -> Box<dyn Read + '_>;
    /// A part of a file for the controller, where the call is one that brings files; waits for room.
    fn push(&self, push: Push);
    /// Output of a child, as it comes.
    fn output(&self, stream: Stream, bytes: &[u8]);
    /// A log record; dropped where its level is below the one that was set.
    fn log(&self, level: Level, message: &str);
    /// From now on, records below this level are dropped on this host.
    fn set_log_level(&self, level: Level);
    /// Something that did not fail but that its owner should know.
    fn warn(&self, message: String);
    /// Whether and when the call must end.
    fn cancel(&self) -> &Cancel;
    /// Ends the agent once this call has been answered.
    fn quit(&self, code: i32);
}

/// Whether and when one call must end. Shared between the call and whoever may cancel it.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    inner: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    canceled: bool,
    deadline: Option<(Instant, Duration)>,
    descriptor: Option<Arc<OwnedFd>>,
}

fn ring(descriptor: &OwnedFd) {
    // It fails only where it is readable already.
    let _ = rustix::io::write(descriptor, &1_u64.to_ne_bytes());
}

impl Cancel {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the clock: the call has this long from now.
    pub fn start(&self, timeout: Option<Duration>) {
        self.lock().deadline = timeout.and_then(|it| Some((Instant::now().checked_add(it)?, it)));
    }

    /// Ends the call.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.canceled = true;
        if let Some(descriptor) = &state.descriptor {
            ring(descriptor);
        }
        drop(state);
        self.inner.1.notify_all();
    }

    /// A descriptor that becomes readable, for good, when the call is canceled; deadlines do not show in it. Nothing where
    /// the system has none left.
    pub fn descriptor(&self) -> Option<Arc<OwnedFd>> {
        let mut state = self.lock();
        if state.descriptor.is_none() {
            let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
            let descriptor = rustix::event::eventfd(0, flags).ok()?;
            if state.canceled {
                ring(&descriptor);
            }
            state.descriptor = Some(Arc::new(descriptor));
        }
        state.descriptor.clone()
    }

    /// When the call's time is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.lock().deadline.map(|(at, _)| at)
    }

    /// Whether the call must end, and why.
    ///
    /// # Errors
    /// `canceled` or `timeout`.
    pub fn check(&self) -> Result<(), Failure> {
        let state = self.lock();
        if state.canceled {
            return Err(Failure::new(Kind::Canceled, "canceled"));
        }
        match state.deadline {
            Some((at, allowed)) if Instant::now() >= at => {
                let allowed = crate::argument::Duration(allowed);
                Err(Failure::new(
                    Kind::Timeout,
                    format!("did not end within its timeout of {allowed}"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Waits for this long, or until the call must end.
    ///
    /// # Errors
    /// `canceled` or `timeout`.
    pub fn sleep(&self, time: Duration) -> Result<(), Failure> {
        let until = Instant::now() + time;
        loop {
            self.check()?;
            let state = self.lock();
            let now = Instant::now();
            if now >= until {
                return Ok(());
            }
            let wake = state.deadline.map_or(until, |(at, _)| at.min(until));
            let wait = wake.saturating_duration_since(now);
            drop(
                self.inner
                    .1
                    .wait_timeout(state, wait)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
    }
}
