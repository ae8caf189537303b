//! What nobody but the user can know: nothing is run until it is said.

use std::collections::BTreeSet;

use crate::cli::error::CliError;
use crate::cli::resume::Resuming;
use crate::cli::resume::numbers::ranges;
use crate::name::HostId;

/// How many of them are named in a message.
const NAMED: usize = 5;

/// Why it is not known how to go on with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    /// It was under way.
    UnderWay,
    /// It was done, and what came of it is not recorded.
    NoResult,
    /// It was done in what failed afterwards, and was handled.
    Undone,
}

/// The calls of an entry of which somebody has to say what is to be done.
#[derive(Debug, Default)]
pub(super) struct Undecided {
    pub(super) hosts: BTreeSet<HostId>,
    /// Their iterations and items.
    pub(super) numbers: BTreeSet<Vec<usize>>,
}

impl Resuming<'_> {
    /// Whether all that was said is about something.
    pub(super) fn all_meant(&self) -> Result<(), CliError> {
        let mut chosen = self.redo.iter().chain(&self.done);
        match chosen.find(|it| !it.is_meant) {
            Some(chosen) => Err(CliError::invalid(format!(
                "`{}`: the run that is resumed has begun nothing of it on these hosts",
                chosen.written
            ))),
            None => Ok(()),
        }
    }

    /// Nothing is run as long as somebody has to say what is to be done.
    pub(super) fn decided(&self, run: &str) -> Result<(), CliError> {
        if !self.gone.is_empty() {
            let gone = some(self.gone.iter().cloned());
            let message = format!(
                "run `{run}` cannot be resumed yet: {gone} was under way when the run ended, and is not in the playbook or inventory any more"
            );
            let help = "Look at the host. Then name what was under way by its path in `--done` or `--redo`: nothing is done with it either way.";
            return Err(CliError::invalid(message).help(help));
        }
        let Some(((first, _), _)) = self.undecided.first_key_value() else {
            return Ok(());
        };
        let lines = self.undecided.iter().map(|((entry, doubt), undecided)| {
            let path = &self.paths[entry.index()];
            let calls = some(ranges(&undecided.numbers).map(|numbers| format!("`{path}{numbers}`")));
            let hosts = undecided.hosts.iter();
            let hosts = some(hosts.map(|id| self.playbook.inventory.host(*id).name.to_string()));
            match doubt {
                Doubt::UnderWay => {
                    format!("nobody knows whether {calls} was done on {hosts}: it was under way when the run ended")
                }
                Doubt::NoResult => format!(
                    "{calls} was done on {hosts}, but its result is not recorded: a part of it is secret or too long"
                ),
                Doubt::Undone => format!(
                    "{calls} was done on {hosts}, but `on_failure` has handled what it is in, and may have undone it"
                ),
            }
        });
        let lines: Vec<String> = lines.collect();
        let first = &self.paths[first.index()];
        Err(CliError::invalid(format!("run `{run}` cannot be resumed yet: {}", lines.join("; "))).help(format!(
            "Look at the hosts, and say what it is: `--done '{first}'` for what was done, `--redo '{first}'` for what is to \
             run again; a loop's items are chosen as in `{first}[3]` or `[3-7]`, and hosts by `--limit`."
        )))
    }
}

/// Some of them, and how many more there are.
fn some(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let shown = all[..all.len().min(NAMED)].join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
