//! `rmote-play man`: manual pages, made of the same texts as `--help`.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::args::{ManArgs, Typed};
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;

/// Prints the page of the program, or writes those of all commands.
pub(crate) fn man(args: &ManArgs, printer: Printer) -> Result<Exit, CliError> {
    let command = Typed::command().disable_help_subcommand(true);
    let Some(directory) = &args.directory else {
        printer.out(&String::from_utf8_lossy(&page(command)?))?;
        return Ok(Exit::Success);
    };
    fs::create_dir_all(directory).map_err(|error| unwritten(directory, &error))?;
    let commands = command
        .get_subcommands()
        .filter(|it| !it.is_hide_set())
        .map(|it| (format!("rmote-play-{}", it.get_name()), it.clone()));
    for (name, command) in commands {
        write(directory, &name, command.display_name(name.clone()))?;
    }
    write(directory, "rmote-play", command)?;
    Ok(Exit::Success)
}

fn write(directory: &Path, name: &str, command: Command) -> Result<(), CliError> {
    let path = directory.join(format!("{name}.1"));
    fs::write(&path, page(command)?).map_err(|error| unwritten(&path, &error))
}

fn page(command: Command) -> Result<Vec<u8>, CliError> {
    let mut page = Vec::new();
    Man::new(command)
        .source(concat!("rmote-play ", env!("CARGO_PKG_VERSION")))
        .manual("rmote-play")
        .render(&mut page)?;
    Ok(page)
}

fn unwritten(path: &Path, error: &std::io::Error) -> CliError {
    CliError {
        exit: Exit::Unwritten,
        message: format!("`{}` cannot be written: {error}", path.display()),
        help: None,
    }
}
