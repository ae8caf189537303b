//! The files of `--report`.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::asked::Report;
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::event::{Event, Sink};
use crate::report::Json;
use crate::report::file::{Story, render};

/// Reports under way: their files are there from the beginning, so that a path that cannot be written stops nothing
/// half-way.
pub(super) struct Reports {
    wanted: Vec<(Report, File)>,
    runs: Vec<Arc<Mutex<Story>>>,
}

impl Reports {
    /// Makes the files.
    ///
    /// # Errors
    /// Where one cannot be made.
    pub(super) fn create(wanted: &[Report]) -> Result<Self, CliError> {
        let create = |report: &Report| {
            // Nobody else reads it, unless it was there already and its mode says otherwise.
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&report.file);
            let file = file.map_err(|error| CliError::invalid(unwritable(&report.file, &error)))?;
            Ok((report.clone(), file))
        };
        Ok(Self {
            wanted: wanted.iter().map(create).collect::<Result<_, CliError>>()?,
            runs: Vec::new(),
        })
    }

    /// The sinks of the next run.
    ///
    /// # Errors
    /// Where a file is gone.
    pub(super) fn sinks(&mut self) -> Result<Vec<Box<dyn Sink>>, CliError> {
        let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
        for (report, _) in self.wanted.iter().filter(|(it, _)| it.format.is_none()) {
            let file = OpenOptions::new().append(true).open(&report.file);
            let file = file.map_err(|error| CliError::invalid(unwritable(&report.file, &error)))?;
            let name = format!("the report `{}`", report.file.display());
            sinks.push(Box::new(Json::new(BufWriter::new(file), name)));
        }
        if self.wanted.iter().any(|(it, _)| it.format.is_some()) {
            let story = Arc::new(Mutex::new(Story::default()));
            self.runs.push(Arc::clone(&story));
            sinks.push(Box::new(Shared(story)));
        }
        Ok(sinks)
    }

    /// Writes all of them. Gives why some could not be written.
    pub(super) fn write(self) -> Vec<String> {
        let mut faults = Vec::new();
        let runs: Vec<Story> = (self.runs.iter())
            .map(|run| std::mem::take(&mut *run.lock().unwrap_or_else(PoisonError::into_inner)))
            .filter(Story::has_begun)
            .collect();
        for (report, mut file) in self.wanted {
            let Some(format) = report.format else { continue };
            if let Err(error) = file.write_all(render(format, &runs).as_bytes()) {
                faults.push(unwritable(&report.file, &error));
            }
        }
        faults
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> String {
    format!("the report `{}` cannot be written: {error}", path.display())
}

/// Says what could not be written. Where all else went well, that is how the program ends.
pub(super) fn unwritten(exit: Exit, faults: &[String], printer: Printer) -> Exit {
    for fault in faults {
        printer.complain("error", fault, None);
    }
    match exit {
        Exit::Success | Exit::WouldChange(_) if !faults.is_empty() => Exit::Unwritten,
        exit => exit,
    }
}

/// A story that is looked at when the run is over.
struct Shared(Arc<Mutex<Story>>);

impl Sink for Shared {
    fn event(&mut self, event: &Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).event(event);
    }
}
