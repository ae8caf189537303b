//! Interrupts from the outside: Ctrl-C, and SIGTERM, which is Ctrl-C once.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for interrupts.
pub(super) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Signals {
    /// Starts listening. Where the system refuses, the default action of the signal stays.
    pub(super) fn new() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    /// The next interrupt.
    pub(super) async fn next(&mut self) {
        let Self { interrupt, terminate } = self;
        tokio::select! {
            () = wait(interrupt) => {}
            () = wait(terminate) => {}
        }
    }
}

async fn wait(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
