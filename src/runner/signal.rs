//! Interrupts from the outside: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed. Each of them counts once.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for interrupts.
pub(super) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
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
            hangup: (!is_ignored(SignalKind::hangup()))
                .then(|| signal(SignalKind::hangup()).ok())
                .flatten(),
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
            hangup: None,
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
            interrupt,
            terminate,
            hangup,
            ..
        } = self;
        tokio::select! {
            () = wait(interrupt) => {}
            () = wait(terminate) => {}
            () = wait(hangup) => {}
        }
    }
}

/// Whether this program was started with the signal ignored, as by `nohup`. That is left as it is.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = kind.as_raw_value() - 1;
    mask.is_some_and(|mask| mask >> bit & 1 == 1)
}

async fn wait(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
