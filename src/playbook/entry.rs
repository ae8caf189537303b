//! Entries of `calls`: calls, groups, imports and `fail`.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::name::{EntryId, RoundId, UnitId};
use crate::playbook::foreign;
use crate::playbook::import::Holds;
use crate::playbook::keys::{self, Site};
use crate::playbook::model::{Action, Call, DELAY_DEFAULT, Entry, Group, RETRIES_DEFAULT};
use crate::playbook::privilege::Level;
use crate::playbook::read::{Fields, Reading};
use crate::playbook::setting::Setting;
use crate::playbook::unit::{ENVELOPE, Unit};
use crate::source::{Span, Spanned};
use crate::template::Form;
use crate::tool::{Access, Place};
use crate::yaml::{Kind, Node};

/// The tool that judges what is known already.
const ASSERT: &str = "assert.that";

/// Whether what an entry does asks no host, so that it does not matter which one.
fn asks_nobody(site: Site, action: &Action) -> bool {
    site == Site::Fail || action.call().is_some_and(|it| it.tool.name == ASSERT)
}

/// Names as written in `on_change` and `on_failure`, resolved when every id is known.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) entry: EntryId,
    pub(super) on_change: Vec<Spanned<String>>,
    pub(super) on_failure: Vec<Spanned<String>>,
}

/// All entries of a playbook while it is read.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// The files that the entries are written in, the playbook first.
    pub(super) units: Vec<Unit>,
    pub(super) all: Vec<Entry>,
    pub(super) links: Vec<Links>,
}

/// What an entry takes from what it is in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outer<'a> {
    pub(super) unit: UnitId,
    pub(super) round: RoundId,
    pub(super) parent: Option<EntryId>,
    pub(super) tags: &'a [String],
    pub(super) no_log: &'a Setting<bool>,
    pub(super) diff: bool,
    /// Whether something around it has a loop.
    pub(super) in_loop: bool,
}

impl Reading<'_> {
    /// A list of entries.
    pub(super) fn entries(&mut self, entries: &mut Entries, outer: Outer<'_>, node: &Node) -> Vec<EntryId> {
        let Kind::Seq(items) = &node.kind else {
            self.wrong_type("calls", "a list of entries", node);
            return Vec::new();
        };
        if items.is_empty() {
            self.diagnostics.push(
                Diagnostic::warning(Code::EmptyCalls, "this list of calls is empty: nothing is done")
                    .at(node.span),
            );
        }
        items
            .iter()
            .filter_map(|item| self.entry(entries, outer, item))
            .collect()
    }

    fn entry(&mut self, entries: &mut Entries, outer: Outer<'_>, node: &Node) -> Option<EntryId> {
        let Kind::Map(written) = &node.kind else {
            match &node.kind {
                Kind::Str(text) if text.text.contains('.') => self.wrong_type(
                    "calls",
                    "entries that are maps, such as `tool.name: { arguments }`",
                    node,
                ),
                _ => self.wrong_type("calls", "entries that are maps", node),
            }
            return None;
        };
        let Some((site, key, value)) = self.deed(node, written) else {
            // Others may wait for it.
            let text = self.sources.text(node.span);
            self.diagnostics.unread(node.span, text, &[], None);
            return None;
        };
        let fields = self.fields(site, "calls", node)?;
        let id = EntryId::at(entries.all.len());
        let mut entry = self.common(&fields, id, outer, key.span);
        if site != Site::Import {
            entry.vars = self.variables("vars", fields.get("vars"));
        }
        let inner_tags = entry.tags.clone();
        let inner_log = entry.no_log.clone();
        let inner = Outer {
            parent: Some(id),
            tags: &inner_tags,
            no_log: &inner_log,
            diff: entry.diff,
            in_loop: outer.in_loop || entry.repeat.is_some(),
            ..outer
        };
        entries.all.push(entry);
        let links = self.links(&fields, id);
        entries.links.push(links);
        let action = match site {
            Site::Call => self.call(&fields, key, value),
            Site::EntryGroup => Action::Group(Group {
                entries: self.entries(entries, inner, value),
                unit: None,
            }),
            Site::Import => {
                let import = (&fields, value);
                let made = self.import(
                    entries,
                    outer.unit,
                    import,
                    Holds::Calls,
                    |reading, entries, unit, calls| reading.entries(entries, Outer { unit, ..inner }, calls),
                );
                Action::Group(made.map_or_else(Group::default, |(unit, entries)| Group {
                    entries,
                    unit: Some(unit),
                }))
            }
            _ => Action::Fail(self.message("fail", value).value),
        };
        if asks_nobody(site, &action) && entries.all[id.index()].delegate_to.take().is_some() {
            self.diagnostics.push(
                Diagnostic::warning(Code::NotOnThisEntry, "`delegate_to` means nothing here")
                    .at(fields.key_span("delegate_to"))
                    .help("It asks no host anything: remove the key."),
            );
        }
        entries.all[id.index()].action = action;
        Some(id)
    }

    /// The one key that says what the entry does.
    fn deed<'n>(
        &mut self,
        node: &Node,
        written: &'n [(Spanned<String>, Node)],
    ) -> Option<(Site, &'n Spanned<String>, &'n Node)> {
        let site = |name: &str| match name {
            "calls" => Some(Site::EntryGroup),
            "fail" => Some(Site::Fail),
            "import" => Some(Site::Import),
            name if name.contains('.') => Some(Site::Call),
            _ => None,
        };
        let mut deeds = written
            .iter()
            .filter_map(|(key, value)| Some((site(&key.value)?, key, value)));
        let Some(deed) = deeds.next() else {
            self.does_nothing(node, written);
            return None;
        };
        for (_, other, _) in deeds {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::NotOnThisEntry,
                    format!("`{}` and `{}` stand on one entry", deed.1.value, other.value),
                )
                .at(other.span)
                .label(deed.1.span, "the first")
                .help("An entry does one thing: begin another one with `-`."),
            );
        }
        if matches!(deed.2.kind, Kind::Null) && deed.0 != Site::Call {
            self.null_at(&deed.1.value, deed.1.span);
            return None;
        }
        Some(deed)
    }

    fn does_nothing(&mut self, node: &Node, written: &[(Spanned<String>, Node)]) {
        let mut told = false;
        for (key, _) in written {
            if let keys::Known::Nowhere = keys::find(Site::Call, &key.value) {
                told = true;
                let method = self.tool_names().into_iter();
                let method = method.filter(|it| it.ends_with(&format!(".{}", key.value)));
                let method: Vec<_> = method.map(|it| format!("`{it}`")).collect();
                let known =
                    foreign::module(&key.value).or_else(|| foreign::key(&key.value).map(str::to_owned));
                let error =
                    Diagnostic::error(Code::UnknownKey, format!("an entry has no key `{}`", key.value))
                        .at(key.span);
                self.diagnostics.push(if let Some(instead) = known {
                    foreign::renamed(error.help(instead), &key.value)
                } else if method.is_empty() {
                    error.did_you_mean(
                        &key.value,
                        keys::names(Site::Call).chain(["calls", "fail", "import"]),
                    )
                } else {
                    error.help(format!("Did you mean the tool {}?", method.join(" or ")))
                });
            }
        }
        if !told {
            let span = written.first().map_or(node.span, |(key, _)| key.span);
            self.diagnostics.push(
                Diagnostic::error(Code::MissingKey, "this entry does nothing")
                    .at(span)
                    .help("Give it a tool with its arguments, such as `fs.stat: /etc/hosts`, or `calls`, `import`, or `fail`."),
            );
        }
    }

    /// What every sort of entry has.
    fn common(&mut self, fields: &Fields<'_>, id_of: EntryId, outer: Outer<'_>, span: Span) -> Entry {
        let id = self
            .text(fields, "id")
            .filter(|id| self.identifier("an entry", id));
        if let Some(id) = &id
            && outer.unit != UnitId::PLAYBOOK
            && ENVELOPE.contains(&id.value.as_str())
        {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::ReservedName,
                    format!("`{}` cannot be the id of an entry in an imported file", id.value),
                )
                .at(id.span)
                .help("From outside it would mean the same of the import as a whole: choose another name."),
            );
        }
        let mut tags = outer.tags.to_vec();
        tags.extend(self.tags(fields));
        tags.dedup();
        Entry {
            id,
            name: fields.get("name").map(|node| self.message("name", node).value),
            unit: outer.unit,
            round: outer.round,
            parent: outer.parent,
            span,
            when: self.conditions(fields, "when"),
            on_change: Vec::new(),
            on_failure: Vec::new(),
            is_region: false,
            always: self.flag(fields, "always").unwrap_or(false),
            run_once: self.once(fields, id_of, outer),
            delegate_to: fields
                .get("delegate_to")
                .map(|node| self.message("delegate_to", node)),
            repeat: fields.get("loop").and_then(|node| self.repeat(node)),
            timeout: self.duration_or_asked(fields, "timeout"),
            ignore_errors: (self.flag_or_asked(fields, "ignore_errors")).unwrap_or(Setting::Fixed(false)),
            no_log: (self.flag_or_asked(fields, "no_log")).unwrap_or_else(|| match outer.no_log {
                Setting::Fixed(it) => Setting::Fixed(*it),
                Setting::Asked(_) | Setting::Outer => Setting::Outer,
            }),
            diff: self.flag(fields, "diff").unwrap_or(true) && outer.diff,
            privilege: self.privilege(fields, Level::Calls),
            vars: Arc::default(),
            tags,
            action: Action::Group(Group::default()),
        }
    }

    fn links(&mut self, fields: &Fields<'_>, entry: EntryId) -> Links {
        let links = Links {
            entry,
            on_change: self.texts(fields, "on_change").unwrap_or_default(),
            on_failure: self.texts(fields, "on_failure").unwrap_or_default(),
        };
        for (name, list) in [("on_change", &links.on_change), ("on_failure", &links.on_failure)] {
            let is_written = fields
                .get(name)
                .is_some_and(|it| matches!(&it.kind, Kind::Seq(items) if items.is_empty()));
            if is_written && list.is_empty() {
                self.diagnostics.push(
                    Diagnostic::warning(
                        Code::NeverNotified,
                        format!("`{name}` is empty: it waits for nothing"),
                    )
                    .at(fields.key_span(name))
                    .help("Name the entries that it waits for by their `id`s, or remove the key."),
                );
            }
        }
        if fields.get("on_change").is_some() && fields.get("on_failure").is_some() {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::NotOnThisEntry,
                    "`on_change` and `on_failure` cannot stand on one entry",
                )
                .at(fields.key_span("on_failure"))
                .label(fields.key_span("on_change"), "the other"),
            );
        }
        links
    }

    /// Tags as written.
    pub(super) fn tags(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let written = self.texts(fields, "tags").unwrap_or_default();
        for tag in &written {
            if tag.value.is_empty() || tag.value.contains([',', ' ']) {
                self.error(
                    Code::InvalidName,
                    format!("`{}` cannot be a tag", tag.value.escape_debug()),
                    tag.span,
                );
            }
        }
        written.into_iter().map(|tag| tag.value).collect()
    }

    /// Text that may hold templates.
    pub(super) fn message(&mut self, key: &str, node: &Node) -> Spanned<Form> {
        if !matches!(node.kind, Kind::Str(_)) {
            self.wrong_type(key, "a text", node);
        }
        self.form(node)
    }

    fn call(&mut self, fields: &Fields<'_>, key: &Spanned<String>, node: &Node) -> Action {
        let Some(tool) = self.tool(&key.value) else {
            let error = self.unknown_tool(key);
            self.diagnostics.push(error);
            return Action::Group(Group::default());
        };
        let tool = &tool;
        if tool.access != Access::Opaque {
            for name in ["env", "reads", "writes"] {
                if fields.get(name).is_some() {
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::NotOnThisEntry,
                            format!("`{name}` cannot stand on a call of `{}`", tool.name),
                        )
                        .at(fields.key_span(name))
                        .help("It is for calls that run what the playbook's author wrote, such as `exec.shell`."),
                    );
                }
            }
        }
        if tool.place == Place::Controller && tool.name != ASSERT && fields.get("delegate_to").is_some() {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::NotOnThisEntry,
                    format!("`delegate_to` cannot stand on a call of `{}`", tool.name),
                )
                .at(fields.key_span("delegate_to"))
                .help("It asks no host anything: it is done on the controller."),
            );
        }
        for name in ["retries", "delay"] {
            if fields.get(name).is_some() && fields.get("until").is_none() {
                self.diagnostics.push(
                    Diagnostic::error(Code::MissingKey, format!("`{name}` does nothing without `until`"))
                        .at(fields.key_span(name))
                        .help("Write `until: not result.failed` to repeat until the call succeeds."),
                );
            }
        }
        Action::Call(Box::new(Call {
            tool: Arc::clone(tool),
            args: self.arguments(tool, key.span, node),
            templates: std::mem::take(&mut self.template_paths),
            env: fields.get("env").map(|node| self.environment(node)),
            reads: fields.get("reads").map(|node| self.paths("reads", node)),
            writes: fields.get("writes").map(|node| self.paths("writes", node)),
            until: self.conditions(fields, "until"),
            retries: (self.number_or_asked(fields, "retries")).unwrap_or(Setting::Fixed(RETRIES_DEFAULT)),
            delay: (self.duration_or_asked(fields, "delay")).unwrap_or(Setting::Fixed(DELAY_DEFAULT)),
            changed_when: self.conditions(fields, "changed_when"),
            failed_when: self.conditions(fields, "failed_when"),
        }))
    }
}
