//! Rounds.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::{Inventory, Pattern, PatternError};
use crate::name::{HostId, RoundId, UnitId};
use crate::playbook::entry::{Entries, Outer};
use crate::playbook::keys::Site;
use crate::playbook::load::Options;
use crate::playbook::model::Round;
use crate::playbook::privilege::Level;
use crate::playbook::read::{Fields, Reading};
use crate::source::{Place, Span, Spanned};
use crate::yaml::{Kind, Node};

/// What rounds stand on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) options: &'a Options,
}

impl Reading<'_> {
    /// All rounds; their entries go to `entries`.
    pub(super) fn rounds(&mut self, ground: Ground<'_>, entries: &mut Entries, node: &Node) -> Vec<Round> {
        let Kind::Seq(items) = &node.kind else {
            self.wrong_type("rounds", "a list of rounds", node);
            return Vec::new();
        };
        let mut rounds: Vec<Round> = Vec::with_capacity(items.len());
        let all = names(items);
        let mut names: HashMap<String, RoundId> = HashMap::new();
        for item in items {
            let Some(fields) = self.fields(Site::Round, "rounds", item) else {
                continue;
            };
            let id = RoundId::at(rounds.len());
            let round = self.round(ground, entries, &fields, id, &names, &all);
            if let Some(first) = names.get(&round.name.value) {
                let first = rounds[first.index()].name.span;
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("two rounds are named `{}`", round.name.value),
                    )
                    .at(round.name.span)
                    .label(first, "the first"),
                );
            } else {
                names.insert(round.name.value.clone(), id);
            }
            rounds.push(round);
        }
        rounds
    }

    fn round(
        &mut self,
        ground: Ground<'_>,
        entries: &mut Entries,
        fields: &Fields<'_>,
        id: RoundId,
        before: &HashMap<String, RoundId>,
        all: &[String],
    ) -> Round {
        let name = self.round_name(fields);
        let (pattern, hosts) = self.targets(ground, fields);
        let tags = self.tags(fields);
        let outer = Outer {
            unit: UnitId::PLAYBOOK,
            round: id,
            parent: None,
            tags: &tags,
            no_log: false,
            in_loop: false,
        };
        let calls = if let Some(node) = fields.get("calls") {
            self.entries(entries, outer, node)
        } else {
            self.missing(fields, "calls", "A round has a list of `calls`.");
            Vec::new()
        };
        Round {
            needs: self.needs(fields, &name, id, before, all),
            name,
            unit: UnitId::PLAYBOOK,
            pattern,
            hosts,
            barrier: self.flag(fields, "barrier").unwrap_or(true),
            serial: self.serial(fields),
            max_failures: self.max_failures(fields),
            when: self.conditions(fields, "when"),
            timeout: self.duration(fields, "timeout"),
            vars: self.variables("vars", fields.get("vars")),
            tags,
            privilege: self.privilege(fields, Level::Calls),
            entries: calls,
        }
    }

    fn round_name(&mut self, fields: &Fields<'_>) -> Spanned<String> {
        if fields.get("name").is_none() {
            self.missing(
                fields,
                "name",
                "A round has a name of its own, which results and `needs` use.",
            );
        }
        let name = self.text(fields, "name");
        if let Some(name) = &name
            && name.value.is_empty()
        {
            self.error(Code::InvalidName, "a round's name must not be empty", name.span);
        }
        name.unwrap_or_else(|| Spanned::new(String::new(), fields.span))
    }

    fn targets(&mut self, ground: Ground<'_>, fields: &Fields<'_>) -> (Spanned<Pattern>, Vec<HostId>) {
        let Some(node) = fields.get("hosts") else {
            self.missing(fields, "hosts", "Write `hosts: all` to mean every host.");
            return (nobody(fields.span), Vec::new());
        };
        if matches!(node.kind, Kind::Seq(_)) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    "`hosts` of a round takes one pattern, not a list",
                )
                .at(node.span)
                .help("Join the parts with commas, as in `web,db1`."),
            );
            return (nobody(node.span), Vec::new());
        }
        let (Some(written), Kind::Str(text)) = (self.text_of("hosts", node), &node.kind) else {
            return (nobody(node.span), Vec::new());
        };
        match Pattern::parse(&written.value) {
            Ok(pattern) => {
                let (hosts, unmatched) = pattern.select(ground.inventory);
                // Where hosts could not be read, it is no wonder that there are none.
                let is_known = ground.inventory.all().next().is_some() || !self.diagnostics.has_errors();
                if !ground.options.allow_empty_pattern && is_known {
                    self.pattern_errors(Code::EmptyPattern, unmatched, &text.place);
                }
                (Spanned::new(pattern, node.span), hosts)
            }
            Err(errors) => {
                self.pattern_errors(Code::InvalidPattern, errors, &text.place);
                (nobody(node.span), Vec::new())
            }
        }
    }

    fn pattern_errors(&mut self, code: Code, errors: Vec<PatternError>, place: &Place) {
        for error in errors {
            let span = place.span(error.range.start, error.range.end);
            let mut diagnostic = Diagnostic::error(code, error.message).at(span);
            diagnostic.help = error.help;
            self.diagnostics.push(diagnostic);
        }
    }

    fn needs(
        &mut self,
        fields: &Fields<'_>,
        own: &Spanned<String>,
        id: RoundId,
        before: &HashMap<String, RoundId>,
        all: &[String],
    ) -> Vec<RoundId> {
        let Some(written) = self.texts(fields, "needs") else {
            return id.index().checked_sub(1).map(RoundId::at).into_iter().collect();
        };
        let mut needs = Vec::with_capacity(written.len());
        for name in written {
            let error = if let Some(round) = before.get(&name.value) {
                if !needs.contains(round) {
                    needs.push(*round);
                }
                continue;
            } else if name.value == own.value {
                Diagnostic::error(
                    Code::DependencyCycle,
                    format!("the round `{}` needs itself", name.value),
                )
            } else if all.contains(&name.value) {
                Diagnostic::error(
                    Code::LaterId,
                    format!("the round `{}` is written below this one", name.value),
                )
                .help("Rounds need rounds that are written above them: move it up.")
            } else {
                Diagnostic::error(Code::UnknownRound, format!("there is no round `{}`", name.value))
                    .did_you_mean(&name.value, all.iter().map(String::as_str))
            };
            self.diagnostics.push(error.at(name.span));
        }
        needs
    }

    /// Says that a required key is missing.
    pub(super) fn missing(&mut self, fields: &Fields<'_>, key: &str, help: &str) {
        if fields.is_empty(key) {
            return;
        }
        self.diagnostics.push(
            Diagnostic::error(Code::MissingKey, format!("`{key}` is missing"))
                .at(fields.start())
                .help(help),
        );
    }
}

/// Stands in where no pattern could be read.
fn nobody(span: Span) -> Spanned<Pattern> {
    Spanned::new(Pattern::parse("all").expect("`all` is a pattern"), span)
}

/// The names of all rounds, those below included.
fn names(items: &[Node]) -> Vec<String> {
    let name = |item: &Node| {
        let Kind::Map(entries) = &item.kind else {
            return None;
        };
        match &entries.iter().find(|(key, _)| key.value == "name")?.1.kind {
            Kind::Str(text) => Some(text.text.clone()),
            _ => None,
        }
    };
    items.iter().filter_map(name).collect()
}
