//! Preparing calls, once for equal arguments: many hosts get the same file, and it is read and hashed once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::blob::Blobs;
use crate::failure::{Failure, Kind};
use crate::name::EntryId;
use crate::runner::brought::Brought;
use crate::tool::{Controller, Entry, Given, Prepared, Role};

/// How many different arguments of one entry are remembered.
const REMEMBERED: usize = 16;

type Outcome = Result<Arc<Prepared>, Failure>;
type Cell = Arc<OnceCell<Outcome>>;

/// What was prepared, by entry and arguments.
#[derive(Debug, Default)]
pub(super) struct Preparations {
    /// In check mode: the files that calls would bring.
    pub(super) brought: Brought,
    inner: Mutex<HashMap<EntryId, Vec<(Given, Cell)>>>,
}

impl Preparations {
    /// Prepares a call. Where another host prepares the same just now, waits for it.
    ///
    /// # Errors
    /// What the tool finds wrong.
    pub(super) async fn prepare(
        &self,
        entry: EntryId,
        tool: &Arc<Entry>,
        given: &Given,
        blobs: &Arc<Blobs>,
    ) -> Outcome {
        // What depends on files that the run itself writes is looked at each time.
        let mut fields = tool.args().fields.iter();
        if fields.any(|field| field.role == Some(Role::ControllerTarget)) {
            return prepare(tool, given.clone(), Arc::clone(blobs)).await;
        }
        let cell = self.cell(entry, given);
        cell.get_or_init(|| prepare(tool, given.clone(), Arc::clone(blobs)))
            .await
            .clone()
    }

    fn cell(&self, entry: EntryId, given: &Given) -> Cell {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let known = inner.entry(entry).or_default();
        if let Some((_, cell)) = known.iter().find(|(other, _)| other == given) {
            return Arc::clone(cell);
        }
        if known.len() == REMEMBERED {
            known.remove(0);
        }
        let cell = Cell::default();
        known.push((given.clone(), Arc::clone(&cell)));
        cell
    }
}

async fn prepare(tool: &Arc<Entry>, given: Given, blobs: Arc<Blobs>) -> Outcome {
    if !tool.reads_files() {
        return tool.prepare(given, Controller { blobs: &blobs }).map(Arc::new);
    }
    // Reading and hashing files must not hold up the other hosts.
    let own = Arc::clone(tool);
    let work = move || own.prepare(given, Controller { blobs: &blobs }).map(Arc::new);
    let crashed = |error: tokio::task::JoinError| {
        Failure::new(Kind::Crashed, format!("`{}` crashed: {error}", tool.name))
    };
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(crashed(error)))
}
