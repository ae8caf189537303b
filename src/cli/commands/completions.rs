//! `rmote-play completions`: what a shell needs to complete the command line.

use clap::CommandFactory as _;
use clap::builder::PossibleValuesParser;
use clap_complete::generate;

use crate::cli::args::{CompletionsArgs, Typed};
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::tools::registry;

/// Prints the script for a shell; names of tools are in it.
pub(crate) fn completions(args: &CompletionsArgs, printer: Printer) -> Result<Exit, CliError> {
    let names: Vec<_> = registry().names().collect();
    let mut command = Typed::command().mut_subcommand("tools", |tools| {
        tools.mut_arg("name", |name| name.value_parser(PossibleValuesParser::new(names)))
    });
    let mut script = Vec::new();
    generate(args.shell, &mut command, "rmote-play", &mut script);
    printer.out(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
