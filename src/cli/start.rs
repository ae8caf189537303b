//! From the command line's words to an exit code.

use std::ffi::OsString;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::cli::args::{Command, Typed};
use crate::cli::commands;
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::secret::Masker;

/// Does what the command line says. `words` begin with the program's name.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Exit {
    panic::set_hook(Box::new(|info| {
        let printer = Printer::new(crate::cli::args::When::Auto);
        let version = env!("CARGO_PKG_VERSION");
        let message = format!("rmote-play {version} {info}");
        printer.complain(
            "bug",
            &masked(&message),
            Some("Please report this, with the playbook if you can. What ran on hosts may be half done."),
        );
    }));
    let words: Vec<_> = words.into_iter().collect();
    panic::catch_unwind(|| start(words)).unwrap_or(Exit::Bug)
}

/// What must not be shown of the run under way, even by a panic.
static MASKER: Mutex<Option<Arc<Masker>>> = Mutex::new(None);

/// From now on, panics show nothing of what this one knows.
pub(super) fn hide_in_panics(masker: &Arc<Masker>) {
    *MASKER.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(masker));
}

fn masked(message: &str) -> String {
    // Not waited for: whoever panics may hold it.
    match MASKER.try_lock().as_deref() {
        Ok(Some(masker)) => masker.text(message).into_owned(),
        _ => message.to_owned(),
    }
}

fn start(words: Vec<OsString>) -> Exit {
    let typed = match Typed::try_parse_from(words) {
        Ok(typed) => typed,
        Err(error) => {
            let is_asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // A reader that went away has seen enough.
            let _gone = error.print();
            return if is_asked { Exit::Success } else { Exit::Usage };
        }
    };
    let printer = Printer::new(typed.color);
    let done = match &typed.command {
        None => commands::run(&typed.run, printer),
        Some(Command::Validate(args)) => commands::validate(args, printer),
        Some(Command::Plan(args)) => commands::plan(args, printer),
        Some(Command::Hosts(args)) => commands::hosts(args, printer),
        Some(Command::Report(args)) => commands::report(args, printer),
        Some(Command::Tools(args)) => commands::tools(args, printer),
        Some(Command::Schema(args)) => commands::schema(args, printer),
        Some(Command::Call(args)) => commands::call(&args.run, printer),
        Some(Command::Complete(args)) => commands::complete(args, printer),
        Some(Command::Completions(args)) => commands::completions(args, printer),
    };
    done.unwrap_or_else(|error: CliError| {
        if error.exit != Exit::Success {
            printer.complain("error", &error.message, error.help.as_deref());
        }
        error.exit
    })
}
