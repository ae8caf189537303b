//! `rmote-play validate`: what is wrong with playbooks, offline.

use crate::cli::args::{Format as Wanted, ValidateArgs};
use crate::cli::commands::load::check;
use crate::cli::error::{CliError, Exit};
use crate::cli::extra::extra;
use crate::cli::printer::Printer;
use crate::diagnostic::{Format, render};
use crate::tools;

/// Checks playbooks and says everything that is wrong with them.
pub(crate) fn validate(args: &ValidateArgs, printer: Printer) -> Result<Exit, CliError> {
    let registry = tools::registry();
    let extra = extra(&args.extra)?;
    let options = if args.run_inventory {
        args.inventories.options(&extra, args.allow_empty_pattern)
    } else {
        args.inventories.offline(&extra, args.allow_empty_pattern)
    };
    let format = match args.format {
        Wanted::Human => Format::Human {
            color: printer.out_color(),
        },
        Wanted::Json => Format::Json,
        Wanted::Github => Format::Github,
    };
    let mut exit = Exit::Success;
    let mut found = Vec::new();
    for path in &args.playbooks {
        let mut checked = check(path, &registry, &options);
        if args.strict {
            checked.diagnostics.deny_warnings();
        }
        if checked.diagnostics.has_errors() {
            exit = Exit::Invalid;
        }
        found.push(render(&checked.diagnostics, &checked.sources, format));
    }
    let text = match format {
        Format::Json => join(&found)?,
        Format::Human { .. } | Format::Github => found.concat(),
    };
    printer.out(&text)?;
    Ok(exit)
}

/// The arrays of several playbooks as one.
fn join(arrays: &[String]) -> Result<String, CliError> {
    let mut all: Vec<serde_json::Value> = Vec::new();
    for array in arrays {
        let items: Vec<serde_json::Value> = serde_json::from_str(array).map_err(std::io::Error::from)?;
        all.extend(items);
    }
    Ok(format!(
        "{}\n",
        serde_json::to_string_pretty(&all).map_err(std::io::Error::from)?
    ))
}
