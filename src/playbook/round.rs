//! Rounds.

use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::{Inventory, Pattern, PatternError};
use crate::name::{HostId, RoundId};
use crate::playbook::entry::{Entries, Outer};
use crate::playbook::load::Options;
use crate::playbook::model::Round;
use crate::playbook::privilege::Level;
use crate::playbook::read::{Fields, Reading};
use crate::playbook::rounds::{File, Rounds};
use crate::playbook::setting::Setting;
use crate::source::{Place, Span, Spanned};
use crate::yaml::Kind;

/// What rounds stand on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) options: &'a Options,
}

impl Reading<'_> {
    /// One round of a file, the next of all.
    pub(super) fn round(
        &mut self,
        ground: Ground<'_>,
        entries: &mut Entries,
        fields: &Fields<'_>,
        file: &File<'_>,
        rounds: &Rounds,
    ) -> Round {
        let mut name = self.round_name(fields);
        name.value.insert_str(0, &file.prefix);
        let (pattern, hosts) = self.targets(ground, fields);
        let mut tags = file.tags.to_vec();
        tags.extend(self.tags(fields));
        tags.dedup();
        let outer = Outer {
            unit: file.unit,
            round: rounds.next(),
            parent: None,
            tags: &tags,
            no_log: &Setting::Fixed(false),
            diff: true,
            in_loop: false,
        };
        let calls = if let Some(node) = fields.get("calls") {
            self.entries(entries, outer, node)
        } else {
            self.missing(fields, "calls", "A round has a list of `calls`.");
            Vec::new()
        };
        Round {
            needs: self.needs(fields, &name, file, rounds),
            name,
            unit: file.unit,
            pattern,
            hosts,
            barrier: self.flag(fields, "barrier").unwrap_or(true),
            serial: self.serial(fields, rounds.next()),
            max_failures: self.max_failures(fields, rounds.next()),
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
                    self.pattern_errors(Code::EmptyPattern, unmatched, &text.place, ground.inventory);
                }
                (Spanned::new(pattern, node.span), hosts)
            }
            Err(errors) => {
                self.pattern_errors(Code::InvalidPattern, errors, &text.place, ground.inventory);
                (nobody(node.span), Vec::new())
            }
        }
    }

    fn pattern_errors(
        &mut self,
        code: Code,
        errors: Vec<PatternError>,
        place: &Place,
        inventory: &Inventory,
    ) {
        for error in errors {
            let span = place.span(error.range.start, error.range.end);
            let mut diagnostic = Diagnostic::error(code, error.message).at(span);
            diagnostic.help = error.help;
            if let Some(name) = &error.unknown {
                let hosts = inventory.hosts.iter().map(|it| it.name.as_str());
                let groups = inventory.groups.iter().map(|it| it.name.as_str());
                diagnostic = diagnostic.did_you_mean(name, groups.chain(hosts));
            }
            self.diagnostics.push(diagnostic);
        }
    }

    fn needs(
        &mut self,
        fields: &Fields<'_>,
        own: &Spanned<String>,
        file: &File<'_>,
        rounds: &Rounds,
    ) -> Vec<RoundId> {
        let Some(written) = self.texts(fields, "needs") else {
            let id = rounds.next();
            return id.index().checked_sub(1).map(RoundId::at).into_iter().collect();
        };
        let mut needs = Vec::with_capacity(written.len());
        for name in written {
            // The file's own rounds come first, then those of all.
            let prefixed = format!("{}{}", file.prefix, name.value);
            let error = if let Some(round) = rounds.named(&prefixed).or_else(|| rounds.named(&name.value)) {
                if !needs.contains(&round) {
                    needs.push(round);
                }
                continue;
            } else if prefixed == own.value {
                Diagnostic::error(
                    Code::DependencyCycle,
                    format!("the round `{}` needs itself", name.value),
                )
            } else if file.names.contains(&name.value) {
                Diagnostic::error(
                    Code::LaterId,
                    format!("the round `{}` is written below this one", name.value),
                )
                .help("Rounds need rounds that are written above them: move it up.")
            } else {
                Diagnostic::error(Code::UnknownRound, format!("there is no round `{}`", name.value))
                    .did_you_mean(&name.value, file.names.iter().map(String::as_str))
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
