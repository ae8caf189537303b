//! `rmote-play validate`: what is wrong with playbooks, offline.

mod args;
mod explain;
mod find;
mod fix;
mod write;

pub(in crate::cli) use args::ValidateArgs;
pub(super) use find::is_playbook;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::cli::commands::load::{Checked, check};
use crate::cli::commands::validate::args::Format as Wanted;
use crate::cli::error::{CliError, Exit};
use crate::cli::extra::extra;
use crate::cli::printer::Printer;
use crate::diagnostic::{Code, Drawn, Format, Severity, counted, draw, join};
use crate::playbook::Options;
use crate::tool::Registry;
use crate::tools;

/// Stack of each thread that checks: as much as the main one has.
const STACK: usize = 8 << 20;

/// Checks playbooks and says everything that is wrong with them.
pub(crate) fn validate(args: &ValidateArgs, printer: Printer) -> Result<Exit, CliError> {
    if let Some(code) = &args.explain {
        printer.out(&explain::explain(code.as_deref(), printer.out_color())?)?;
        return Ok(Exit::Success);
    }
    let registry = tools::registry();
    let extra = extra(&args.extra)?;
    let options = if args.run_inventory {
        args.inventories.options(&extra, args.allow_empty_pattern)
    } else {
        args.inventories.named.offline(&extra, args.allow_empty_pattern)
    };
    let options = Options {
        units: true,
        ..options
    };
    let format = match args.format {
        Wanted::Human => Format::Human {
            color: printer.out_color(),
        },
        Wanted::Json => Format::Json,
        Wanted::Github => Format::Github,
        Wanted::Sarif => Format::Sarif,
    };
    let files = find::find(&args.playbooks)?;
    let mut report = String::new();
    if args.fix {
        let find = |path: &Path| checked(path, &registry, &options, args.strict);
        let fixed = fix::fix(&files, &write::roots(&args.playbooks), &find);
        report = if args.diff {
            write::diffs(&fixed)
        } else {
            write::write(&fixed)?
        };
        if !matches!(args.format, Wanted::Human) {
            // What programs read stays what they know.
            printer.err(&std::mem::take(&mut report));
        }
    }
    let check = |path: &Path| {
        let checked = checked(path, &registry, &options, args.strict);
        draw(&checked.diagnostics, &checked.sources, format)
    };
    let mut seen = HashSet::new();
    // What two playbooks share is told once.
    let all: Vec<Drawn> = (each(&files, check).into_iter().flatten())
        .filter(|it| seen.insert(it.text.clone()))
        .collect();
    let has_errors = all.iter().any(|it| it.severity == Severity::Error);
    let mut text = report + &join(&all, format);
    if let Format::Human { .. } = format {
        text.push_str(&summary(&all, files.len()));
    }
    printer.out(&text)?;
    Ok(if has_errors { Exit::Invalid } else { Exit::Success })
}

fn checked(path: &Path, registry: &Registry, options: &Options, strict: bool) -> Checked {
    let mut checked = check(path, registry, options);
    if strict {
        // That a file stays closed here is no fault of the playbook.
        checked.diagnostics.deny_warnings(&[Code::EncryptedFile]);
    }
    checked
}

/// What comes of each file, in the order of the files, on as many threads as there are processors.
fn each<T: Send>(files: &[PathBuf], work: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(files.len()));
    let turn = || {
        while let Some((at, file)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            files.get(at).map(|file| (at, file))
        } {
            let result = work(file);
            done.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((at, result));
        }
    };
    let threads = thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(files.len());
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where no thread can be had, the others do its work.
            let _started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, turn);
        }
        turn();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn summary(all: &[Drawn], files: usize) -> String {
    let files = if files == 1 {
        "1 file".to_owned()
    } else {
        format!("{files} files")
    };
    let found = counted(all);
    let mut line = match found.as_str() {
        "" => format!("{files} checked, nothing found\n"),
        found => format!("{files} checked: {found}\n"),
    };
    let mut codes: Vec<&str> = all.iter().map(|it| it.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    if let Some(code) = codes.first() {
        let each = if codes.len() > 1 { "; so for each code" } else { "" };
        let _ = writeln!(line, "`rmote-play validate --explain {code}` says more{each}");
    }
    line
}
