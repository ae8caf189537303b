//! Calls that are done on the controller: assertions and renderings, which ask the host nothing.

use std::io::Read;
use std::sync::Mutex;

use crate::blob::Range;
use crate::failure::Failure;
use crate::system::{Cancel, Level, Link, Push, Stream, Writer};
use crate::tool::{Apply, Entry, Prepared, Served};

/// The link of a call on the controller: there is nothing to pull and nobody to cancel it.
#[derive(Debug, Default)]
pub(super) struct NoHost {
    cancel: Cancel,
    warnings: Mutex<Vec<String>>,
}

impl Link for NoHost {
    fn open(&self, _: &[Range]) -> Box<dyn Read + '_> {
        Box::new(std::io::empty())
    }
    fn push(&self, _: Push) {}
    fn output(&self, _: Stream, _: &[u8]) {}
    fn log(&self, _: Level, _: &str) {}
    fn set_log_level(&self, _: Level) {}
    fn warn(&self, message: String) {
        self.warnings
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(message);
    }
    fn cancel(&self) -> &Cancel {
        &self.cancel
    }
    fn quit(&self, _: i32) {}
}

/// Does a call on the controller. Such tools only look, so that check mode makes no difference.
pub(super) fn serve(tool: &Entry, prepared: &Prepared) -> (Result<Served, Failure>, Vec<String>) {
    let link = NoHost::default();
    let served = tool.serve(prepared, Apply::Yes, false, &Writer::new(&link));
    (served, link.warnings.into_inner().unwrap_or_default())
}
