//! `rmote-play __complete`: the words that a shell offers where they depend on more than the command line's own rules: hosts
//! and groups of the playbook or inventories that the line names, and tools.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Args, Command, CommandFactory as _};

use crate::cli::args::Typed;
use crate::cli::commands::validate::is_playbook;
use crate::cli::error::{CliError, Exit};
use crate::cli::extra::extra;
use crate::cli::inventories::{Named, Usual};
use crate::cli::printer::Printer;
use crate::cli::settings::{SETTINGS, Settings};
use crate::playbook;
use crate::tools;

/// At most this many words are offered.
const MOST: usize = 2000;
/// What divides the parts of a pattern.
const DIVIDERS: [char; 4] = [',', ':', '!', '&'];

/// Completing a word.
#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    /// Which word is completed, counted from the program, which is 0
    at: usize,
    /// The words of the line, the program first
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// What is to be completed.
#[derive(Debug, PartialEq, Eq)]
enum Sort {
    /// A pattern of hosts; with what else may stand there.
    Pattern(&'static [&'static str]),
    /// One host.
    Host,
    /// A tool.
    Tool,
    /// A setting.
    Setting,
}

/// Prints the words that may stand at a place of the line, one a line. Where those that the shell knows by itself are all
/// that there is, it fails.
pub(crate) fn complete(args: &CompleteArgs, printer: Printer) -> Result<Exit, CliError> {
    let line = Line::new(&args.words, args.at);
    let Some(sort) = line.sort() else {
        return Ok(Exit::Usage);
    };
    let mut words = match sort {
        Sort::Tool => tools::registry()
            .iter()
            .map(|tool| tool.name.to_string())
            .collect(),
        Sort::Setting => SETTINGS.iter().map(|it| it.key.to_owned()).collect(),
        Sort::Host => line.hosts(false)?,
        Sort::Pattern(others) => {
            let mut names = line.hosts(true)?;
            names.extend(others.iter().map(|it| (*it).to_owned()));
            names
        }
    };
    // What a pattern begins with stays.
    let typed = line.current();
    let begin = match sort {
        Sort::Pattern(_) => typed.rfind(DIVIDERS).map_or(0, |at| at + 1),
        Sort::Host | Sort::Tool | Sort::Setting => 0,
    };
    let (before, part) = typed.split_at(begin);
    words.retain(|word| word.starts_with(part) && !word.chars().any(char::is_control));
    words.truncate(MOST);
    let mut text = String::new();
    for word in words {
        let _infallible = writeln!(text, "{before}{word}");
    }
    printer.out(&text)?;
    Ok(Exit::Success)
}

/// A command line on its way.
struct Line<'a> {
    words: &'a [String],
    at: usize,
    command: Command,
    /// The name of the command; none where playbooks are run.
    name: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn new(words: &'a [String], at: usize) -> Self {
        let all = Typed::command();
        let named = words.get(1).filter(|_| at > 1);
        let found = named.and_then(|name| Some((name, all.find_subcommand(name)?.clone())));
        let (name, command) = match found {
            Some((name, command)) => (Some(name.as_str()), command),
            None => (None, all),
        };
        Self {
            words,
            at,
            command,
            name,
        }
    }

    fn current(&self) -> &'a str {
        self.words.get(self.at).map_or("", String::as_str)
    }

    fn sort(&self) -> Option<Sort> {
        const LIMIT: &[&str] = &["all", "@failed", "@unreachable"];
        // Some shells make a word of `=`.
        let mut before = self.words.get(..self.at)?.iter().map(String::as_str).rev();
        let option = before.next().filter(|it| *it != "=").or_else(|| before.next());
        match (self.name, option) {
            (None | Some("call" | "console"), Some("-l" | "--limit")) => return Some(Sort::Pattern(LIMIT)),
            (Some("hosts"), Some("--explain")) => return Some(Sort::Host),
            _ => {}
        }
        if self.current().starts_with('-') {
            return None;
        }
        let (values, plain) = self.split(&self.words[..self.at]);
        match (self.name?, plain.len()) {
            ("call" | "console", 0) => Some(Sort::Pattern(&["all", "localhost"])),
            ("shell", 0) => Some(Sort::Host),
            ("config", 0) => Some(Sort::Setting),
            ("call", 1) | ("tools", 0) => Some(Sort::Tool),
            ("hosts", 0) if !values.is_empty() => Some(Sort::Pattern(&["all"])),
            ("hosts", 1) if Path::new(plain[0]).is_file() => Some(Sort::Pattern(&["all"])),
            _ => None,
        }
    }

    /// The inventories that words name, and the words that belong to no option.
    fn split<'w>(&self, words: &'w [String]) -> (Vec<&'w str>, Vec<&'w str>) {
        let (mut inventories, mut plain) = (Vec::new(), Vec::new());
        let begin = if self.name.is_some() { 2 } else { 1 };
        let mut words = words
            .iter()
            .skip(begin)
            .map(String::as_str)
            .filter(|it| *it != "=");
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word.len() == 1 {
                plain.push(word);
                continue;
            }
            let (option, given) = word
                .split_once('=')
                .map_or((word, None), |(name, it)| (name, Some(it)));
            let value = given.or_else(|| {
                if self.takes_value(option) {
                    words.next()
                } else {
                    None
                }
            });
            if let ("-i" | "--inventory", Some(value)) = (option, value) {
                inventories.push(value);
            }
        }
        (inventories, plain)
    }

    fn takes_value(&self, option: &str) -> bool {
        let mut known = self
            .command
            .get_arguments()
            .filter(|arg| arg.get_action().takes_values());
        known.any(|arg| {
            let long = arg.get_long().map(|name| format!("--{name}"));
            let short = arg.get_short().map(|name| format!("-{name}"));
            long.as_deref() == Some(option) || short.as_deref() == Some(option)
        })
    }

    /// The hosts, and the groups, of whatever the line names. Nothing is run or opened for that.
    fn hosts(&self, with_groups: bool) -> Result<Vec<String>, CliError> {
        let mut others = self.words.to_vec();
        if self.at < others.len() {
            others.remove(self.at);
        }
        let (inventories, plain) = self.split(&others);
        let is_named = |word: &&str| is_playbook(Path::new(word));
        let (playbooks, inventories): (Vec<&str>, Vec<&str>) = inventories.into_iter().partition(is_named);
        let plain = plain.into_iter().filter(|word| {
            !matches!(self.name, Some("call" | "console" | "shell")) && Path::new(word).is_file()
        });
        let path = playbooks.into_iter().chain(plain).next();
        let folder = path.and_then(|path| Path::new(path).parent());
        let folder = folder.filter(|it| !it.as_os_str().is_empty());
        let settings = Settings::quiet(folder.unwrap_or(Path::new(".")));
        let of_line = Named {
            inventory: inventories.into_iter().map(str::to_owned).collect(),
            add_inventory: Vec::new(),
            usual: Usual {
                inventories: settings.inventories(),
                connection: settings.connection(),
            },
        };
        let options = of_line.offline(&extra(&[])?, true);
        let loaded = playbook::load_hosts(path.map(Path::new), &tools::registry(), &options);
        let inventory = &loaded.inventory;
        let mut names: Vec<String> =
            (inventory.all().map(|id| inventory.host(id).name.to_string())).collect();
        if with_groups {
            names.extend(inventory.groups.iter().map(|group| group.name.clone()));
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}
