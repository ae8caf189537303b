//! Files on their way from a host to the controller: written on a thread of their own, so that a slow disk holds up nobody
//! but the host that fills it.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::blob::Blobs;
use crate::failure::{Failure, Kind};
use crate::runner::host::local::NoHost;
use crate::system::{Collected, Push, Target, Writer};

/// So many pieces wait to be written; then the host is not heard.
const WAITING: usize = 16;

/// What receives the files of one call.
#[derive(Debug)]
pub(super) struct Receiver {
    pieces: Option<mpsc::Sender<Push>>,
    task: JoinHandle<Result<Collected, Failure>>,
}

impl Receiver {
    /// Ready for what comes. `blobs`: where the old files are that hosts were told of.
    pub(super) fn start(target: Target, blobs: Arc<Blobs>) -> Self {
        let (pieces, mut waiting) = mpsc::channel(WAITING);
        let task = tokio::task::spawn_blocking(move || {
            let link = NoHost::default();
            Writer::new(&link).collect(&target, &blobs, &mut || waiting.blocking_recv())
        });
        Self {
            pieces: Some(pieces),
            task,
        }
    }

    /// Takes a piece, when there is room. What comes after a failure is dropped: the end says it.
    pub(super) async fn take(&mut self, push: Push) {
        if let Some(pieces) = &self.pieces
            && pieces.send(push).await.is_err()
        {
            self.pieces = None;
        }
    }

    /// Nothing more comes: what became of it.
    ///
    /// # Errors
    /// Why something was not written.
    pub(super) async fn end(mut self) -> Result<Collected, Failure> {
        self.pieces = None;
        self.task.await.unwrap_or_else(|error| {
            let message = format!("the files could not be written: {error}");
            Err(Failure::new(Kind::Crashed, message))
        })
    }
}
