//! Words of the command line that must mean something in a playbook: tags, and names of variables.

use std::collections::BTreeSet;

use crate::cli::args::RunArgs;
use crate::cli::error::CliError;
use crate::cli::extra::extra;
use crate::diagnostic::nearest;
use crate::playbook::{self, Playbook};

/// Tags that mean something without being written anywhere.
const SPECIAL: [&str; 5] = ["all", "tagged", "untagged", "never", "always"];

/// The words, and what of them no playbook has had so far.
#[derive(Debug, Clone)]
pub(super) struct Words<'a> {
    /// Each with the option that it was given by.
    tags: Vec<(&'static str, &'a str)>,
    variables: Vec<String>,
    known_tags: BTreeSet<String>,
    known_variables: BTreeSet<String>,
}

impl<'a> Words<'a> {
    /// Those of a command line. What a file of variables holds may be meant for many playbooks.
    ///
    /// # Errors
    /// As [`extra`].
    pub(super) fn new(args: &'a RunArgs) -> Result<Self, CliError> {
        let of =
            |option: &'static str, tags: &'a [String]| tags.iter().map(move |tag| (option, tag.as_str()));
        let is_special = |tag: &str| SPECIAL.contains(&tag);
        let tags = of("--tags", &args.tags).chain(of("--skip-tags", &args.skip_tags));
        let typed = args.extra.iter().filter(|word| !word.starts_with('@'));
        let typed: Vec<String> = typed.cloned().collect();
        Ok(Self {
            tags: tags.filter(|(_, tag)| !is_special(tag)).collect(),
            variables: extra(&typed)?.keys().cloned().collect(),
            known_tags: BTreeSet::new(),
            known_variables: BTreeSet::new(),
        })
    }

    /// Whether there is nothing to be known.
    pub(super) fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.variables.is_empty()
    }

    /// Takes note of what a playbook knows.
    pub(super) fn meet(&mut self, playbook: &Playbook) {
        if self.is_empty() {
            return;
        }
        let entries = playbook.entries.iter().flat_map(|entry| &entry.tags);
        let rounds = playbook.rounds.iter().flat_map(|round| &round.tags);
        self.known_tags.extend(entries.chain(rounds).cloned());
        let names = playbook::names_read(playbook, &self.variables);
        self.known_variables.extend(names);
    }

    /// Refuses what no playbook has.
    ///
    /// # Errors
    /// The first such word, with what may have been meant.
    pub(super) fn all_known(&self) -> Result<(), CliError> {
        if let Some((option, tag)) = self.tags.iter().find(|(_, tag)| !self.known_tags.contains(*tag)) {
            let error = CliError::invalid(format!("{option}: nothing has the tag `{tag}`"));
            let known = || self.known_tags.iter().map(String::as_str);
            return Err(match nearest(tag, known()) {
                Some(near) => error.help(format!("Did you mean `{near}`?")),
                None if self.known_tags.is_empty() => error.help("Nothing has any tag."),
                None => error.help("`--list-tags` lists all tags."),
            });
        }
        let unknown = self
            .variables
            .iter()
            .find(|name| !self.known_variables.contains(*name));
        if let Some(name) = unknown {
            let error = CliError::invalid(format!("-e: nothing reads the variable `{name}`"));
            let known = self.known_variables.iter().map(String::as_str);
            return Err(match nearest(name, known) {
                Some(near) => error.help(format!("Did you mean `{near}`?")),
                None => error
                    .help("A name that begins with `_`, and what `-e @FILE` gives, may be there for others."),
            });
        }
        Ok(())
    }
}
