//! `rmote-play plan`: what would run, in which order, and why.

use crate::cli::args::{Drawing, PlanArgs};
use crate::cli::commands::load::planned;
use crate::cli::error::{CliError, Exit};
use crate::cli::extra::extra;
use crate::cli::printer::Printer;
use crate::plan::show;
use crate::tools;

/// Draws the plan of a playbook.
pub(crate) fn plan(args: &PlanArgs, printer: Printer) -> Result<Exit, CliError> {
    let registry = tools::registry();
    let options = args.inventories.options(&extra(&args.extra)?, false);
    let Some((playbook, plan)) = planned(&args.playbook, &registry, &options, printer) else {
        return Ok(Exit::Invalid);
    };
    let text = match args.format {
        Drawing::Tree => show::tree(&plan, &playbook),
        Drawing::Dot => show::dot(&plan, &playbook),
        Drawing::Mermaid => show::mermaid(&plan, &playbook),
        Drawing::Json => show::json(&plan, &playbook),
    };
    printer.out(&text)?;
    Ok(Exit::Success)
}
