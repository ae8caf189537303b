//! `rmote-play completions`: what a shell needs to complete the command line.

use std::borrow::Cow;
use std::fmt::Write as _;

use clap::CommandFactory as _;
use clap::builder::PossibleValuesParser;
use clap_complete::{Shell, generate};

use crate::cli::args::{CompletionsArgs, Typed};
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::tools::registry;

/// Prints the script for a shell; names of tools are in it.
pub(crate) fn completions(args: &CompletionsArgs, printer: Printer) -> Result<Exit, CliError> {
    let registry = registry();
    let names = registry.iter().filter_map(|tool| match tool.name {
        Cow::Borrowed(name) => Some(name),
        Cow::Owned(_) => None,
    });
    let names: Vec<&'static str> = names.collect();
    let mut command = Typed::command().mut_subcommand("tools", |tools| {
        tools.mut_arg("name", |name| {
            name.value_parser(PossibleValuesParser::new(names.clone()))
        })
    });
    let mut script = Vec::new();
    generate(args.shell, &mut command, "rmote-play", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if args.shell == Shell::Fish {
        // What may stand alone is not among what is generated for it.
        let words = names.join(" ");
        let _ = writeln!(
            script,
            "complete -c rmote-play -n \"__fish_seen_subcommand_from tools\" -f -a \"{words}\""
        );
    }
    printer.out(&script)?;
    Ok(Exit::Success)
}
