//! What the templates of a host's entries see: the scopes of the lists that are under way, and of their loops.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::failure::{Failure, Kind};
use crate::name::{EntryId, HostId, RoundId, UnitId};
use crate::playbook::{Action, Entry};
use crate::runner::context::Context;
use crate::runner::failed::FailedLookup;
use crate::runner::host::authority::Authority;
use crate::runner::items::Bindings;
use crate::runner::names::{FrameId, Place};
use crate::runner::schedule::effect::Opening;
use crate::runner::schedule::state::gate::Gate;
use crate::runner::scope::{host_scope, round_scope, unit_scope};
use crate::runner::secrets;
use crate::template::{Expression, RenderError, Rendering, Root, Scope, Truth};
use crate::value::Value;

/// What the templates of a host's entries see.
#[derive(Debug)]
pub(super) struct View {
    pub(super) context: Arc<Context>,
    pub(super) id: HostId,
    base: Arc<Scope>,
    lists: HashMap<FrameId, List>,
}

/// What the entries of a list under way see.
#[derive(Debug)]
struct List {
    scope: Arc<Scope>,
    /// As whom its calls act: what its round says, and what the groups around it do.
    authority: [Authority; 2],
    /// Where its entries are done, if they do not say it themselves.
    delegate: Delegate,
    /// The loops of its entries, by their places in it.
    loops: HashMap<usize, Looped>,
}

/// What the items of a loop see.
#[derive(Debug)]
struct Looped {
    scope: Arc<Scope>,
    items: Vec<Bindings>,
}

/// Where an entry is done.
#[derive(Debug, Clone, Default)]
pub(super) enum Delegate {
    /// On its own host.
    #[default]
    Nobody,
    /// On this one.
    To(HostId),
    /// Check mode: that depends on what was not done.
    Unknown(String),
    /// What `delegate_to` gives is no host.
    Wrong(Failure),
}

impl View {
    /// That of a host: nothing is under way.
    pub(super) fn new(context: Arc<Context>, id: HostId) -> Self {
        Self {
            base: host_scope(&context, id),
            context,
            id,
            lists: HashMap::new(),
        }
    }

    /// A list of entries is begun.
    pub(super) async fn open(&mut self, frame: FrameId, opening: Opening) {
        let context = Arc::clone(&self.context);
        let playbook = &context.playbook;
        let list = match opening {
            Opening::Round(id) => {
                let round = playbook.round(id);
                let scope = self.round_scope(id);
                let of_round = Authority::default().with(&round.privilege, Some(&scope));
                List {
                    authority: [of_round, Authority::default()],
                    scope,
                    delegate: Delegate::Nobody,
                    loops: HashMap::new(),
                }
            }
            Opening::Item(place, id) => {
                let entry = playbook.entry(id);
                let scope = self.item_scope(place, id);
                let secrets = &context.options.secrets;
                let delegate = secrets::beside(secrets, || self.delegate(place.frame, entry, &scope)).await;
                let [of_round, of_groups] = self.authority(place.frame);
                let unit = match &entry.action {
                    Action::Group(group) => group.unit,
                    _ => None,
                };
                List {
                    authority: [of_round, of_groups.with(&entry.privilege, Some(&scope))],
                    scope: self.inside_of(unit, scope),
                    delegate,
                    loops: HashMap::new(),
                }
            }
        };
        self.lists.insert(frame, list);
    }

    /// A list of entries has ended.
    pub(super) fn close(&mut self, frame: FrameId) {
        self.lists.remove(&frame);
    }

    /// Keeps what a loop runs over.
    pub(super) fn keep_items(
        &mut self,
        frame: FrameId,
        slot: usize,
        scope: Arc<Scope>,
        items: Vec<Bindings>,
    ) {
        if let Some(list) = self.lists.get_mut(&frame) {
            list.loops.insert(slot, Looped { scope, items });
        }
    }

    /// As whom the calls of a list act.
    pub(super) fn authority(&self, frame: FrameId) -> [Authority; 2] {
        let list = self.lists.get(&frame);
        list.map_or_else(Default::default, |list| list.authority.clone())
    }

    /// The scope in which a round is read.
    pub(super) fn round_scope(&self, round: RoundId) -> Arc<Scope> {
        round_scope(
            &self.context,
            &self.base,
            self.id,
            self.context.playbook.round(round),
        )
    }

    /// The scope inside a unit, where what is begun is one.
    fn inside_of(&self, unit: Option<UnitId>, scope: Arc<Scope>) -> Arc<Scope> {
        match unit {
            Some(unit) => unit_scope(&self.context, &scope, self.id, unit),
            None => scope,
        }
    }

    /// The scope in which an entry of a list is read, without the names of a loop of its own.
    pub(super) fn scope(&self, frame: FrameId, id: EntryId) -> Arc<Scope> {
        let entry = self.context.playbook.entry(id);
        let scope = self.lists.get(&frame).map_or(&self.base, |list| &list.scope);
        let mut scope = Arc::clone(scope);
        if !entry.on_failure.is_empty() {
            let failed = FailedLookup {
                context: Arc::clone(&self.context),
                host: self.id,
                sources: entry.on_failure.clone(),
            };
            scope = scope.bind("failed", Root::Lookup(Arc::new(failed)));
        }
        if entry.vars.is_empty() {
            scope
        } else {
            scope.with(Arc::clone(&entry.vars))
        }
    }

    /// The scope in which an item is done.
    pub(super) fn item_scope(&self, place: Place, id: EntryId) -> Arc<Scope> {
        let list = self.lists.get(&place.frame);
        match list.and_then(|list| list.loops.get(&place.slot)) {
            Some(Looped { scope, items }) if self.context.playbook.entry(id).repeat.is_some() => {
                items[place.item].scope(scope, place.item, items.len())
            }
            _ => self.scope(place.frame, id),
        }
    }

    /// Where an entry is done: as it says itself, else as what it is in says.
    pub(super) fn delegate(&self, frame: FrameId, entry: &Entry, scope: &Arc<Scope>) -> Delegate {
        let Some(form) = &entry.delegate_to else {
            return self
                .lists
                .get(&frame)
                .map(|list| list.delegate.clone())
                .unwrap_or_default();
        };
        let wrong = |message: String| Delegate::Wrong(Failure::new(Kind::Invalid, message));
        match form.value.render(scope) {
            Ok(Rendering::Known {
                value: Value::Str(name),
                ..
            }) => match self.context.playbook.inventory.host_names.get(&name) {
                Some(host) => match self.context.playbook.inventory.closed.get(host) {
                    Some(why) => wrong(format!("`delegate_to` gives `{name}`, and {why}")),
                    None => Delegate::To(*host),
                },
                None => wrong(format!("`delegate_to` gives `{name}`, and there is no such host")),
            },
            Ok(Rendering::Known { value, .. }) => wrong(format!(
                "`delegate_to` needs the name of a host, not a {}",
                value.type_name()
            )),
            Ok(Rendering::Unknown { because }) => Delegate::Unknown(because),
            Err(error) => wrong(self.explain(&error)),
        }
    }

    /// What conditions say in a scope, behind something that is not known. The first *no* counts, wherever it is; what
    /// cannot be evaluated counts as not known behind something that is not.
    pub(super) fn gate(&self, when: &[Expression], scope: &Arc<Scope>, unknown: Option<String>) -> Gate {
        let mut unknown = unknown;
        for condition in when {
            match condition.holds(scope) {
                Ok(Truth::True) => {}
                Ok(Truth::False) => return Gate::Shut(format!("`{}` is false", condition.text())),
                Ok(Truth::Unknown { because }) => drop(unknown.get_or_insert(because)),
                Err(_) if unknown.is_some() => {}
                Err(error) => return Gate::Failed(Failure::new(Kind::Invalid, self.explain(&error))),
            }
        }
        unknown.map_or(Gate::Open, Gate::Unknown)
    }

    /// A rendering error in words, with its place.
    pub(super) fn explain(&self, error: &RenderError) -> String {
        let sources = &self.context.playbook.sources;
        let mut text = format!("{} ({})", error.message, sources.location(error.span));
        for (name, span) in &error.through {
            let _infallible = write!(text, ", through `{name}` ({})", sources.location(*span));
        }
        if let Some(help) = &error.help {
            text.push_str(". ");
            text.push_str(help);
        }
        text
    }
}
