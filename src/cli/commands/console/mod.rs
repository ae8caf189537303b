//! `rmote-play console`: calls one after the other, on connections that stay open.

mod complete;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};

use crate::argument;
use crate::cli::args::RunArgs;
use crate::cli::commands::call::call_with;
use crate::cli::commands::console::complete::Helper;
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::cli::privilege::Asked;
use crate::journal::state_folder;
use crate::report::{Again, quoted};

/// How long a connection stays open after a call, at least.
const STAYS: Duration = Duration::from_mins(10);
/// How many lines are remembered.
const REMEMBERED: usize = 1000;
const HELP: &str = "\
TOOL [NAME=VALUE...]   calls a tool, as `rmote-play call` does: fs.stat path=/etc/hosts
!COMMAND               runs a command in a shell: !uptime -p
= EXPRESSION           shows an expression for each host: = facts.os.name
:hosts [PATTERN]       shows the pattern, or calls other hosts from now on
:check                 looks and changes nothing, or stops to do so
:diff                  shows the lines that differ, or stops to do so
:become [USER]         acts as root or as a user; without a user once more: as the login user again
:help, :quit           this list; the end, as Ctrl-D
";

/// Calling tools one after the other.
#[derive(Debug, Args)]
#[command(
    mut_arg("playbooks", |it| it
        .value_name("PATTERN")
        .required(false)
        .num_args(0..=1)
        .help("The hosts that are called (all). They are those of -i, which may be a playbook too; without it there is localhost")),
    mut_arg("tags", |it| it.hide(true)),
    mut_arg("skip_tags", |it| it.hide(true)),
    mut_arg("start_at", |it| it.hide(true)),
    mut_arg("list_hosts", |it| it.hide(true)),
    mut_arg("list_calls", |it| it.hide(true)),
    mut_arg("list_tags", |it| it.hide(true)),
    mut_arg("report", |it| it.hide(true)),
    mut_arg("changes_exit", |it| it.hide(true)),
    mut_arg("unknown_exit", |it| it.hide(true)),
    mut_arg("one_line", |it| it.hide(false)),
    after_help = "rmote-play console 'web*' -i site.yml"
)]
pub(crate) struct ConsoleArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// Reads calls and makes them, until there are no more.
pub(crate) fn console(mut args: RunArgs, again: &Again, printer: Printer) -> Result<Exit, CliError> {
    of_one_run(&args)?;
    let mut pattern = match args.playbooks.first() {
        Some(pattern) => pattern.to_string_lossy().into_owned(),
        None => "all".to_owned(),
    };
    let persist = args.reach.persist.map_or(STAYS, |it| it.0.max(STAYS));
    args.reach.persist = Some(argument::Duration(persist));
    let config = Config::builder().auto_add_history(false);
    let config = config
        .max_history_size(REMEMBERED)
        .and_then(|it| it.history_ignore_dups(true))
        .map_err(|error| cannot(&error))?
        .completion_type(rustyline::CompletionType::List)
        .build();
    let history = FileHistory::with_config(&config);
    let mut editor = Editor::with_history(config, history).map_err(|error| cannot(&error))?;
    editor.set_helper(Some(Helper::new()));
    let file = state_folder().map(|it| it.join("console"));
    if let Some(file) = &file {
        // There is none before the first time.
        drop(editor.load_history(file));
    }
    let mut asked = Asked::default();
    loop {
        let note = if args.check { " (check)" } else { "" };
        let line = match editor.readline(&format!("{pattern}{note}> ")) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(cannot(&error)),
        };
        // As in a shell: what begins with a space is not remembered.
        if !line.starts_with(' ') && !line.trim().is_empty() {
            drop(editor.add_history_entry(line.as_str()));
        }
        match meant(line.trim()) {
            Ok(Line::Nothing) => {}
            Ok(Line::Quit) => break,
            Ok(Line::Help) => printer.out(HELP)?,
            Ok(Line::Hosts(None)) => printer.out(&format!("{pattern}\n"))?,
            Ok(Line::Hosts(Some(other))) => pattern = other,
            Ok(Line::Check) => args.check = !args.check,
            Ok(Line::Diff) => args.diff = !args.diff,
            Ok(Line::Become(user)) => {
                let act = &mut args.privilege.act;
                act.user = match (&act.user, user) {
                    (_, Some(user)) => Some(user),
                    (None, None) => Some(String::new()),
                    (Some(_), None) => None,
                };
            }
            Ok(Line::Call(words)) => {
                let all: Vec<String> = std::iter::once(pattern.clone()).chain(words).collect();
                let again = as_call(again, &args, &all);
                args.playbooks = all.into_iter().map(PathBuf::from).collect();
                if let Err(error) = call_with(&args, &again, &mut asked, printer) {
                    printer.complain("error", &error.message, error.help.as_deref());
                }
            }
            Err(why) => printer.complain("error", &why, Some("`:help` says what can be written.")),
        }
    }
    if let Some(file) = &file {
        if let Some(folder) = file.parent() {
            drop(std::fs::create_dir_all(folder));
        }
        if let Err(error) = editor.save_history(file) {
            let message = format!("the history is not kept: `{}`: {error}", file.display());
            printer.complain("warning", &message, None);
        }
    }
    Ok(Exit::Success)
}

/// Refuses what is meant for a run, or for what comes of one.
fn of_one_run(args: &RunArgs) -> Result<(), CliError> {
    let given = [
        ("--tags", !args.tags.is_empty()),
        ("--skip-tags", !args.skip_tags.is_empty()),
        ("--start-at", args.start_at.is_some()),
        ("--list-hosts", args.list_hosts),
        ("--list-calls", args.list_calls),
        ("--list-tags", args.list_tags),
        ("--report", !args.report.is_empty()),
        ("--changes-exit", args.changes_exit.is_some()),
        ("--unknown-exit", args.unknown_exit.is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => Err(CliError::usage(format!("`{option}` is not for the console"))
            .help("It belongs to a run of a playbook, or to `rmote-play call`.")),
    }
}

/// The command that makes a call again, without the console, as it was made: what `:check`, `:diff` and `:become` switch is not
/// in what was typed.
fn as_call(again: &Again, args: &RunArgs, words: &[String]) -> Again {
    let mut before = again.before.replacen("rmote-play console", "rmote-play call", 1);
    let user = args.privilege.act.user.as_deref().map(|user| match user {
        "" => "--become".to_owned(),
        user => quoted(format!("--become={user}").as_bytes()),
    });
    let check = args.check.then(|| "--check".to_owned());
    let diff = args.diff.then(|| "--diff".to_owned());
    for option in [check, diff, user].into_iter().flatten() {
        before.push(' ');
        before.push_str(&option);
    }
    let words: Vec<String> = words.iter().map(|word| quoted(word.as_bytes())).collect();
    let told = words.iter().take(2).cloned().collect::<Vec<_>>().join(" ");
    Again {
        before,
        after: words.join(" "),
        told: format!("call {told}"),
        ..again.clone()
    }
}

fn cannot(error: &ReadlineError) -> CliError {
    CliError::usage(format!("the console cannot read: {error}"))
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Nothing,
    Quit,
    Help,
    Hosts(Option<String>),
    Check,
    Diff,
    Become(Option<String>),
    /// A tool and its arguments.
    Call(Vec<String>),
}

fn meant(line: &str) -> Result<Line, String> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(Line::Nothing);
    }
    if let Some(command) = line.strip_prefix('!') {
        let script = format!("script={}", command.trim());
        return Ok(Line::Call(vec!["exec.shell".to_owned(), script]));
    }
    if let Some(expression) = line.strip_prefix('=') {
        let message = format!("message={{{{ {} }}}}", expression.trim());
        return Ok(Line::Call(vec!["log.log".to_owned(), message]));
    }
    if let Some(command) = line.strip_prefix(':') {
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let rest = Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty());
        return match (name, rest) {
            ("hosts", rest) => Ok(Line::Hosts(rest)),
            ("become", rest) => Ok(Line::Become(rest)),
            ("check", None) => Ok(Line::Check),
            ("diff", None) => Ok(Line::Diff),
            ("help", None) => Ok(Line::Help),
            ("quit" | "exit" | "q", None) => Ok(Line::Quit),
            ("check" | "diff" | "help" | "quit", Some(_)) => Err(format!("`:{name}` takes nothing")),
            _ => Err(format!("there is no `:{name}`")),
        };
    }
    match line {
        "help" | "?" => Ok(Line::Help),
        "quit" | "exit" => Ok(Line::Quit),
        _ => match shlex::split(line) {
            Some(words) => Ok(Line::Call(words)),
            None => Err("a quote is not closed".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(words: &[&str]) -> Line {
        Line::Call(words.iter().map(|it| (*it).to_owned()).collect())
    }

    #[test]
    fn a_line_is_a_call_a_command_an_expression_or_a_wish() {
        for (line, expected) in [
            ("", Ok(Line::Nothing)),
            ("# note", Ok(Line::Nothing)),
            ("fs.stat path='/a b'", Ok(call(&["fs.stat", "path=/a b"]))),
            ("!uptime -p", Ok(call(&["exec.shell", "script=uptime -p"]))),
            (
                "= facts.os.name",
                Ok(call(&["log.log", "message={{ facts.os.name }}"])),
            ),
            (":hosts web*", Ok(Line::Hosts(Some("web*".into())))),
            (":hosts", Ok(Line::Hosts(None))),
            (":become", Ok(Line::Become(None))),
            (":quit", Ok(Line::Quit)),
            ("help", Ok(Line::Help)),
            ("fs.stat 'x", Err("a quote is not closed".to_owned())),
            (":nonsense", Err("there is no `:nonsense`".to_owned())),
            (":check now", Err("`:check` takes nothing".to_owned())),
        ] {
            assert_eq!(meant(line), expected, "{line}");
        }
    }
}
