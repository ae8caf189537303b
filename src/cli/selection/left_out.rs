//! What of a playbook is not run, as the command line says it.

use std::collections::HashSet;

use crate::cli::args::RunArgs;
use crate::cli::commands::load::said;
use crate::cli::error::CliError;
use crate::cli::printer::Printer;
use crate::cli::selection::{missing, start_at, tags};
use crate::name::EntryId;
use crate::plan::Plan;
use crate::playbook::Playbook;

/// Where nothing of a round is run, what it reads need not be there.
pub(in crate::cli) fn leave_rounds_out(playbook: &mut Playbook, left_out: &HashSet<EntryId>) {
    for round in &mut playbook.rounds {
        if !round.entries.is_empty() && round.entries.iter().all(|it| left_out.contains(it)) {
            round.when.clear();
        }
    }
}

/// The entries that are not run; `None`: something that is run reads what is not, and that was said.
pub(in crate::cli) fn left_out(
    args: &RunArgs,
    playbook: &Playbook,
    plan: &Plan,
    printer: Printer,
) -> Result<Option<HashSet<EntryId>>, CliError> {
    let start = args.start_at.as_deref();
    let start = start.map(|name| start_at(name, playbook)).transpose()?;
    let selection = tags(&args.tags, &args.skip_tags, start, playbook, plan);
    let missing = missing(&args.skip_tags, &selection.left_out, playbook);
    if !missing.is_empty() {
        said(&missing, &playbook.sources, printer);
        return Ok(None);
    }
    for entry in &selection.pulled_in {
        let location = playbook.sources.location(playbook.entry(*entry).span);
        let message =
            format!("the call at {location} is not selected, and runs since a selected one reads it");
        printer.complain("note", &message, None);
    }
    Ok(Some(selection.left_out))
}
