//! Writes the events of a run as they come.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::event::{Event, Kind, Sink, to_json};
use crate::journal::Archive;
use crate::protocol::Mode;
use crate::value::Map;

/// Raised whenever a reader of journals would have to change.
pub(super) const VERSION: u32 = 1;
/// How much of the events is held before it is written.
const BUFFER: usize = 64 << 10;
/// What one event may be long.
pub(super) const EVENT: usize = 256 << 10;
/// How much of a text that is too long is kept.
const TEXT: usize = 32 << 10;

/// The first line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) journal: u32,
    pub(super) playbook: PathBuf,
    /// The command line for people, without what may be secret in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) command: String,
    #[serde(default = "apply")]
    pub(super) mode: Mode,
    /// The run that this one resumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) resumes: Option<String>,
    /// Of each entry, in written order: a hash of its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) texts: Vec<String>,
}

/// What runs do whose journals do not say it.
const fn apply() -> Mode {
    Mode::Apply
}

/// What the head of a journal says of a run.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The playbook, by its absolute path.
    pub playbook: PathBuf,
    /// The command line for people, without what may be secret in it.
    pub command: String,
    /// The run that it resumes.
    pub resumes: Option<String>,
    /// Of each entry, in written order: a hash of its text.
    pub texts: Vec<String>,
    /// Whether what must be on record is on the disk before what it tells of starts.
    pub is_durable: bool,
}

/// Why a journal is not whole, for whoever asks after the run.
#[derive(Debug, Clone, Default)]
pub struct Fault(Arc<Mutex<Option<(Stage, String)>>>);

/// Where a journal failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    Write,
}

impl Fault {
    fn set(&self, stage: Stage, error: &io::Error) {
        let mut fault = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fault.get_or_insert((stage, error.to_string()));
    }

    /// What is wrong, and whether a part was written.
    pub fn get(&self) -> Option<(String, bool)> {
        let fault = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fault
            .as_ref()
            .map(|(stage, why)| (why.clone(), *stage == Stage::Write))
    }
}

/// Writes a journal. A fault stops the writing, never the run.
#[derive(Debug)]
pub struct Writer {
    archive: Archive,
    about: About,
    out: Option<BufWriter<File>>,
    line: Vec<u8>,
    fault: Fault,
}

impl Writer {
    /// For a run of which this is known; the file is made when the run begins.
    pub fn new(archive: Archive, about: About) -> (Self, Fault) {
        let fault = Fault::default();
        let writer = Self {
            archive,
            about,
            out: None,
            line: Vec::new(),
            fault: fault.clone(),
        };
        (writer, fault)
    }

    fn begin(&mut self, run: &str, mode: Mode) -> io::Result<()> {
        self.archive.make()?;
        self.archive.tidy();
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.archive.path(run))?;
        // Nobody resumes a run that goes on. Where files cannot be locked, nobody can be kept from it.
        let _unlockable = file.try_lock();
        let mut out = BufWriter::with_capacity(BUFFER, file);
        let about = &mut self.about;
        let head = Head {
            journal: VERSION,
            playbook: about.playbook.clone(),
            command: about.command.clone(),
            mode,
            resumes: about.resumes.clone(),
            texts: std::mem::take(&mut about.texts),
        };
        serde_json::to_writer(&mut out, &head)?;
        out.write_all(b"\n")?;
        self.out = Some(out);
        Ok(())
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        self.line.clear();
        to_json(event, &mut self.line)?;
        if self.line.len() > EVENT && !matches!(event.kind, Kind::RunStarted { .. } | Kind::RunEnded { .. }) {
            self.line.clear();
            to_json(&shortened(event), &mut self.line)?;
        }
        self.line.push(b'\n');
        out.write_all(&self.line)?;
        if matches!(event.kind, Kind::RunEnded { .. }) {
            out.flush()?;
            out.get_ref().sync_data()?;
        }
        Ok(())
    }

    fn fail(&mut self, stage: Stage, error: &io::Error) {
        self.fault.set(stage, error);
        // What is still held would only fail again.
        if let Some(out) = self.out.take() {
            let _held = out.into_parts();
        }
    }
}

impl Sink for Writer {
    fn record(&mut self) {
        self.tick();
        if self.about.is_durable
            && let Some(out) = &self.out
            && let Err(error) = out.get_ref().sync_data()
        {
            self.fail(Stage::Write, &error);
        }
    }

    fn event(&mut self, event: &Event) {
        if let Kind::RunStarted { run, mode, .. } = &event.kind
            && let Err(error) = self.begin(run, *mode)
        {
            return self.fail(Stage::Begin, &error);
        }
        if let Err(error) = self.write(event) {
            self.fail(Stage::Write, &error);
        }
    }

    fn tick(&mut self) {
        if let Some(out) = &mut self.out
            && let Err(error) = out.flush()
        {
            self.fail(Stage::Write, &error);
        }
    }
}

/// An event without what makes it long.
fn shortened(event: &Event) -> Event {
    let mut event = event.clone();
    match &mut event.kind {
        Kind::CallEnded {
            result,
            change,
            warnings,
            error,
            partial,
            ..
        } => {
            *result = Map::new();
            *partial = true;
            if let Some(change) = change {
                change.diff.clear();
            }
            if let Some(error) = error {
                shorten(&mut error.message);
                error.stderr.as_mut().into_iter().for_each(shorten);
                error.stdout.as_mut().into_iter().for_each(shorten);
            }
            warnings.truncate(8);
            warnings.iter_mut().for_each(shorten);
            warnings.push("its result is too long for the journal, which leaves it out".to_owned());
        }
        Kind::IterationEnded { error, .. } | Kind::GroupEnded { error, .. } => {
            if let Some(error) = error {
                shorten(&mut error.message);
                error.stderr.as_mut().into_iter().for_each(shorten);
                error.stdout.as_mut().into_iter().for_each(shorten);
            }
        }
        Kind::CallOutput { text, .. } => shorten(text),
        Kind::CallLog { message, .. } | Kind::Warning { message, .. } => shorten(message),
        _ => {}
    }
    event
}

fn shorten(text: &mut String) {
    if text.len() > TEXT {
        let end = (0..=TEXT).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
}
