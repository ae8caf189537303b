//! `rmote-play PLAYBOOK`: runs it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::blob::Blobs;
use crate::cli::args::{Output, RunArgs};
use crate::cli::commands::load::planned;
use crate::cli::commands::reports::Reports;
use crate::cli::error::{CliError, Exit};
use crate::cli::extra::extra;
use crate::cli::printer::Printer;
use crate::cli::privilege::{self, Asked};
use crate::cli::{selection, settings};
use crate::event::Sink;
use crate::plan::Plan;
use crate::playbook::{Options, Playbook};
use crate::protocol::Mode;
use crate::report::{Color, Detail, Human, Json, Look};
use crate::runner;
use crate::template::Variables;
use crate::tool::Registry;
use crate::tools;
use crate::transport::Connector;

/// A playbook to be run.
#[derive(Debug)]
pub(super) struct What {
    pub(super) path: PathBuf,
    /// Its text, where it is not that of the file.
    pub(super) text: Option<String>,
    /// Its inventories.
    pub(super) inventories: Vec<String>,
}

/// Runs playbooks one after the other until one does not succeed.
pub(crate) fn run(args: &RunArgs, printer: Printer) -> Result<Exit, CliError> {
    let what = |path: &PathBuf| What {
        path: path.clone(),
        text: None,
        inventories: args.inventories.inventory.clone(),
    };
    run_all(
        args,
        &args.playbooks.iter().map(what).collect::<Vec<_>>(),
        printer,
    )
}

/// The same of playbooks that may stand in no file.
pub(super) fn run_all(args: &RunArgs, playbooks: &[What], printer: Printer) -> Result<Exit, CliError> {
    let registry = Arc::new(tools::registry());
    let extra = extra(&args.extra)?;
    let mut asked = Asked::default();
    let mut reports = Reports::create(&args.report)?;
    let mut exit = Ok(Exit::Success);
    for what in playbooks {
        exit = run_one(what, args, &extra, &registry, &mut asked, &mut reports, printer);
        if !matches!(exit, Ok(Exit::Success | Exit::WouldChange(_))) {
            break;
        }
    }
    reports.write()?;
    exit
}

fn run_one(
    what: &What,
    args: &RunArgs,
    extra: &Arc<Variables>,
    registry: &Arc<Registry>,
    asked: &mut Asked,
    reports: &mut Reports,
    printer: Printer,
) -> Result<Exit, CliError> {
    let options = Options {
        text: what.text.clone(),
        inventories: what.inventories.clone(),
        ..args.inventories.options(extra, args.allow_empty_pattern)
    };
    let Some((mut playbook, plan)) = planned(&what.path, registry, &options, printer) else {
        return Ok(Exit::Invalid);
    };
    if let Some(timeout) = args.connect_timeout {
        for host in &mut playbook.inventory.hosts {
            host.connection.connect_timeout = timeout.0;
        }
    }
    let limit = args.limit.as_deref();
    let limit = limit
        .map(|pattern| selection::limit(pattern, "--limit", &playbook.inventory, args.allow_empty_pattern))
        .transpose()?;
    let left_out = left_out(args, &playbook, &plan, printer);
    let options = runner::Options {
        mode: if args.check { Mode::Check } else { Mode::Apply },
        diff: args.diff,
        stream: args.output == Output::Json || args.verbose > 1,
        limit,
        left_out,
        privilege: privilege::privilege(&args.privilege)?,
        password: asked.password(&args.privilege)?,
        extra: Arc::clone(extra),
    };
    let blobs = Arc::new(Blobs::default());
    let connector = Connector::new(settings::connections(args, Arc::clone(&blobs)));
    let mut sinks = sinks(args, printer);
    sinks.extend(reports.sinks()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError {
            exit: Exit::Bug,
            message: format!("cannot start: {error}"),
            help: None,
        })?;
    let connector = Arc::new(connector);
    let outcome = runtime.block_on(async {
        let (playbook, plan) = (Arc::new(playbook), Arc::new(plan));
        let (registry, connections) = (Arc::clone(registry), Arc::clone(&connector));
        let outcome = runner::run(playbook, plan, registry, connections, blobs, options, &mut sinks).await;
        connector.close().await;
        outcome
    });
    Ok(match (Exit::of(outcome), args.changes_exit) {
        (Exit::Success, Some(code)) if outcome.changed => Exit::WouldChange(code),
        (exit, _) => exit,
    })
}

fn left_out(
    args: &RunArgs,
    playbook: &Playbook,
    plan: &Plan,
    printer: Printer,
) -> HashSet<crate::name::EntryId> {
    let selection = selection::tags(&args.tags, &args.skip_tags, playbook, plan);
    for entry in &selection.pulled_in {
        let location = playbook.sources.location(playbook.entry(*entry).span);
        let message =
            format!("the call at {location} has none of the tags, and runs since a selected one reads it");
        printer.complain("note", &message, None);
    }
    selection.left_out
}

fn sinks(args: &RunArgs, printer: Printer) -> Vec<Box<dyn Sink>> {
    if args.output == Output::Json {
        return vec![Box::new(Json::new(printer.writer()))];
    }
    let look = Look {
        detail: match (args.quiet, args.verbose) {
            (true, _) => Detail::Quiet,
            (false, 0) => Detail::Entries,
            (false, 1) => Detail::Hosts,
            (false, _) => Detail::Results,
        },
        color: if printer.out_color() {
            Color::On
        } else {
            Color::Off
        },
        github: std::env::var_os("GITHUB_ACTIONS").is_some(),
    };
    let bar = printer
        .is_live()
        .then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout()));
    vec![Box::new(Human::new(printer.writer(), look, bar))]
}
