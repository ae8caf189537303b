//! `rmote-play report`: an earlier run, told again from its journal.

use crate::cli::args::ReportArgs;
use crate::cli::commands::reports::{Reports, unwritten};
use crate::cli::commands::show::sinks;
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::event::{HostOutcome, Kind};
use crate::journal::{Archive, Ended, Run};
use crate::report::safe;

/// How many runs are listed.
const LISTED: usize = 20;

/// Tells a run again, or lists the last ones.
pub(crate) fn report(args: &ReportArgs, printer: Printer) -> Result<Exit, CliError> {
    let Some(archive) = Archive::of_user() else {
        return Err(CliError::invalid(
            "no run is recorded: neither XDG_STATE_HOME nor HOME is set",
        ));
    };
    let Some(name) = &args.run else {
        let lines = archive.runs().take(LISTED).map(|run| line(&run));
        printer.out(&lines.collect::<String>())?;
        return Ok(Exit::Success);
    };
    let wrong = |error: crate::journal::Error| CliError::invalid(error.to_string());
    let run = archive
        .find(name)
        .map_err(|error| wrong(error).help("`rmote-play report` lists the last runs."))?;
    let mut reports = Reports::create(&args.report)?;
    let mut sinks = sinks(args.output, args.quiet, args.verbose, None, printer);
    sinks.extend(reports.sinks()?);
    let ended = run.events(|event| sinks.iter_mut().for_each(|sink| sink.event(&event)));
    for sink in &mut sinks {
        sink.tick();
    }
    let mut faults: Vec<String> = sinks.iter().filter_map(|sink| sink.broken()).collect();
    drop(sinks);
    faults.extend(reports.write());
    if ended.map_err(wrong)? == Ended::Torn {
        let message = "the run was cut off: its journal ends here";
        printer.complain("warning", message, None);
    }
    Ok(unwritten(Exit::Success, &faults, printer))
}

/// A run in one line: its id, its playbook, and how many hosts came out how.
fn line(run: &Run) -> String {
    let mut words = String::new();
    let mut mode = "";
    let told = run.events(|event| match event.kind {
        Kind::RunStarted {
            mode: crate::protocol::Mode::Check,
            ..
        } => mode = "  check",
        Kind::RunEnded { hosts, .. } => {
            let count = |wanted: HostOutcome| hosts.iter().filter(|it| it.outcome == wanted).count();
            let parts = [
                (HostOutcome::Ok, "ok"),
                (HostOutcome::Failed, "failed"),
                (HostOutcome::Unreachable, "unreachable"),
                (HostOutcome::Aborted, "aborted"),
                (HostOutcome::NotStarted, "not started"),
            ];
            let parts = parts.into_iter().map(|(outcome, word)| (count(outcome), word));
            let parts = parts.filter(|(count, _)| *count > 0);
            words = parts
                .map(|(count, word)| format!("{count} {word}"))
                .collect::<Vec<_>>()
                .join(", ");
        }
        _ => {}
    });
    let words = match told {
        Ok(Ended::Well(_)) => words,
        Ok(Ended::Torn) => "cut off".to_owned(),
        Err(_) => "cannot be read".to_owned(),
    };
    format!(
        "{}  {}{mode}  {words}\n",
        safe(&run.id()),
        safe(&run.playbook.display().to_string())
    )
}
