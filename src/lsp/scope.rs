//! What a place in a text is about, and which names mean something there.

use std::path::Path;

use crate::lsp::files;
use crate::lsp::workspace::Snapshot;
use crate::name::{HostId, UnitId};
use crate::playbook::{Entry, Playbook, Spot};
use crate::source::{Span, Spanned};
use crate::template::Form;
use crate::yaml::{Cursor, Step};

/// The kind of map that a place is in, if keys of the language are written there.
pub(super) fn spot(path: &[Step], is_unit: bool) -> Option<Spot> {
    let keys: Vec<Option<&str>> = path
        .iter()
        .map(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Item => None,
        })
        .collect();
    match keys.as_slice() {
        [] if is_unit => Some(Spot::Unit),
        [] => Some(Spot::Playbook),
        [Some("rounds"), None] => Some(Spot::Round),
        [.., Some("calls"), None] => Some(Spot::Entry),
        [Some("hosts"), Some(_)] => Some(Spot::Host),
        [Some("groups"), Some(_)] => Some(Spot::Group),
        [Some("connection")] => Some(Spot::Connection),
        [Some("secrets"), Some(_)] => Some(Spot::Secret),
        [Some("inputs"), Some(_)] => Some(Spot::Input),
        [.., Some("become")] => Some(Spot::Become),
        _ => None,
    }
}

/// The tool of whose arguments a place is a part, where it is directly among them.
pub(super) fn tool_of(path: &[Step]) -> Option<&str> {
    match path {
        [.., Step::Item, Step::Key(name)] if name.contains('.') && is_in_calls(&path[..path.len() - 2]) => {
            Some(name)
        }
        _ => None,
    }
}

/// Whether what a path leads to is a list of entries.
pub(super) fn is_in_calls(path: &[Step]) -> bool {
    matches!(path.last(), Some(Step::Key(name)) if name == "calls")
}

/// The part of a value that is an expression, up to the place: in `{{ }}` or `{% %}`, or all of it where a key takes bare
/// expressions.
pub(super) fn expression(cursor: &Cursor) -> Option<&str> {
    if !cursor.is_value && !matches!(cursor.path.last(), Some(Step::Item)) {
        return None;
    }
    let typed = cursor.typed.as_str();
    let open = [("{{", "}}"), ("{%", "%}")]
        .into_iter()
        .filter_map(|(open, close)| {
            let start = typed.rfind(open)? + 2;
            (!typed[start..].contains(close)).then_some(start)
        });
    if let Some(start) = open.max() {
        return Some(&typed[start..]);
    }
    let is_bare = matches!(
        cursor.key(),
        Some("when" | "until" | "changed_when" | "failed_when" | "that")
    );
    is_bare.then_some(typed)
}

/// The names with dots that an expression ends with: what is before the last dot, and what is written of the last name.
pub(super) fn trail(expression: &str) -> (Vec<&str>, &str) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let start = expression.rfind(|c| !is_part(c)).map_or(0, |at| {
        at + expression[at..].chars().next().map_or(1, char::len_utf8)
    });
    let mut names: Vec<&str> = expression[start..].split('.').collect();
    let last = names.pop().unwrap_or_default();
    (names, last)
}

/// Where a place is in a playbook: its file in use, and the entry that it is in or behind.
pub(super) struct Here<'p> {
    pub(super) playbook: &'p Playbook,
    pub(super) unit: UnitId,
    pub(super) entry: Option<&'p Entry>,
}

/// Finds a place of a file in a snapshot.
pub(super) fn here<'p>(snapshot: &'p Snapshot, path: &Path, offset: usize) -> Option<Here<'p>> {
    let playbook = snapshot.playbook.as_ref()?;
    let is_own = |span: Span| files::real(&snapshot.sources.source(span.source).path) == path;
    let mut entry: Option<&Entry> = None;
    for it in playbook.entries.iter().filter(|it| is_own(it.span)) {
        let start = it
            .id
            .as_ref()
            .map_or(it.span.start, |id| id.span.start.min(it.span.start));
        if start as usize <= offset && entry.is_none_or(|last| last.span.start <= it.span.start) {
            entry = Some(it);
        }
    }
    let by_path = || {
        let mut units = playbook.units.iter();
        units.position(|it| files::real(&it.path) == path).map(UnitId::at)
    };
    let unit = entry.map(|it| it.unit).or_else(by_path)?;
    Some(Here {
        playbook,
        unit,
        entry,
    })
}

impl<'p> Here<'p> {
    /// The ids of entries in this file, with their entries.
    pub(super) fn ids(&self) -> Vec<(&'p str, &'p Entry)> {
        let entries = self.playbook.entries.iter().filter(|it| it.unit == self.unit);
        let mut seen = std::collections::HashSet::new();
        let named = entries.filter_map(|it| Some((it.id.as_ref()?.value.as_str(), it)));
        named.filter(|(name, _)| seen.insert(*name)).collect()
    }

    /// The entry of an id of this file.
    pub(super) fn id(&self, name: &str) -> Option<&'p Entry> {
        self.ids()
            .into_iter()
            .find(|(id, _)| *id == name)
            .map(|(_, it)| it)
    }

    /// The variables that mean something here, each with the words for where it comes from.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let playbook = self.playbook;
        let mut all: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, origin: &str| {
            if !all.iter().any(|(it, _)| it == name) {
                all.push((name.to_owned(), origin.to_owned()));
            }
        };
        let mut entry = self.entry;
        while let Some(it) = entry.filter(|it| it.unit == self.unit) {
            for (name, _) in it.repeat.iter().flat_map(|it| &it.over) {
                add(&name.value, "loop");
            }
            it.vars.keys().for_each(|name| add(name, "vars of the entry"));
            entry = it.parent.map(|id| playbook.entry(id));
        }
        let unit = playbook.unit(self.unit);
        unit.inputs.keys().for_each(|name| add(name, "input"));
        unit.vars
            .iter()
            .flat_map(|it| it.keys())
            .for_each(|name| add(name, "vars of the unit"));
        if self.unit != UnitId::PLAYBOOK && !unit.is_open {
            return all;
        }
        if let Some(entry) = self.entry {
            let round = playbook.round(entry.round);
            round.vars.keys().for_each(|name| add(name, "vars of the round"));
        }
        playbook
            .vars
            .iter()
            .flat_map(|it| it.keys())
            .for_each(|name| add(name, "vars"));
        playbook.extra.keys().for_each(|name| add(name, "-e"));
        let inventory = &playbook.inventory;
        inventory.all_vars.keys().for_each(|name| add(name, "group all"));
        for group in &inventory.groups {
            group
                .vars
                .keys()
                .for_each(|name| add(name, &format!("group {}", group.name)));
        }
        for beside in &inventory.beside {
            beside.all.keys().for_each(|name| add(name, "group_vars"));
            for at in 0..inventory.groups.len() {
                let vars = beside.groups.get(&at).into_iter();
                vars.flat_map(|it| it.keys())
                    .for_each(|name| add(name, "group_vars"));
            }
        }
        for host in &inventory.hosts {
            host.vars.keys().for_each(|name| add(name, "host"));
        }
        all
    }
}

/// Where the value of a variable is written that a host has at a place, and whether it is a secret.
pub(super) fn definition(here: &Here<'_>, host: HostId, name: &str) -> Option<(Span, bool)> {
    let found = inner(here, name).or_else(|| {
        let mut found = None;
        for layer in &here.playbook.vars {
            found = layer.get(name).or(found);
        }
        for (_, layer) in here.playbook.inventory.layers(host) {
            found = layer.get(name).or(found);
        }
        found
    })?;
    Some((found.span, found.value.is_secret()))
}

/// What the entry, the round and the unit say of a variable, the nearest first.
fn inner<'p>(here: &Here<'p>, name: &str) -> Option<&'p Spanned<Form>> {
    let mut entry = here.entry;
    while let Some(it) = entry.filter(|it| it.unit == here.unit) {
        if let Some(form) = it.vars.get(name) {
            return Some(form);
        }
        entry = it.parent.map(|id| here.playbook.entry(id));
    }
    let unit = here.playbook.unit(here.unit);
    let of_unit = unit
        .vars
        .iter()
        .rev()
        .find_map(|it| it.get(name))
        .or_else(|| unit.given.get(name));
    of_unit.or_else(|| here.playbook.round(here.entry?.round).vars.get(name))
}

/// All places where a variable that means something here is given a value.
pub(super) fn definitions(here: &Here<'_>, name: &str) -> Vec<Span> {
    if let Some(form) = inner(here, name) {
        return vec![form.span];
    }
    let playbook = here.playbook;
    if let Some(input) = playbook.unit(here.unit).inputs.get(name) {
        return vec![input.span];
    }
    let inventory = &playbook.inventory;
    let mut spans = Vec::new();
    let mut see = |layer: &crate::template::Variables| spans.extend(layer.get(name).map(|it| it.span));
    playbook.vars.iter().for_each(|it| see(it));
    for id in inventory.all() {
        inventory.each_group_layer(id, |_, layer| see(layer));
        inventory.each_host_layer(id, |_, layer| see(layer));
    }
    spans.sort_unstable();
    spans.dedup();
    spans
}
