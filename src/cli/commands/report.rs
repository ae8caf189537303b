//! `rmote-play report`: an earlier run, told again from its journal.

use crate::cli::args::ReportArgs;
use crate::cli::commands::reports::{Reports, unwritten};
use crate::cli::commands::show::{View, sinks};
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::event::{HostOutcome, Kind};
use crate::journal::{Archive, Ended, Run};
use crate::report::{columns_of, fit, safe, seconds};

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
        let lines: Vec<_> = archive.runs().take(LISTED).map(|run| line(&run)).collect();
        if !lines.is_empty() {
            printer.out(&table(&lines, printer.columns()))?;
        }
        return Ok(Exit::Success);
    };
    let wrong = |error: crate::journal::Error| CliError::invalid(error.to_string());
    let run = archive
        .find(name)
        .map_err(|error| wrong(error).help("`rmote-play report` lists the last runs."))?;
    let mut reports = Reports::create(&args.report)?;
    let view = View {
        quiet: args.quiet,
        verbose: args.verbose,
        // Only what was wanted then is recorded.
        live: !args.quiet && args.verbose < 2,
        ..View::default()
    };
    let mut sinks = sinks(args.output, view, printer);
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

/// The columns of the list.
const TITLES: [&str; 5] = ["RUN (its time in UTC)", "TOOK", "MODE", "HOSTS", "COMMAND"];

/// Runs as a table; the last column is cut where a terminal would break it.
fn table(runs: &[[String; 5]], columns: Option<usize>) -> String {
    let titles = TITLES.map(str::to_owned);
    let rows: Vec<&[String; 5]> = std::iter::once(&titles).chain(runs).collect();
    let wide: Vec<usize> = (0..TITLES.len() - 1)
        .map(|at| rows.iter().map(|row| columns_of(&row[at])).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            line.push_str(cell);
            if let Some(wide) = wide.get(at) {
                line.extend(std::iter::repeat_n(' ', wide - columns_of(cell) + 2));
            }
        }
        let line = columns.map_or_else(|| line.clone(), |columns| fit(&line, columns));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A run in one line: its id, how long it took, how many hosts came out how, and what was typed.
fn line(run: &Run) -> [String; 5] {
    let mut words = String::new();
    let mut mode = "apply";
    let mut length = String::new();
    let told = run.events(|event| match event.kind {
        Kind::RunStarted {
            mode: crate::protocol::Mode::Check,
            ..
        } => mode = "check",
        Kind::RunEnded { hosts, took, .. } => {
            length = seconds(took);
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
    let command = match run.command.as_str() {
        "" => run.playbook.display().to_string(),
        command => command.to_owned(),
    };
    let one_line = |text: &str| safe(text).replace(['\n', '\t'], " ");
    [
        one_line(&run.id()),
        length,
        mode.to_owned(),
        words,
        one_line(&command),
    ]
}
