//! From the command line's words to an exit code.

use std::ffi::OsString;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use crate::cli::again::again;
use crate::cli::args::{Command, Typed, When};
use crate::cli::commands;
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::cli::settings::Settings;
use crate::cli::words::arranged;
use crate::report::Again;
use crate::secret::Masker;

/// Does what the command line says. `words` begin with the program's name.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Exit {
    panic::set_hook(Box::new(|info| {
        let printer = Printer::new(When::Auto);
        let version = env!("CARGO_PKG_VERSION");
        let message = format!("rmote-play {version} {info}");
        printer.complain(
            "bug",
            &masked(&message),
            Some("Please report this, with the playbook if you can. What ran on hosts may be half done."),
        );
    }));
    // Passwords and secrets are read by this process: no core dumps of it.
    let _best_effort = set_dumpable_behavior(DumpableBehavior::NotDumpable);
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
    let command = Typed::command();
    let words = match arranged(&command, words) {
        Ok(words) => words,
        Err(error) => return complained(Printer::new(When::Auto), &error),
    };
    let (typed, again) = match read(command, &words) {
        Ok(read) => read,
        Err(error) => {
            let is_asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return match error.print() {
                Ok(()) if is_asked => Exit::Success,
                Err(_) if is_asked => Exit::Unwritten,
                _ => Exit::Usage,
            };
        }
    };
    let printer = Printer::new(typed.color);
    match settled(typed, again, &words, printer) {
        Ok((typed, again, settings)) => {
            let printer = Printer::new(typed.color);
            let done = done(&typed, &again, &settings, printer);
            done.unwrap_or_else(|error| complained(printer, &error))
        }
        Err(error) => complained(printer, &error),
    }
}

fn complained(printer: Printer, error: &CliError) -> Exit {
    if error.exit != Exit::Success {
        printer.complain("error", &error.message, error.help.as_deref());
    }
    error.exit
}

fn read(mut command: clap::Command, words: &[OsString]) -> Result<(Typed, Again), clap::Error> {
    let matches = command.try_get_matches_from_mut(words)?;
    let typed = Typed::from_arg_matches(&matches)?;
    Ok((typed, again(&command, &matches)))
}

/// The same with what is set where it is not typed: the file of settings depends on the playbook, which is known only now.
fn settled(
    typed: Typed,
    again: Again,
    words: &[OsString],
    printer: Printer,
) -> Result<(Typed, Again, Settings), CliError> {
    let Some(folder) = typed.folder() else {
        return Ok((typed, again, Settings::default()));
    };
    let settings = Settings::of(&folder, printer)?;
    let (mut typed, again) = match settings.over(Typed::command()) {
        // The values were checked: what is read without them is read with them.
        Some(command) => read(command, words).unwrap_or((typed, again)),
        None => (typed, again),
    };
    if let Some(named) = typed.named() {
        named.usual.inventories = settings.inventories();
        named.usual.connection = settings.connection();
    }
    Ok((typed, again, settings))
}

fn done(typed: &Typed, again: &Again, settings: &Settings, printer: Printer) -> Result<Exit, CliError> {
    match &typed.command {
        None => commands::run(&typed.run, again, printer),
        Some(Command::Validate(args)) => commands::validate(args, printer),
        Some(Command::Plan(args)) => commands::plan(args, printer),
        Some(Command::Hosts(args)) => commands::hosts(args, printer),
        Some(Command::Report(args)) => commands::report(args, printer),
        Some(Command::Tools(args)) => commands::tools(args, printer),
        Some(Command::Schema(args)) => commands::schema(args, printer),
        Some(Command::Call(args)) => commands::call(&args.run, again, printer),
        Some(Command::Console(args)) => commands::console(args.run.clone(), again, printer),
        Some(Command::Shell(args)) => commands::shell(args, printer),
        Some(Command::Config(args)) => commands::config(args, settings, printer),
        Some(Command::Lsp(args)) => commands::lsp(args),
        Some(Command::Man(args)) => commands::man(args, printer),
        Some(Command::Complete(args)) => commands::complete(args, printer),
        Some(Command::Completions(args)) => commands::completions(args, printer),
    }
}
