//! Interrupts from the outside: Ctrl-C, and SIGTERM, which is Ctrl-C once.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for interrupts.
pub(super) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    /// Of a run in a test: each word is one interrupt.
    #[cfg(test)]
    scripted: Option<tokio::sync::mpsc::UnboundedReceiver<()>>,
}

impl Signals {
    /// Starts listening. Where the system refuses, the default action of the signal stays.
    pub(super) fn new() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            #[cfg(test)]
            scripted: None,
        }
    }

    /// Listens to a test, and to nothing of the system.
    #[cfg(test)]
    pub(super) fn scripted(words: tokio::sync::mpsc::UnboundedReceiver<()>) -> Self {
        Self {
            interrupt: None,
            terminate: None,
            scripted: Some(words),
        }
    }

    /// The next interrupt.
    pub(super) async fn next(&mut self) {
        #[cfg(test)]
        if let Some(words) = &mut self.scripted
            && words.recv().await.is_some()
        {
            return;
        }
        let Self {
            interrupt, terminate, ..
        } = self;
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
