//! How far a run came that is to be resumed: what was done, and what was under way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::PathBuf;

use crate::event::{CallRef, Event, Iteration, Kind, Outcome, RunOutcome};
use crate::journal::{Archive, Ended, Error, Run};
use crate::name::HostName;
use crate::protocol::Mode;
use crate::secret::MASK;
use crate::value::{Map, Value};

/// How many runs may have resumed each other: more is a damaged journal that names itself.
const CHAIN: usize = 1000;

/// Why a run cannot be resumed.
#[derive(Debug, thiserror::Error)]
pub enum Unresumable {
    /// Its journal cannot be read.
    #[error(transparent)]
    Journal(#[from] Error),
    /// No run of the playbook changed anything.
    #[error("no run of this playbook is recorded, so there is nothing to resume")]
    None,
    /// It is of another playbook.
    #[error("run `{run}` is one of `{}`", playbook.display())]
    OtherPlaybook {
        /// The run.
        run: String,
        /// Its playbook.
        playbook: PathBuf,
    },
    /// It only looked.
    #[error("run `{0}` was a dry run: it did nothing that could be resumed")]
    Dry(String),
    /// It has come to its end.
    #[error("run `{0}` ended well: there is nothing to resume")]
    Well(String),
    /// It goes on, or another run resumes it.
    #[error("run `{0}` is under way, or is being resumed")]
    UnderWay(String),
    /// Another run has resumed it.
    #[error("run `{run}` was resumed by run `{by}`")]
    Resumed {
        /// The run.
        run: String,
        /// The later one.
        by: String,
    },
    /// It is of a version that did not write down what resuming takes.
    #[error("run `{0}` was recorded by a version that did not keep what it takes to resume it")]
    Old(String),
}

/// Which call on a host: its path, the iterations that it is in, and the number of the item of its loop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Which {
    /// The path of its entry.
    pub path: String,
    /// The iterations of looped groups that it is in, from the outermost one inwards.
    pub iterations: Vec<usize>,
    /// The item, counted from 1.
    pub number: Option<usize>,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The run in which.
    pub run: String,
    /// The text of its entry, by its hash.
    pub text: Option<String>,
    /// The item of its loop, and those of looped groups around it, as people are shown them.
    pub items: Vec<Option<String>>,
    /// How far it came.
    pub how: How,
}

/// How far a call came.
#[derive(Debug, Clone, PartialEq)]
pub enum How {
    /// It was under way when the run, or the connection, ended.
    UnderWay,
    /// Its conditions left it out.
    Skipped,
    /// It failed, or was canceled.
    NotDone {
        /// Whether it changed something before.
        changed: bool,
    },
    /// It was done.
    Done {
        /// Whether it changed something.
        changed: bool,
        /// How often it was made.
        attempts: u32,
        /// Its result; `None`: it is not recorded whole.
        result: Option<Map>,
    },
}

/// How far a run came, and those that it resumed.
#[derive(Debug)]
pub struct Progress {
    /// The run.
    pub run: String,
    /// By host.
    pub hosts: BTreeMap<HostName, BTreeMap<Which, Seen>>,
    /// The batches of rounds: which hosts were in each.
    pub batches: Vec<(String, BTreeSet<HostName>)>,
    /// Held while it is resumed, so that nobody else does.
    lock: File,
}

impl Progress {
    /// That of the run of this name, or of the last one of a playbook, which is named by its absolute path.
    ///
    /// # Errors
    /// Where there is nothing to resume, or it is not known what was done.
    pub fn find(
        archive: &Archive,
        playbook: &std::path::Path,
        name: Option<&str>,
    ) -> Result<Self, Unresumable> {
        let run = match name {
            Some(name) => archive.find(name)?,
            None => (archive.runs())
                .find(|run| run.playbook == playbook && run.mode == Mode::Apply)
                .ok_or(Unresumable::None)?,
        };
        if run.playbook != playbook {
            return Err(Unresumable::OtherPlaybook {
                run: run.id(),
                playbook: run.playbook,
            });
        }
        let later = (archive.runs()).find(|it| it.resumes.as_deref() == Some(&*run.id()));
        if let Some(later) = later {
            return Err(Unresumable::Resumed {
                run: run.id(),
                by: later.id(),
            });
        }
        let lock = File::open(&run.path).map_err(|source| Error::Read {
            path: run.path.clone(),
            source,
        })?;
        match lock.try_lock() {
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(Unresumable::UnderWay(run.id())),
        }
        let mut chain = vec![run];
        while let Some(before) = chain.last().and_then(|run| run.resumes.as_deref()) {
            let before = archive.find(before)?;
            chain.push(before);
            if chain.len() > CHAIN {
                return Err(Unresumable::None);
            }
        }
        let mut progress = Self {
            run: chain[0].id(),
            hosts: BTreeMap::new(),
            batches: Vec::new(),
            lock,
        };
        for run in chain.iter().rev() {
            progress.read(run, run.id() == progress.run)?;
        }
        Ok(progress)
    }

    /// What another run resumes, it holds.
    pub fn into_lock(self) -> File {
        self.lock
    }

    fn read(&mut self, run: &Run, is_last: bool) -> Result<(), Unresumable> {
        let id = run.id();
        if run.texts.is_empty() {
            return Err(Unresumable::Old(id));
        }
        if run.mode == Mode::Check {
            return Err(Unresumable::Dry(id));
        }
        match run.events(|event| self.note(run, &id, event))? {
            Ended::Well(outcome) if is_last && is_well(outcome) => Err(Unresumable::Well(id)),
            _ => Ok(()),
        }
    }

    fn note(&mut self, run: &Run, id: &str, event: Event) {
        match event.kind {
            Kind::RunStarted { rounds, .. } => {
                let whole = rounds.into_iter().filter(|round| round.serial.is_empty());
                let batches = whole.map(|round| (round.name, round.hosts.into_iter().collect()));
                self.batches.extend(batches);
            }
            Kind::BatchStarted { round, hosts, .. } => {
                self.batches.push((round, hosts.into_iter().collect()));
            }
            Kind::CallStarted {
                call,
                host,
                item,
                number,
                iterations,
                ..
            } => {
                let which = which(&call, number, &iterations);
                let seen = Seen {
                    run: id.to_owned(),
                    text: run.texts.get(call.entry as usize).cloned(),
                    items: items(item, &iterations),
                    how: How::UnderWay,
                };
                self.hosts.entry(host).or_default().insert(which, seen);
            }
            Kind::CallEnded {
                call,
                host,
                outcome,
                item,
                number,
                iterations,
                change,
                attempts,
                result,
                partial,
                from_run: None,
                took,
                ..
            } => {
                let which = which(&call, number, &iterations);
                let how = match outcome {
                    Outcome::Ok | Outcome::Changed => How::Done {
                        changed: change.is_some(),
                        attempts,
                        result: (!partial && !result.values().any(is_masked)).then_some(result),
                    },
                    Outcome::Lost => How::UnderWay,
                    // It ran when it was canceled.
                    Outcome::Canceled if took > 0.0 => How::UnderWay,
                    Outcome::Skipped => How::Skipped,
                    Outcome::Failed | Outcome::Canceled | Outcome::Unknown => How::NotDone {
                        changed: change.is_some(),
                    },
                };
                let seen = Seen {
                    run: id.to_owned(),
                    text: run.texts.get(call.entry as usize).cloned(),
                    items: items(item, &iterations),
                    how,
                };
                self.hosts.entry(host).or_default().insert(which, seen);
            }
            _ => {}
        }
    }
}

const fn is_well(outcome: RunOutcome) -> bool {
    let RunOutcome {
        failed,
        unreachable,
        stopped,
        interrupted,
        crashed,
        ..
    } = outcome;
    !failed && !unreachable && !stopped && !interrupted && !crashed
}

fn which(call: &CallRef, number: Option<usize>, iterations: &[Iteration]) -> Which {
    Which {
        path: call.path.clone(),
        iterations: iterations.iter().map(|it| it.number).collect(),
        number,
    }
}

/// The items that a call is made for, from the outermost one inwards.
fn items(item: Option<String>, iterations: &[Iteration]) -> Vec<Option<String>> {
    let around = iterations.iter().map(|it| it.item.clone());
    around.chain([item]).collect()
}

/// Whether a part of a value is hidden.
fn is_masked(value: &Value) -> bool {
    match value {
        Value::Str(text) => text.contains(MASK),
        Value::List(items) => items.iter().any(is_masked),
        Value::Map(map) => map
            .iter()
            .any(|(key, value)| key.contains(MASK) || is_masked(value)),
        _ => false,
    }
}
