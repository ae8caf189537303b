//! The handlers that hosts owe, kept from one run of a playbook to the next.
//!
//! A file for each playbook, next to the journals. It is written once, when a run ends; a run that was killed writes nothing.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::event::{CallRef, Event, Kind, Recap, Sink};
use crate::journal::Archive;
use crate::name::HostName;
use crate::protocol::Mode;

/// Raised whenever a reader of the file would have to change.
const VERSION: u32 = 1;

/// A handler that a host owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// What the handler is called by: one without an id has a path that depends on those before it.
    pub label: String,
    /// The run in which a source of it changed.
    pub run: String,
}

/// What hosts owe: by host, as the ledger names it, and by the path of the handler.
pub type Debts = BTreeMap<String, BTreeMap<String, Debt>>;

/// The file of a playbook.
#[derive(Debug, Clone)]
pub struct Ledger {
    folder: Archive,
    playbook: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Book {
    owed: u32,
    playbook: PathBuf,
    hosts: Debts,
}

impl Ledger {
    /// That of a playbook, which is named by its absolute path.
    pub fn new(archive: &Archive, playbook: PathBuf) -> Self {
        Self {
            folder: archive.beside("owed"),
            playbook,
        }
    }

    fn path(&self) -> PathBuf {
        let name = blake3::hash(self.playbook.as_os_str().as_encoded_bytes()).to_hex();
        self.folder.file(&format!("{}.json", &name[..32]))
    }

    /// What is owed.
    ///
    /// # Errors
    /// Where the file is there and cannot be read, is damaged, or is of a newer version.
    pub fn read(&self) -> io::Result<Debts> {
        let path = self.path();
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Debts::new()),
            text => text?,
        };
        let wrong = |why: &str| io::Error::other(format!("`{}` {why}", path.display()));
        let book: Book = serde_json::from_slice(&text).map_err(|_| wrong("is damaged; remove it"))?;
        if book.owed > VERSION {
            return Err(wrong("was written by a newer version"));
        }
        Ok(book.hosts)
    }

    /// Changes what is owed; of two runs at once, each finds what the other has written.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn change(&self, change: impl FnOnce(&mut Debts)) -> io::Result<()> {
        self.folder.make()?;
        let path = self.path();
        let lock = private(&path.with_extension("lock"))?;
        lock.lock()?;
        let old = self.read()?;
        let mut hosts = old.clone();
        change(&mut hosts);
        hosts.retain(|_, owed| !owed.is_empty());
        if hosts == old {
            return Ok(());
        }
        if hosts.is_empty() {
            return fs::remove_file(&path);
        }
        let new = path.with_extension("new");
        let mut file = private(&new)?;
        file.set_len(0)?;
        let book = Book {
            owed: VERSION,
            playbook: self.playbook.clone(),
            hosts,
        };
        serde_json::to_writer_pretty(&mut file, &book)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(new, path)
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
}

/// Writes what a run has changed in a ledger, when it ends.
#[derive(Debug)]
pub struct Bookkeeper {
    ledger: Ledger,
    /// What hosts are called in the ledger.
    keys: BTreeMap<HostName, String>,
    /// What was owed when the run began.
    before: Debts,
    run: String,
    labels: BTreeMap<String, String>,
    is_apply: bool,
    fault: Arc<OnceLock<String>>,
}

impl Bookkeeper {
    /// For a run that begins with these debts. Why the ledger could not be written is in the second value, afterwards.
    pub fn new(
        ledger: Ledger,
        keys: BTreeMap<HostName, String>,
        before: Debts,
    ) -> (Self, Arc<OnceLock<String>>) {
        let fault = Arc::default();
        let keeper = Self {
            ledger,
            keys,
            before,
            run: String::new(),
            labels: BTreeMap::new(),
            is_apply: false,
            fault: Arc::clone(&fault),
        };
        (keeper, fault)
    }

    /// Another run may have written meanwhile: only what this one has changed is changed.
    fn settle(&self, recap: &Recap, debts: &mut Debts) {
        let Some(key) = self.keys.get(&recap.host) else {
            return;
        };
        let owed = debts.entry(key.clone()).or_default();
        let before = self.before.get(key);
        let paid = before.into_iter().flat_map(BTreeMap::keys);
        for path in paid.filter(|path| !recap.owed.contains(path)) {
            owed.remove(path);
        }
        for path in &recap.owed {
            let debt = Debt {
                label: self.labels.get(path).cloned().unwrap_or_default(),
                run: self.run.clone(),
            };
            owed.entry(path.clone()).or_insert(debt);
        }
    }
}

impl Sink for Bookkeeper {
    fn event(&mut self, event: &Event) {
        match &event.kind {
            Kind::RunStarted {
                run, mode, rounds, ..
            } => {
                run.clone_into(&mut self.run);
                self.is_apply = *mode == Mode::Apply;
                let calls = rounds.iter().flat_map(|round| &round.calls);
                let named = |call: &Arc<CallRef>| (call.path.clone(), call.label.clone());
                self.labels = calls.map(named).collect();
            }
            Kind::RunEnded { hosts, .. } if self.is_apply => {
                let is_clear = self.before.is_empty() && hosts.iter().all(|recap| recap.owed.is_empty());
                if is_clear {
                    return;
                }
                let done = self.ledger.change(|debts| {
                    for recap in hosts {
                        self.settle(recap, debts);
                    }
                });
                if let Err(error) = done {
                    let _first = self.fault.set(error.to_string());
                }
            }
            _ => {}
        }
    }
}
