//! `rmote-play PLAYBOOK`: runs it.

use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::CommandFactory as _;

use crate::blob::Blobs;
use crate::cli::args::{Output, RunArgs, Typed};
use crate::cli::asking::{AskingArgs, confirmed};
use crate::cli::commands::load::{check, planned};
use crate::cli::commands::reports::{Reports, unwritten};
use crate::cli::commands::show::{View, sinks};
use crate::cli::error::{CliError, Exit};
use crate::cli::extra::extra;
use crate::cli::known::Words;
use crate::cli::listing::listing;
use crate::cli::owed::debtors;
use crate::cli::printer::Printer;
use crate::cli::privilege::{self, Asked};
use crate::cli::recording::recorded;
use crate::cli::selection::{Limited, leave_rounds_out, left_out};
use crate::cli::start::hide_in_panics;
use crate::cli::{connecting, last_resort, resume, secrets};
use crate::diagnostic::nearest;
use crate::inventory::Limit;
use crate::journal::About;
use crate::name::{EntryId, HostId};
use crate::plan::Plan;
use crate::playbook::{Options, Playbook};
use crate::protocol::Mode;
use crate::report::file::Format;
use crate::report::{Again, quoted};
use crate::runner;
use crate::secret::Masker;
use crate::template::Variables;
use crate::tool::Registry;
use crate::tools;
use crate::transport::Connector;

/// A playbook to be run.
#[derive(Debug)]
pub(in crate::cli) struct What {
    pub(in crate::cli) path: PathBuf,
    /// Its text, where it is not that of the file.
    pub(in crate::cli) text: Option<String>,
    /// Its inventories.
    pub(in crate::cli) inventories: Vec<String>,
    /// Whether they stand in the place of those that it names.
    pub(in crate::cli) replaces_inventory: bool,
}

/// Runs playbooks one after the other until one does not succeed.
pub(crate) fn run(args: &RunArgs, again: &Again, printer: Printer) -> Result<Exit, CliError> {
    if args.showing.one_line {
        return Err(CliError::usage("`--one-line` is for `rmote-play call`"));
    }
    mistyped(args)?;
    let what = |path: &PathBuf| What {
        path: path.clone(),
        text: None,
        inventories: args.inventories.named.all(),
        replaces_inventory: !args.inventories.named.inventory.is_empty(),
    };
    let all: Vec<_> = args.playbooks.iter().map(what).collect();
    run_all(args, &all, again, &mut Asked::default(), printer)
}

/// Refuses a word that is no playbook and almost a command.
fn mistyped(args: &RunArgs) -> Result<(), CliError> {
    let Some(word) = args.playbooks.first().filter(|it| !it.exists()) else {
        return Ok(());
    };
    let Some(word) = word.to_str().filter(|it| !it.contains(['/', '.'])) else {
        return Ok(());
    };
    let command = Typed::command();
    let names = command.get_subcommands().filter(|it| !it.is_hide_set());
    let names = names.map(clap::Command::get_name).chain(["help"]);
    match nearest(word, names) {
        Some(near) => Err(
            CliError::usage(format!("`{word}` is neither a command nor a playbook"))
                .help(format!("Did you mean `rmote-play {near}`?")),
        ),
        None => Ok(()),
    }
}

/// The same of playbooks that may stand in no file.
pub(super) fn run_all(
    args: &RunArgs,
    playbooks: &[What],
    again: &Again,
    asked: &mut Asked,
    printer: Printer,
) -> Result<Exit, CliError> {
    args.asking.check()?;
    if args.recording.resume.is_some()
        && (playbooks.len() > 1 || playbooks.iter().any(|it| it.text.is_some()))
    {
        return Err(CliError::usage("`--resume` is for a run of one playbook"));
    }
    let registry = tools::registry();
    let extra = extra(&args.extra)?;
    let mut reports = Reports::create(&args.report)?;
    let mut exit = Ok(Exit::Success);
    let mut words = Words::new(args)?;
    if playbooks.len() > 1 && !words.is_empty() {
        // One of them may know what another one does not.
        for what in playbooks {
            let options = options(what, args, &extra);
            if let Some((playbook, _)) = check(&what.path, &registry, &options).planned {
                words.meet(&playbook);
            }
        }
        words.all_known()?;
    }
    let watch = last_resort::begin(printer);
    for (at, what) in playbooks.iter().enumerate() {
        let run = Invocation {
            args,
            extra: &extra,
            registry: &registry,
            again,
            words: words.clone(),
            printer,
            watch: &watch,
        };
        if args.asking.confirm {
            exit = run.dry(what, asked);
            match exit {
                Ok(Exit::WouldChange(_)) => {}
                Ok(Exit::Success) => {
                    let message = format!("nothing would change: `{}` is not run", what.path.display());
                    printer.complain("note", &message, None);
                    continue;
                }
                _ => break,
            }
            let otherwise = match at {
                0 => "nothing was changed".to_owned(),
                _ => format!("`{}` was not run", what.path.display()),
            };
            if let Err(error) = confirmed(&otherwise) {
                exit = Err(error);
                break;
            }
        }
        exit = run.one(what, asked, &mut reports);
        if !matches!(exit, Ok(Exit::Success | Exit::WouldChange(_))) {
            break;
        }
    }
    // Those that were run are told of, however the last one ended.
    let faults = reports.write();
    match exit {
        Ok(exit) => Ok(unwritten(exit, &faults, printer)),
        Err(error) => {
            unwritten(error.exit, &faults, printer);
            Err(error)
        }
    }
}

/// How a playbook is loaded for a run.
fn options(what: &What, args: &RunArgs, extra: &Arc<Variables>) -> Options {
    Options {
        text: what.text.clone(),
        inventories: what.inventories.clone(),
        replaces_inventory: what.replaces_inventory,
        ..args.inventories.options(extra, args.allow_empty_pattern)
    }
}

/// How hosts and entries were chosen.
fn chosen(args: &RunArgs) -> runner::Chosen {
    runner::Chosen {
        tags: args.tags.clone(),
        skip_tags: args.skip_tags.clone(),
        limit: args.limit.clone(),
    }
}

/// What was typed, for each of the playbooks.
struct Invocation<'a> {
    args: &'a RunArgs,
    extra: &'a Arc<Variables>,
    registry: &'a Registry,
    again: &'a Again,
    words: Words<'a>,
    printer: Printer,
    watch: &'a last_resort::Watch,
}

impl Invocation<'_> {
    /// Shows what would change; it ends with [`Exit::WouldChange`] where something would, or may.
    fn dry(&self, what: &What, asked: &mut Asked) -> Result<Exit, CliError> {
        let args = RunArgs {
            check: true,
            diff: true,
            report: Vec::new(),
            changes_exit: Some(0),
            unknown_exit: Some(0),
            // It is what is asked about, and asks nothing.
            asking: AskingArgs::default(),
            ..self.args.clone()
        };
        let dry = Invocation {
            args: &args,
            words: self.words.clone(),
            ..*self
        };
        dry.one(what, asked, &mut Reports::create(&[])?)
    }

    fn one(mut self, what: &What, asked: &mut Asked, reports: &mut Reports) -> Result<Exit, CliError> {
        let (args, printer) = (self.args, self.printer);
        let masker = Arc::new(Masker::default());
        hide_in_panics(&masker);
        let limited = args.limit.clone().map(|written| {
            let allow_empty = args.allow_empty_pattern;
            Arc::new(Limited::new(written, what.path.clone(), allow_empty, printer))
        });
        let options = Options {
            limit: limited.clone().map(|it| it as Arc<dyn Limit>),
            ..options(what, args, self.extra)
        };
        let keys = options.keys.clone().unwrap_or_default();
        let Some((mut playbook, plan)) = planned(&what.path, self.registry, &options, printer) else {
            return Ok(Exit::Invalid);
        };
        self.words.meet(&playbook);
        self.words.all_known()?;
        args.reach.apply(&mut playbook.inventory)?;
        let limit = limited.map(|it| it.found(&playbook.inventory)).transpose()?;
        let Some(left_out) = left_out(args, &playbook, &plan, printer)? else {
            return Ok(Exit::Invalid);
        };
        leave_rounds_out(&mut playbook, &left_out);
        if let Some(text) = listing(args, &playbook, limit.as_ref(), &left_out) {
            printer.out(&text)?;
            return Ok(Exit::Success);
        }
        privilege::reaches(args, what.text.is_some(), &playbook, limit.as_ref())?;
        let login = asked.login(&args.reach)?;
        let password = asked.password(&args.privilege)?;
        let recording = &args.recording;
        let resumed = self.resumed(what, (&playbook, &plan), limit.as_ref(), &left_out)?;
        let debtors = debtors(&what.path, args, &playbook, limit.as_ref(), printer);
        let showing = &args.showing;
        let is_call = what.text.is_some();
        let is_wordy = args.output == Output::Json || showing.verbose > 1;
        let live = is_live(args, is_call, &playbook, limit.as_ref(), printer);
        let options = runner::Options {
            mode: if args.check { Mode::Check } else { Mode::Apply },
            diff: args.diff,
            stream: is_wordy || live,
            arguments: is_wordy || args.report.iter().any(|it| it.format == Some(Format::Html)),
            limit,
            chosen: chosen(args),
            privilege: privilege::privilege(&args.privilege.act)?,
            secrets: secrets::of(&playbook, &plan, &left_out, keys, masker)?,
            password,
            login,
            step: args.asking.asker(),
            left_out,
            owed: debtors.owed,
            presets: resumed.presets,
        };
        asked.hide(options.secrets.masker());
        let blobs = Arc::new(Blobs::default());
        let connector = Connector::new(connecting::connections(
            &args.reach,
            args.forks,
            Arc::clone(&blobs),
            &options.secrets,
        ));
        let (journal, fault) = recording.journal(&what.path, self.about(&playbook, resumed.run));
        let again = self.again(what, journal.is_some());
        let view = View {
            quiet: showing.quiet,
            verbose: showing.verbose,
            live,
            is_still: args.asking.step,
            progress: showing.progress,
            sent: blobs.sent(),
            again: Some(again),
            call: is_call.then_some(showing.one_line),
        };
        let mut sinks = sinks(args.output, view, printer);
        // It comes first, so that what people see is recorded.
        if let Some(journal) = journal {
            sinks.insert(0, Box::new(journal));
        }
        if let Some(keeper) = debtors.keeper {
            sinks.push(Box::new(keeper));
        }
        sinks.extend(reports.sinks()?);
        self.watch.start()?;
        let runtime = connecting::runtime()?;
        let connector = Arc::new(connector);
        let outcome = runtime.block_on(async {
            let (playbook, plan) = (Arc::new(playbook), Arc::new(plan));
            let connections = Arc::clone(&connector);
            let outcome = runner::run(playbook, plan, connections, blobs, options, &mut sinks).await;
            connector.close().await;
            outcome
        });
        drop(resumed.lock);
        if let Some(why) = debtors.fault.get() {
            let message = format!("which handlers are owed is not kept for the next run: {why}");
            printer.complain("warning", &message, None);
        }
        let faults: Vec<String> = sinks.iter().filter_map(|sink| sink.broken()).collect();
        let exit = exit_of(outcome, args);
        Ok(unwritten(recorded(exit, &fault, printer), &faults, printer))
    }

    /// What is known of the run that is to be resumed.
    fn resumed(
        &self,
        what: &What,
        (playbook, plan): (&Playbook, &Plan),
        limit: Option<&HashSet<HostId>>,
        left_out: &HashSet<EntryId>,
    ) -> Result<resume::Resumed, CliError> {
        let about = resume::About {
            path: &what.path,
            playbook,
            plan,
            limit,
            left_out,
        };
        resume::resumed(about, &self.args.recording, self.printer)
    }

    /// What the journal says of the run. Nobody resumes a dry one.
    fn about(&self, playbook: &Playbook, resumes: Option<String>) -> About {
        About {
            command: self.again.told.clone(),
            resumes: resumes.filter(|_| !self.args.check),
            texts: if self.args.check {
                Vec::new()
            } else {
                playbook.texts()
            },
            ..About::default()
        }
    }

    /// The command that runs it again.
    fn again(&self, what: &What, is_recorded: bool) -> Again {
        // What is in no file is not found by its name.
        let is_file = what.text.is_none();
        Again {
            after: if is_file {
                quoted(what.path.as_os_str().as_bytes())
            } else {
                self.again.after.clone()
            },
            is_recorded: is_recorded && is_file,
            ..self.again.clone()
        }
    }
}

/// How a run that came out this way ends the program.
fn exit_of(outcome: crate::event::RunOutcome, args: &RunArgs) -> Exit {
    let code = if outcome.changed {
        args.changes_exit
    } else {
        args.unknown_exit.filter(|_| outcome.unknown)
    };
    match (Exit::of(outcome), code) {
        (Exit::Success, Some(code)) => Exit::WouldChange(code),
        (exit, _) => exit,
    }
}

/// Whether what commands write is shown as it comes: where that is asked for, and of a single host, unless a program reads
/// the answer of a call.
fn is_live(
    args: &RunArgs,
    is_call: bool,
    playbook: &Playbook,
    limit: Option<&HashSet<HostId>>,
    printer: Printer,
) -> bool {
    let showing = &args.showing;
    let hosts: HashSet<HostId> = (playbook.rounds.iter())
        .flat_map(|round| round.hosts.iter().copied())
        .filter(|host| limit.is_none_or(|limit| limit.contains(host)))
        .collect();
    let is_single = hosts.len() == 1 && showing.verbose < 2 && (!is_call || printer.is_terminal());
    let is_asked = showing.live || (showing.verbose == 1 && !is_call);
    !showing.quiet && !showing.one_line && (is_asked || is_single)
}
