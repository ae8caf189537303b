//! Reads journals back, also those of runs that were cut off.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::event::{Event, HostOutcome, Kind, RunOutcome, SCHEMA_VERSION, upgrade};
use crate::journal::write::{Head, VERSION};
use crate::name::HostName;
use crate::protocol::Mode;
use crate::source;

/// What one line may be long: the first events name every host and call.
const LINE: u64 = 256 << 20;

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No run was ever recorded.
    #[error("no run is recorded")]
    None,
    /// No run has this name.
    #[error("no run `{0}` is recorded")]
    NoSuch(String),
    /// Several runs begin like that.
    #[error("several runs begin with `{0}`")]
    Several(String),
    /// A later version has written it.
    #[error("the journal `{}` was written by a newer version", .0.display())]
    Newer(PathBuf),
    /// It is none.
    #[error("`{}` is no journal: line {line} is not one of its lines", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// The file cannot be read.
    #[error("the journal `{}` cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A recorded run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its journal.
    pub path: PathBuf,
    /// Its playbook, as an absolute path.
    pub playbook: PathBuf,
    /// What was typed, for people: without values of variables; empty where that was not recorded.
    pub command: String,
    /// Whether it changed anything, or only looked.
    pub mode: Mode,
    /// The run that it resumes.
    pub resumes: Option<String>,
    /// Of each entry, in written order: a hash of its text; empty where that was not recorded.
    pub texts: Vec<String>,
}

/// Whether a journal was read to the end of its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was, and how the run came out.
    Well(RunOutcome),
    /// The run was cut off.
    Torn,
}

/// The hosts of a run that did not end well, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unwell {
    /// Those that were not reached.
    pub unreachable: Vec<HostName>,
    /// The others: failed, aborted, not started, or cut off.
    pub failed: Vec<HostName>,
}

impl Run {
    /// Reads the head of a journal.
    ///
    /// # Errors
    /// Where it is none, or of a newer version.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut lines = Lines::open(path)?;
        let first = lines.next_line()?.map(<[u8]>::to_vec).unwrap_or_default();
        let wrong = || Error::Line {
            path: path.to_path_buf(),
            line: 1,
        };
        let value: serde_json::Value = serde_json::from_slice(&first).map_err(|_| wrong())?;
        let version = value
            .get("journal")
            .and_then(serde_json::Value::as_u64)
            .ok_or_else(wrong)?;
        if version > u64::from(VERSION) {
            return Err(Error::Newer(path.to_path_buf()));
        }
        let head: Head = serde_json::from_value(value).map_err(|_| wrong())?;
        Ok(Self {
            path: path.to_path_buf(),
            playbook: head.playbook,
            command: head.command,
            mode: head.mode,
            resumes: head.resumes,
            texts: head.texts,
        })
    }

    /// The run's id.
    pub fn id(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// Gives each event to `see`, in order, those of earlier versions of the schema as this one has them. A last line that was not written to its end is left out.
    ///
    /// # Errors
    /// Where a line is no event, or the events are those of a newer version.
    pub fn events(&self, mut see: impl FnMut(Event)) -> Result<Ended, Error> {
        let mut lines = Lines::open(&self.path)?;
        lines.next_line()?;
        let mut ended = Ended::Torn;
        let mut version = SCHEMA_VERSION;
        loop {
            let number = lines.number + 1;
            let Some(line) = lines.next_line()? else {
                return Ok(ended);
            };
            let mut event: Event = match serde_json::from_slice(line) {
                Ok(event) => event,
                Err(_) if lines.is_torn => return Ok(ended),
                Err(_) => {
                    return Err(Error::Line {
                        path: self.path.clone(),
                        line: number,
                    });
                }
            };
            match &event.kind {
                Kind::RunStarted { schema, .. } if *schema > SCHEMA_VERSION => {
                    return Err(Error::Newer(self.path.clone()));
                }
                Kind::RunStarted { schema, .. } => version = *schema,
                Kind::RunEnded { outcome, .. } => ended = Ended::Well(*outcome),
                _ => {}
            }
            upgrade(&mut event.kind, version);
            see(event);
        }
    }

    /// The hosts that did not end well.
    ///
    /// # Errors
    /// As [`Run::events`].
    pub fn unwell(&self) -> Result<Unwell, Error> {
        let mut hosts: IndexMap<HostName, HostOutcome> = IndexMap::new();
        self.events(|event| match event.kind {
            // What is not heard of again was cut off.
            Kind::RunStarted { hosts: all, .. } => {
                hosts.extend(all.into_iter().map(|host| (host, HostOutcome::Aborted)));
            }
            Kind::Unreachable { host, .. } => {
                hosts.insert(host, HostOutcome::Unreachable);
            }
            Kind::HostLeft { host, outcome, .. } if outcome != HostOutcome::Ok => {
                hosts.insert(host, outcome);
            }
            Kind::RunEnded { hosts: recap, .. } => {
                hosts.extend(recap.into_iter().map(|it| (it.host, it.outcome)));
            }
            _ => {}
        })?;
        let mut unwell = Unwell::default();
        for (host, outcome) in hosts {
            match outcome {
                HostOutcome::Ok => {}
                HostOutcome::Unreachable => unwell.unreachable.push(host),
                HostOutcome::Failed | HostOutcome::Aborted | HostOutcome::NotStarted => {
                    unwell.failed.push(host);
                }
            }
        }
        Ok(unwell)
    }
}

/// The lines of a file.
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    line: Vec<u8>,
    /// How many were read.
    number: usize,
    /// Whether the last one was not ended.
    is_torn: bool,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = source::open_file(path).map_err(|source| Error::Read {
            path: path.to_path_buf(),
            source,
        })?;
        Ok(Self {
            path: path.to_path_buf(),
            reader: BufReader::new(file),
            line: Vec::new(),
            number: 0,
            is_torn: false,
        })
    }

    fn next_line(&mut self) -> Result<Option<&[u8]>, Error> {
        self.line.clear();
        let read = self.reader.by_ref().take(LINE).read_until(b'\n', &mut self.line);
        read.map_err(|source| Error::Read {
            path: self.path.clone(),
            source,
        })?;
        if self.line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        self.is_torn = self.line.last() != Some(&b'\n');
        Ok(Some(&self.line))
    }
}
