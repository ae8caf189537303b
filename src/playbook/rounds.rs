//! The rounds of a playbook and of what it imports among them.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::name::{RoundId, UnitId};
use crate::playbook::entry::Entries;
use crate::playbook::import::Holds;
use crate::playbook::keys::Site;
use crate::playbook::model::Round;
use crate::playbook::read::Reading;
use crate::playbook::round::Ground;
use crate::yaml::{Kind, Node};

/// All rounds while they are read.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    pub(super) all: Vec<Round>,
    names: HashMap<String, RoundId>,
}

impl Rounds {
    /// The number of the round that is read next.
    pub(super) fn next(&self) -> RoundId {
        RoundId::at(self.all.len())
    }

    /// A round above, by its name.
    pub(super) fn named(&self, name: &str) -> Option<RoundId> {
        self.names.get(name).copied()
    }
}

/// The file whose rounds are read.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub(super) unit: UnitId,
    /// What the names of its rounds begin with: the ids of its imports.
    pub(super) prefix: String,
    /// Those of its imports.
    pub(super) tags: &'a [String],
    /// The names of all its rounds as written, those below included.
    pub(super) names: Vec<String>,
}

impl Reading<'_> {
    /// The rounds of the playbook; their entries go to `entries`.
    pub(super) fn rounds(&mut self, ground: Ground<'_>, entries: &mut Entries, node: &Node) -> Vec<Round> {
        let mut rounds = Rounds::default();
        let file = File {
            unit: UnitId::PLAYBOOK,
            prefix: String::new(),
            tags: &[],
            names: names(node),
        };
        self.rounds_of(ground, entries, &mut rounds, &file, node);
        rounds.all
    }

    fn rounds_of(
        &mut self,
        ground: Ground<'_>,
        entries: &mut Entries,
        rounds: &mut Rounds,
        file: &File<'_>,
        node: &Node,
    ) {
        let Kind::Seq(items) = &node.kind else {
            self.wrong_type("rounds", "a list of rounds", node);
            return;
        };
        for item in items {
            if is_import(item) {
                self.rounds_import(ground, entries, rounds, file, item);
                continue;
            }
            let Some(fields) = self.fields(Site::Round, "rounds", item) else {
                continue;
            };
            let round = self.round(ground, entries, &fields, file, rounds);
            self.add(rounds, round);
        }
    }

    fn add(&mut self, rounds: &mut Rounds, round: Round) {
        let id = rounds.next();
        if let Some(first) = rounds.named(&round.name.value) {
            let first = rounds.all[first.index()].name.span;
            let mut error = Diagnostic::error(
                Code::DuplicateName,
                format!("two rounds are named `{}`", round.name.value),
            )
            .at(round.name.span)
            .label(first, "the first");
            if round.unit != UnitId::PLAYBOOK {
                error = error.help("Give the import an `id`: the names of its rounds begin with it.");
            }
            self.diagnostics.push(error);
        } else {
            rounds.names.insert(round.name.value.clone(), id);
        }
        rounds.all.push(round);
    }

    fn rounds_import(
        &mut self,
        ground: Ground<'_>,
        entries: &mut Entries,
        rounds: &mut Rounds,
        file: &File<'_>,
        item: &Node,
    ) {
        let Some(fields) = self.fields(Site::RoundsImport, "rounds", item) else {
            return;
        };
        let Some(import) = fields.get("import") else {
            return;
        };
        let id = self
            .text(&fields, "id")
            .filter(|id| self.identifier("an import", id));
        let mut tags = file.tags.to_vec();
        tags.extend(self.tags(&fields));
        let prefix = match &id {
            Some(id) => format!("{}{}/", file.prefix, id.value),
            None => file.prefix.clone(),
        };
        let made = self.import(
            entries,
            file.unit,
            (&fields, import),
            Holds::Rounds,
            |reading, entries, unit, node| {
                let inner = File {
                    unit,
                    prefix,
                    tags: &tags,
                    names: names(node),
                };
                reading.rounds_of(ground, entries, rounds, &inner, node);
            },
        );
        if let (Some(id), Some((unit, ()))) = (id, made)
            && let Some(first) = entries.units[file.unit.index()]
                .imports
                .insert(id.value.clone(), unit)
        {
            let first = entries.units[first.index()].at;
            let error = Diagnostic::error(
                Code::DuplicateId,
                format!("two imports have the id `{}`", id.value),
            );
            let error = error.at(id.span);
            self.diagnostics.push(match first {
                Some(first) => error.label(first, "the first"),
                None => error,
            });
        }
    }
}

fn is_import(item: &Node) -> bool {
    matches!(&item.kind, Kind::Map(keys) if keys.iter().any(|(key, _)| key.value == "import"))
}

/// The names of all rounds of a list.
fn names(rounds: &Node) -> Vec<String> {
    let name = |item: &Node| {
        let Kind::Map(entries) = &item.kind else {
            return None;
        };
        match &entries.iter().find(|(key, _)| key.value == "name")?.1.kind {
            Kind::Str(text) => Some(text.text.clone()),
            _ => None,
        }
    };
    match &rounds.kind {
        Kind::Seq(items) => items.iter().filter_map(name).collect(),
        _ => Vec::new(),
    }
}
