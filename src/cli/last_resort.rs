//! The third interrupt: the run has not ended by two, whatever keeps it.

use std::thread;

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::error::Exit;
use crate::cli::printer::Printer;

/// From the third interrupt on the program ends at once. That is decided on a thread of its own, so that nothing that the
/// run is at can keep it from being heard. Where there can be none, the run hears interrupts alone.
pub(super) fn watch(printer: Printer) {
    let watcher = thread::Builder::new().name("interrupts".into());
    drop(watcher.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
            let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
                return;
            };
            for _ in 0..3 {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            let message = "the run was left as it was, by the third interrupt";
            let help = "What ran on hosts is ended there. `rmote-play report last` tells how far it came.";
            printer.complain("error", message, Some(help));
            #[expect(clippy::exit, reason = "what keeps the run may keep its thread for ever")]
            std::process::exit(Exit::Interrupted.code().into());
        });
    }));
}
