//! The playbook as meant: names resolved, arguments checked against their tools, nothing left to look up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use crate::inventory::{Inventory, Pattern, Privilege};
use crate::name::{EntryId, HostId, RoundId, UnitId};
use crate::playbook::setting::Setting;
use crate::playbook::share::Share;
use crate::playbook::unit::Unit;
use crate::secret::Source;
use crate::source::{SourceMap, Span, Spanned};
use crate::template::Variables;
use crate::template::{Expression, Form, Template};
use crate::tool;

/// How many times a call with `until` is made again, where `retries` does not say.
pub const RETRIES_DEFAULT: u32 = 3;
/// How long a call with `until` waits in between, where `delay` does not say.
pub const DELAY_DEFAULT: Duration = Duration::from_secs(5);

/// A whole playbook.
#[derive(Debug)]
pub struct Playbook {
    /// Its file.
    pub path: PathBuf,
    /// Its `name`.
    pub name: Option<String>,
    /// All texts that were loaded for it.
    pub sources: Arc<SourceMap>,
    /// Its hosts and groups.
    pub inventory: Inventory,
    /// Variables below those of groups and hosts: `vars`, then each of `vars_files`; low to high.
    pub vars: Vec<Arc<Variables>>,
    /// As whom calls act.
    pub privilege: Privilege,
    /// Where its secrets come from, by their names.
    pub secrets: IndexMap<String, Spanned<Source>>,
    /// The rounds in written order.
    pub rounds: Vec<Round>,
    /// Every entry of every round, numbered in written order: a group comes before its own.
    pub entries: Vec<Entry>,
    /// Whether it is a unit that was loaded for itself: an import of it and nothing else, for hosts that are not known.
    pub is_unit: bool,
    /// What was evaluated before the run, for keys that are the same for all hosts.
    pub settled: Vec<Form>,
    /// Variables of `-e`: they win over all others.
    pub extra: Arc<Variables>,
    /// The playbook itself, then what its imports bring in, in written order.
    pub units: Vec<Unit>,
}

impl Playbook {
    /// An entry.
    pub fn entry(&self, id: EntryId) -> &Entry {
        &self.entries[id.index()]
    }

    /// An entry and the groups that it is in, from the inside out.
    pub fn around(&self, id: EntryId) -> impl Iterator<Item = EntryId> {
        std::iter::successors(Some(id), |it| self.entry(*it).parent)
    }

    /// The entries in a group, at whatever depth, in written order.
    pub fn inside(&self, group: EntryId) -> impl Iterator<Item = EntryId> {
        let behind = (group.index() + 1..self.entries.len()).map(EntryId::at);
        behind.take_while(move |it| self.around(*it).any(|around| around == group))
    }

    /// The entry whose `delegate_to` holds for an entry: its own, or that of the innermost group that has one.
    pub fn delegation(&self, id: EntryId) -> Option<EntryId> {
        let said = |it: &EntryId| self.entry(*it).delegate_to.is_some();
        self.around(id).find(said)
    }

    /// A unit.
    pub fn unit(&self, id: UnitId) -> &Unit {
        &self.units[id.index()]
    }

    /// A round.
    pub fn round(&self, id: RoundId) -> &Round {
        &self.rounds[id.index()]
    }
}

/// A round.
#[derive(Debug)]
pub struct Round {
    /// Its unique name.
    pub name: Spanned<String>,
    /// The file in which it is written.
    pub unit: UnitId,
    /// The hosts as written.
    pub pattern: Spanned<Pattern>,
    /// The hosts as meant, before `--limit`; in the inventory's order.
    pub hosts: Vec<HostId>,
    /// The rounds that come first.
    pub needs: Vec<RoundId>,
    /// Whether it waits until every host has ended those rounds.
    pub barrier: bool,
    /// The sizes of its batches, the last one repeating; empty: all hosts at once.
    pub serial: Vec<Share>,
    /// More failures than this stop the run; `None`: no limit.
    pub max_failures: Option<Share>,
    /// For the whole of it, per host.
    pub when: Vec<Expression>,
    /// For the whole of it, per host.
    pub timeout: Option<Duration>,
    /// Over those of hosts.
    pub vars: Arc<Variables>,
    /// Its own and no others.
    pub tags: Vec<String>,
    /// As whom its calls act.
    pub privilege: Privilege,
    /// The entries at its top, in written order.
    pub entries: Vec<EntryId>,
}

/// An entry of `calls`.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of its own, and any of them may be set with any other"
)]
pub struct Entry {
    /// Its `id`.
    pub id: Option<Spanned<String>>,
    /// Its `name`: text, possibly with templates.
    pub name: Option<Form>,
    /// The file in which it is written: what ids and variables mean in it.
    pub unit: UnitId,
    /// The round that it is in.
    pub round: RoundId,
    /// The group that it is in.
    pub parent: Option<EntryId>,
    /// Where it is: the key that says what it does.
    pub span: Span,
    /// All must hold. Of a call with a loop: per item.
    pub when: Vec<Expression>,
    /// One of these must have changed something on the host.
    pub on_change: Vec<EntryId>,
    /// One of these must have failed on the host.
    pub on_failure: Vec<EntryId>,
    /// Whether some other entry names it in `on_failure`: a failure in it ends it, and goes no further.
    pub is_region: bool,
    /// Runs even if the host has failed.
    pub always: bool,
    /// One host of its round does it for all.
    pub run_once: bool,
    /// The host on which it is done instead, where it is said here and not by what it is in (see
    /// [`Playbook::delegation`]).
    pub delegate_to: Option<Spanned<Form>>,
    /// Its loop.
    pub repeat: Option<Loop>,
    /// For each attempt of a call; for the whole of a group.
    pub timeout: Option<Setting<Duration>>,
    /// A failure of it does not count.
    pub ignore_errors: Setting<bool>,
    /// Nothing of its arguments, output and result is shown, for certain or until it is known. Inherited.
    pub no_log: Setting<bool>,
    /// Whether differences of it are shown. Inherited.
    pub diff: bool,
    /// As whom its calls act, as it says itself.
    pub privilege: Privilege,
    /// Over those of the round, or of the group that it is in.
    pub vars: Arc<Variables>,
    /// Its own, its groups' and its round's.
    pub tags: Vec<String>,
    /// What it does.
    pub action: Action,
}

impl Entry {
    /// What is evaluated for keys that may be expressions, by the names of the keys.
    pub fn asked(&self) -> impl Iterator<Item = (&'static str, &Spanned<Form>)> {
        let call = self.action.call();
        let found = [
            ("timeout", self.timeout.as_ref().and_then(Setting::form)),
            ("ignore_errors", self.ignore_errors.form()),
            ("no_log", self.no_log.form()),
            ("retries", call.and_then(|it| it.retries.form())),
            ("delay", call.and_then(|it| it.delay.form())),
        ];
        found.into_iter().filter_map(|(key, form)| Some((key, form?)))
    }
}

/// What an entry does.
#[derive(Debug)]
pub enum Action {
    /// Calls a tool.
    Call(Box<Call>),
    /// Runs others, in written order.
    Group(Group),
    /// Fails with this message.
    Fail(Form),
}

impl Action {
    /// Whether it runs other entries.
    pub const fn is_group(&self) -> bool {
        matches!(self, Self::Group(_))
    }

    /// The tool that it calls, or `group`, `import`, `fail`.
    pub fn word(&self) -> &str {
        match self {
            Self::Call(call) => &call.tool.name,
            Self::Group(group) => match group.unit {
                Some(_) => "import",
                None => "group",
            },
            Self::Fail(_) => "fail",
        }
    }

    /// The call, if it is one.
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Call(call) => Some(call),
            _ => None,
        }
    }
}

/// A list of entries: a group's own, or those of a unit.
#[derive(Debug, Default)]
pub struct Group {
    /// They, in written order.
    pub entries: Vec<EntryId>,
    /// The unit that they are, where the entry imports one.
    pub unit: Option<UnitId>,
}

/// A call of a tool.
#[derive(Debug)]
pub struct Call {
    /// The tool.
    pub tool: Arc<tool::Entry>,
    /// Its arguments: always a map. An argument of role `expression` is a list of maps with `expression` (its text) and
    /// `value` (the expression); one of role `template_file` holds the template's text as a form.
    pub args: Spanned<Form>,
    /// Arguments of role `template_file` whose path is known only when the call is made.
    pub templates: Vec<TemplatePath>,
    /// The environment of `exec.*` and custom tools: a map of strings.
    pub env: Option<Spanned<Form>>,
    /// What an opaque call reads: a list of paths. `None`: everything.
    pub reads: Option<Spanned<Form>>,
    /// What an opaque call writes: a list of paths. `None`: everything.
    pub writes: Option<Spanned<Form>>,
    /// Repeats the call until all hold.
    pub until: Vec<Expression>,
    /// How many times more after the first.
    pub retries: Setting<u32>,
    /// How long in between.
    pub delay: Setting<Duration>,
    /// Decides `changed` in the tool's stead; empty: the tool decides.
    pub changed_when: Vec<Expression>,
    /// Decides `failed` in the tool's stead; empty: the tool decides.
    pub failed_when: Vec<Expression>,
}

/// The path of a template that is itself a template.
#[derive(Debug)]
pub struct TemplatePath {
    /// The argument that takes the template's text.
    pub argument: String,
    /// The path, counted from the file in which it is written.
    pub path: Spanned<Form>,
    /// Templates that it may be, as far as that is known offline, by their absolute paths.
    pub known: Vec<(PathBuf, Arc<Template>)>,
}

impl Call {
    /// What its templates read whose paths are known only when it is made: their paths, and those that they may be.
    pub fn template_forms(&self) -> impl Iterator<Item = Form> + '_ {
        self.templates.iter().flat_map(|it| {
            let known = it
                .known
                .iter()
                .map(|(_, template)| Form::Template(Arc::clone(template)));
            std::iter::once(it.path.value.clone()).chain(known)
        })
    }

    /// Whether the playbook, and not the tool alone, says what its outcome is.
    pub fn is_judged_here(&self) -> bool {
        !(self.until.is_empty() && self.failed_when.is_empty())
    }
}

/// The most items that one loop may have on one host.
pub const MOST_ITEMS: usize = 10_000;

/// A loop: names and what they run over, later ones seeing earlier ones. `item` where only an expression was written.
#[derive(Debug)]
pub struct Loop {
    /// Name and list (or map: then the name is bound to `{key, value}`).
    pub over: Vec<(Spanned<String>, Spanned<Form>)>,
}
