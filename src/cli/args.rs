//! What was typed. The doc comments are the help texts.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::asked::Report;
use crate::cli::asking::AskingArgs;
use crate::cli::commands::{CompleteArgs, ConfigArgs, ConsoleArgs, LspArgs, ShellArgs, ValidateArgs};
use crate::cli::inventories::{Inventories, Named};
use crate::cli::privilege::PrivilegeArgs;
use crate::cli::reach::ReachArgs;
use crate::cli::recording::Recording;
use crate::cli::showing::Showing;

/// Runs declarative playbooks over SSH: checked before anything is connected, one pipelined connection for each host,
/// nothing needed on a host but sshd and /bin/sh.
#[derive(Debug, Parser)]
#[command(
    name = "rmote-play",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Exit codes: 0 success; 1 a playbook is invalid or missing, and nothing was run; 2 a call failed or was \
                  lost; 4 a host was not reached; 6 both; 64 the command line is wrong; 70 a bug in rmote-play; \
                  74 all is done, but standard output or a report could not be written; 130 interrupted.\n\nA playbook that is called like a command needs a path: ./validate"
)]
pub(super) struct Typed {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunArgs,
    /// Whether colours are used; `NO_COLOR` holds for auto
    #[arg(long, value_enum, default_value_t = When::Auto, global = true)]
    pub(super) color: When,
}

impl Typed {
    /// The directory whose settings hold; `None`: what is done depends on none.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let of = |path: Option<&Path>| {
            let folder = path.filter(|it| it.is_file()).and_then(Path::parent);
            let folder = folder.filter(|it| !it.as_os_str().is_empty());
            folder.map_or_else(|| std::env::current_dir().unwrap_or_default(), Path::to_path_buf)
        };
        Some(match &self.command {
            None => of(self.run.playbooks.first().map(PathBuf::as_path)),
            Some(Command::Validate(args)) => of(args.playbooks.first().map(PathBuf::as_path)),
            Some(Command::Plan(args)) => of(Some(&args.playbook)),
            Some(Command::Hosts(args)) => of(args.what.first().map(Path::new)),
            Some(Command::Config(args)) => of(args.playbook.as_deref()),
            Some(
                Command::Call(_)
                | Command::Console(_)
                | Command::Shell(_)
                | Command::Lsp(_)
                | Command::Report(_),
            ) => of(None),
            Some(_) => return None,
        })
    }

    /// Where its hosts come from.
    pub(super) fn named(&mut self) -> Option<&mut Named> {
        match &mut self.command {
            None => Some(&mut self.run.inventories.named),
            Some(Command::Validate(args)) => Some(&mut args.inventories.named),
            Some(Command::Plan(args)) => Some(&mut args.inventories.named),
            Some(Command::Hosts(args)) => Some(&mut args.inventories.named),
            Some(Command::Call(args)) => Some(&mut args.run.inventories.named),
            Some(Command::Console(args)) => Some(&mut args.run.inventories.named),
            Some(Command::Shell(args)) => Some(&mut args.inventories.named),
            Some(Command::Lsp(args)) => Some(&mut args.named),
            Some(_) => None,
        }
    }
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do instead of running a playbook.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check playbooks offline: connect to nothing, find all the mistakes
    Validate(ValidateArgs),
    /// Show what would run, in which order, and why
    Plan(PlanArgs),
    /// Show the hosts: a list, the groups, JSON, or where the variables of one come from
    Hosts(HostsArgs),
    /// Call one tool on hosts, without a playbook: PATTERN TOOL [NAME=VALUE...]
    Call(Box<CallArgs>),
    /// Call tools on hosts one after the other, on connections that stay open
    Console(Box<ConsoleArgs>),
    /// Open a login shell on a host
    Shell(Box<ShellArgs>),
    /// Show an earlier run, or list recent runs
    Report(ReportArgs),
    /// List the built-in tools, or explain one (a playbook declares its own under `tools`)
    Tools(ToolsArgs),
    /// Show the settings, and where each comes from: rmote-play.toml, the environment, or a default
    Config(ConfigArgs),
    /// Print a JSON Schema: of playbooks for editors, or of the events of --output json
    Schema(SchemaArgs),
    /// Speak the language server protocol with an editor, on standard input and output
    Lsp(LspArgs),
    /// Print what a shell needs to complete the command line; bash: source <(rmote-play completions bash)
    Completions(CompletionsArgs),
    /// Print the manual page, or write the pages of all commands into a directory: rmote-play man | man -l -
    Man(ManArgs),
    /// Print the words that may stand at a place of a command line: for the scripts of completions
    #[command(name = "__complete", hide = true)]
    Complete(CompleteArgs),
}

/// Running playbooks.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct RunArgs {
    /// Playbooks, run one after the other until one does not succeed
    #[arg(required = true, value_name = "PLAYBOOK")]
    pub(super) playbooks: Vec<PathBuf>,
    /// Dry run: look, say what would change, change nothing
    #[arg(short = 'C', long)]
    pub(super) check: bool,
    /// Show the lines that differ
    #[arg(short = 'D', long)]
    pub(super) diff: bool,
    #[command(flatten)]
    pub(super) inventories: Inventories,
    /// Only these hosts: a pattern, as in `hosts` of a round; @FILE: the lines of a file; @failed, @unreachable: those of
    /// the last run of the playbook
    #[arg(short, long, value_name = "PATTERN")]
    pub(super) limit: Option<String>,
    /// Only calls with one of these tags, and those tagged always
    #[arg(short, long, value_name = "TAG", value_delimiter = ',')]
    pub(super) tags: Vec<String>,
    /// Not the calls with one of these tags, even where their results are read
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(super) skip_tags: Vec<String>,
    /// Begin with the entry of this id or name; what is above it is left out, unless its result is read
    #[arg(long, value_name = "ID|NAME")]
    pub(super) start_at: Option<String>,
    /// List the hosts of each round, and run nothing
    #[arg(long)]
    pub(super) list_hosts: bool,
    /// List the calls that are selected, and run nothing
    #[arg(long)]
    pub(super) list_calls: bool,
    /// List the tags of the calls, and run nothing
    #[arg(long)]
    pub(super) list_tags: bool,
    #[command(flatten)]
    pub(super) recording: Recording,
    /// A variable that wins over all others: name=text, @file of YAML or JSON, or a JSON object of several
    #[arg(short = 'e', long = "extra", value_name = "NAME=VALUE")]
    pub(super) extra: Vec<String>,
    #[command(flatten)]
    pub(super) privilege: PrivilegeArgs,
    /// Maximum number of hosts that connect at the same time
    #[arg(short, long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) forks: u32,
    #[command(flatten)]
    pub(super) reach: ReachArgs,
    /// Let a part of a host pattern match nothing
    #[arg(long)]
    pub(super) allow_empty_pattern: bool,
    /// For people, or the events as JSON Lines
    #[arg(long, value_enum, default_value_t = Output::Human)]
    pub(super) output: Output,
    /// Write a report of the run to a file, of mode 0600 where it is new; may be given several times
    #[arg(long, value_name = "FORMAT:FILE", value_parser = Report::parse)]
    pub(super) report: Vec<Report>,
    /// With --check: the exit code where something would change
    #[arg(long, value_name = "CODE", requires = "check", value_parser = own_exit)]
    pub(super) changes_exit: Option<u8>,
    /// With --check: the exit code where nothing would change for certain, and something is unknown
    #[arg(long, value_name = "CODE", requires = "check", value_parser = own_exit)]
    pub(super) unknown_exit: Option<u8>,
    #[command(flatten)]
    pub(super) asking: AskingArgs,
    #[command(flatten)]
    pub(super) showing: Showing,
}

fn own_exit(text: &str) -> Result<u8, String> {
    match text.parse() {
        Ok(0 | 1 | 2 | 4 | 6 | 64 | 70 | 74 | 130) => Err(format!("{text} means something else already")),
        Ok(code) => Ok(code),
        Err(_) => Err("an exit code is a number from 3 to 255".to_owned()),
    }
}

/// One call without a playbook: everything of a run but what selects among its calls.
#[derive(Debug, Args)]
#[command(
    mut_arg("playbooks", |it| it
        .value_name("PATTERN TOOL [NAME=VALUE]")
        .help("The hosts, the tool, and its arguments: by name, or the one that stands alone. Hosts are those of -i, \
               which may be a playbook too; without it there is localhost")),
    mut_arg("tags", |it| it.hide(true)),
    mut_arg("skip_tags", |it| it.hide(true)),
    mut_arg("one_line", |it| it.hide(false)),
    after_help = "rmote-play call 'web*' fs.stat path=/etc/hosts -i site.yml\nrmote-play call all exec.shell 'uptime -p' -i inventory.ini --output json"
)]
pub(super) struct CallArgs {
    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// How a run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    Human,
    /// The events as JSON Lines; their schema: rmote-play schema event
    Json,
}

/// Showing the plan.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// The playbook
    pub(super) playbook: PathBuf,
    #[command(flatten)]
    pub(super) inventories: Inventories,
    /// Variables of the run: name=text, @file, or a JSON object of several
    #[arg(short = 'e', long = "extra", value_name = "NAME=VALUE")]
    pub(super) extra: Vec<String>,
    /// How it is drawn
    #[arg(long, value_enum, default_value_t = Drawing::Tree)]
    pub(super) format: Drawing,
}

/// How a plan is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Drawing {
    /// Indented text
    Tree,
    /// For Graphviz
    Dot,
    /// For Mermaid
    Mermaid,
    /// For programs
    Json,
}

/// Showing hosts.
#[derive(Debug, Args)]
pub(super) struct HostsArgs {
    /// A playbook, and a pattern; with -i either may be left out
    #[arg(value_name = "PLAYBOOK|PATTERN", num_args = 0..=2)]
    pub(super) what: Vec<String>,
    #[command(flatten)]
    pub(super) inventories: Inventories,
    /// Draw the groups as a tree
    #[arg(long, conflicts_with = "explain")]
    pub(super) graph: bool,
    /// How the list is written
    #[arg(long, value_enum, default_value_t = HostsFormat::List, conflicts_with_all = ["graph", "explain"])]
    pub(super) format: HostsFormat,
    /// How a host is reached, and where its variables, or one of them, come from and what they shadow
    #[arg(long, num_args = 1..=2, value_names = ["HOST", "VAR"])]
    pub(super) explain: Option<Vec<String>>,
    /// A variable that wins over all others: name=text, @file of YAML or JSON, or a JSON object of several
    #[arg(short = 'e', long = "extra", value_name = "NAME=VALUE")]
    pub(super) extra: Vec<String>,
}

/// How hosts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum HostsFormat {
    /// A name on each line
    List,
    /// Groups and variables, in the shape of an executable inventory's output
    Json,
}

/// Telling an earlier run.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The run: `last`, its id or the beginning of it, or the path of its journal; without it the last runs are listed
    pub(super) run: Option<String>,
    /// For people, or the events as JSON Lines
    #[arg(long, value_enum, default_value_t = Output::Human)]
    pub(super) output: Output,
    /// Write a report of the run to a file, of mode 0600 where it is new; may be given several times
    #[arg(long, value_name = "FORMAT:FILE", value_parser = Report::parse)]
    pub(super) report: Vec<Report>,
    /// Show each host (-v), and arguments, results and outputs too (-vv)
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Show failures and the recap only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
}

/// The reference of tools.
#[derive(Debug, Args)]
pub(super) struct ToolsArgs {
    /// One tool, such as fs.write
    pub(super) name: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Listing::Human)]
    pub(super) format: Listing,
}

/// How a reference is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Listing {
    /// For people
    Human,
    /// With the schemas of arguments and results
    Json,
}

/// Printing completions.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell: bash, zsh or fish
    #[arg(value_parser = shell)]
    pub(super) shell: clap_complete::Shell,
}

fn shell(text: &str) -> Result<clap_complete::Shell, String> {
    match text {
        "bash" => Ok(clap_complete::Shell::Bash),
        "zsh" => Ok(clap_complete::Shell::Zsh),
        "fish" => Ok(clap_complete::Shell::Fish),
        _ => Err("there are completions for bash, zsh and fish".to_owned()),
    }
}

/// Manual pages.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Where to write a page for each command, such as rmote-play-validate.1
    pub(super) directory: Option<PathBuf>,
}

/// Printing a schema.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Of what
    #[arg(value_enum)]
    pub(super) of: SchemaOf,
}

/// What there are schemas of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaOf {
    /// Playbooks, for editors
    Playbook,
    /// Units, which playbooks import, for editors
    Unit,
    /// The events of --output json
    Event,
}
