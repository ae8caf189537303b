//! How far a run came that is to be resumed: what was done, and what was under way.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::PathBuf;

use crate::event::{CallRef, Event, HostOutcome, Iteration, Kind, Outcome};
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

impl Which {
    /// Its iterations and its item.
    pub fn numbers(&self) -> Vec<usize> {
        self.iterations.iter().copied().chain(self.number).collect()
    }
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The run in which.
    pub run: String,
    /// The text of its entry, by its hash.
    pub text: Option<String>,
    /// The items of looped groups around it and that of its own loop, from the outermost one inwards.
    pub items: Vec<Iteration>,
    /// How far it came.
    pub how: How,
    /// What had become of it before.
    before: Option<Box<Self>>,
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
    /// How hosts have come out, so far.
    outcomes: BTreeMap<HostName, HostOutcome>,
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
        // A journal somewhere else is not found again by those that resume it.
        if run.path != archive.path(&run.id()) {
            return Err(Error::NoSuch(run.path.display().to_string()).into());
        }
        if run.playbook != playbook {
            return Err(Unresumable::OtherPlaybook {
                run: run.id(),
                playbook: run.playbook,
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
        // Looked for by the one who holds it: nobody else resumes it meanwhile.
        let later = (archive.runs()).find(|it| it.resumes.as_deref() == Some(&*run.id()));
        if let Some(later) = later {
            return Err(Unresumable::Resumed {
                run: run.id(),
                by: later.id(),
            });
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
            outcomes: BTreeMap::new(),
            lock,
        };
        let mut has_ended = false;
        for run in chain.iter().rev() {
            has_ended = progress.read(run)?;
        }
        if has_ended && progress.is_done() {
            return Err(Unresumable::Well(progress.run));
        }
        Ok(progress)
    }

    /// What another run resumes, it holds.
    pub fn into_lock(self) -> File {
        self.lock
    }

    /// Reads what a run did; whether it came to its end.
    fn read(&mut self, run: &Run) -> Result<bool, Unresumable> {
        let id = run.id();
        if run.texts.is_empty() {
            return Err(Unresumable::Old(id));
        }
        if run.mode == Mode::Check {
            return Err(Unresumable::Dry(id));
        }
        let ended = run.events(|event| self.note(run, &id, event))?;
        Ok(matches!(ended, Ended::Well(_)))
    }

    fn note(&mut self, run: &Run, id: &str, event: Event) {
        let text = |call: &CallRef| run.texts.get(call.entry as usize).cloned();
        match event.kind {
            Kind::RunStarted { hosts, .. } => {
                for host in hosts {
                    self.outcomes.entry(host).or_insert(HostOutcome::NotStarted);
                }
            }
            Kind::HostLeft { host, outcome, .. } => drop(self.outcomes.insert(host, outcome)),
            Kind::RunEnded { hosts, .. } => {
                self.outcomes
                    .extend(hosts.into_iter().map(|it| (it.host, it.outcome)));
            }
            Kind::CallStarted {
                call,
                host,
                item,
                number,
                digest,
                iterations,
                ..
            } => {
                let which = which(&call, number, &iterations);
                let calls = self.hosts.entry(host).or_default();
                let before = calls.remove(&which).map(Box::new);
                let seen = Seen {
                    run: id.to_owned(),
                    text: text(&call),
                    items: items(number, item, digest, iterations),
                    how: How::UnderWay,
                    before,
                };
                calls.insert(which, seen);
            }
            // What one host did for all is known of that one.
            Kind::CallEnded {
                shared_by: Some(_), ..
            } => {}
            Kind::CallEnded {
                call,
                host,
                number,
                iterations,
                from_run: Some(_),
                ..
            } => {
                // Somebody has said that it was done.
                let which = which(&call, number, &iterations);
                let calls = self.hosts.entry(host).or_default();
                if let Some(seen) = calls.get_mut(&which)
                    && !matches!(seen.how, How::Done { result: Some(_), .. })
                {
                    seen.how = How::Done {
                        changed: true,
                        attempts: 1,
                        result: Some(Map::new()),
                    };
                }
            }
            kind @ Kind::CallEnded { .. } => self.ended(run, id, kind),
            _ => {}
        }
    }

    /// A call has ended that was made in this run, or might have been.
    fn ended(&mut self, run: &Run, id: &str, kind: Kind) {
        let Kind::CallEnded {
            call,
            host,
            outcome,
            item,
            number,
            digest,
            iterations,
            change,
            attempts,
            result,
            partial,
            took,
            ..
        } = kind
        else {
            return;
        };
        let which = which(&call, number, &iterations);
        let calls = self.hosts.entry(host).or_default();
        let begun = calls.remove(&which);
        let is_of_now = begun.as_ref().is_some_and(|it| it.run == id);
        let before = match begun {
            Some(begun) if is_of_now => begun.before,
            begun => begun.map(Box::new),
        };
        let changed = change.is_some() || before.as_deref().is_some_and(Seen::has_changed);
        let how = match outcome {
            Outcome::Ok | Outcome::Changed => How::Done {
                changed: change.is_some(),
                attempts,
                result: (!partial && !result.values().any(is_altered)).then_some(result),
            },
            Outcome::Lost => How::UnderWay,
            // It ran when it was canceled.
            Outcome::Canceled if took > 0.0 => How::UnderWay,
            // What was not begun is as it was.
            Outcome::Canceled | Outcome::Unknown => {
                if let Some(before) = before {
                    calls.insert(which, *before);
                }
                return;
            }
            Outcome::Skipped => How::Skipped,
            Outcome::Failed => How::NotDone { changed },
        };
        let seen = Seen {
            run: id.to_owned(),
            text: run.texts.get(call.entry as usize).cloned(),
            items: items(number, item, digest, iterations),
            how,
            before,
        };
        calls.insert(which, seen);
    }

    /// Whether nothing is left to be done, as far as the journals say it.
    fn is_done(&self) -> bool {
        let is_open = |seen: &Seen| seen.how == How::UnderWay;
        let are_well = self.outcomes.values().all(|it| *it == HostOutcome::Ok);
        are_well && !self.hosts.values().flat_map(BTreeMap::values).any(is_open)
    }
}

impl Seen {
    /// Whether it changed something, or may have.
    fn has_changed(&self) -> bool {
        let before = self.before.as_deref().is_some_and(Self::has_changed);
        match self.how {
            How::UnderWay => true,
            How::Done { changed, .. } => changed,
            How::NotDone { changed } => changed || before,
            How::Skipped => before,
        }
    }
}

fn which(call: &CallRef, number: Option<usize>, iterations: &[Iteration]) -> Which {
    Which {
        path: call.path.clone(),
        iterations: iterations.iter().map(|it| it.number).collect(),
        number,
    }
}

/// The items that a call is made for, from the outermost one inwards.
fn items(
    number: Option<usize>,
    item: Option<String>,
    digest: Option<String>,
    iterations: Vec<Iteration>,
) -> Vec<Iteration> {
    let own = number.map(|number| Iteration { number, item, digest });
    iterations.into_iter().chain(own).collect()
}

/// Whether a part of a value is hidden, or cannot be told from another one in JSON.
fn is_altered(value: &Value) -> bool {
    match value {
        Value::Str(text) => text.contains(MASK),
        Value::List(items) => items.iter().any(is_altered),
        Value::Map(map) => {
            let is_bytes = map.len() == 1 && map.contains_key("bytes");
            is_bytes
                || map
                    .iter()
                    .any(|(key, value)| key.contains(MASK) || is_altered(value))
        }
        _ => false,
    }
}
