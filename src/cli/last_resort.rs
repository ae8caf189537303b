//! Interrupts that a run does not heed itself: the third one, since two have not ended it, whatever keeps it; and those that
//! come when there is no run.

use std::fs::OpenOptions;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;

use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;

/// How often what is run now was interrupted; `None`: nothing is.
static TIMES: Mutex<Option<u32>> = Mutex::new(None);
/// Whether it was.
pub(super) static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// There is one watcher: a signal is given to all who listen, as long as the process lives.
static WATCHER: Once = Once::new();

fn times() -> MutexGuard<'static, Option<u32>> {
    TIMES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Interrupts are counted until this is dropped.
#[derive(Debug)]
pub(super) struct Watch(Printer);

impl Drop for Watch {
    fn drop(&mut self) {
        *times() = None;
    }
}

/// What is run from now on, one after the other, was not interrupted yet.
pub(super) fn begin(printer: Printer) -> Watch {
    *times() = Some(0);
    INTERRUPTED.store(false, Ordering::Relaxed);
    Watch(printer)
}

impl Watch {
    /// A run begins. From the third interrupt on the program ends at once. That is decided on a thread of its own, so that
    /// nothing that the run is at can keep it from being heard. Where there can be none, the run hears interrupts alone.
    ///
    /// # Errors
    /// Where there was an interrupt since [`begin`]: it was for the run before this one, or came between them.
    pub(super) fn start(&self) -> Result<(), CliError> {
        let printer = self.0;
        WATCHER.call_once(|| {
            // As it is before anybody is asked.
            let before = terminal().and_then(|terminal| tcgetattr(terminal).ok());
            let watcher = thread::Builder::new().name("interrupts".into());
            drop(watcher.spawn(move || listen(printer, before.as_ref())));
        });
        if !INTERRUPTED.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(CliError {
            exit: Exit::Interrupted,
            message: "interrupted before the run began".to_owned(),
            help: None,
        })
    }
}

fn listen(printer: Printer, before: Option<&Termios>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
            return;
        };
        loop {
            let is_terminated = tokio::select! {
                _ = interrupt.recv() => false,
                _ = terminate.recv() => true,
            };
            let mut times = times();
            match &mut *times {
                // The default action of a signal does not come back.
                None if is_terminated => end(before),
                None => {}
                Some(times) => {
                    *times += 1;
                    INTERRUPTED.store(true, Ordering::Relaxed);
                    if *times == 3 {
                        restore(before);
                        let message = "the run was left as it was, by the third interrupt";
                        let help = "What ran on hosts is ended there. `rmote-play report last` tells how far it came.";
                        printer.complain("error", message, Some(help));
                        end(None);
                    }
                }
            }
        }
    });
}

#[expect(clippy::exit, reason = "what keeps the run may keep its thread for ever")]
fn end(before: Option<&Termios>) {
    restore(before);
    std::process::exit(Exit::Interrupted.code().into());
}

fn terminal() -> Option<std::fs::File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty").ok()
}

/// A question leaves the terminal as it needs it: it is put right, unless it is somebody else's now.
fn restore(before: Option<&Termios>) {
    let Some((before, terminal)) = before.zip(terminal()) else {
        return;
    };
    if tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp()) {
        let _gone = tcsetattr(&terminal, OptionalActions::Now, before);
    }
}
