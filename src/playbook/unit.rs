//! Units: files whose entries have ids of their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::name::{EntryId, UnitId};
use crate::playbook::input::{Door, Inputs};
use crate::playbook::model::{Action, Entry, Group, Playbook};
use crate::source::Span;
use crate::template::{Root, Scope, Variables};
use crate::value::{Map, Value};

/// What every result has, whatever it is of: these mean the same of a whole unit, so that no entry of one has them as id.
pub const ENVELOPE: [&str; 9] = [
    "status", "changed", "failed", "skipped", "error", "warnings", "diff", "items", "attempts",
];

/// What `managed` gives: a line for files that are written.
const MANAGED: &str = "Written by rmote-play: changes are lost";

/// The names that mean something where nothing defines them, and what is in them.
pub(super) const SPARE: &[(&str, &[&str])] = &[("unit", &["name", "folder"]), ("managed", &[])];

/// A file in use: the playbook itself, or what an import brings in, once for each import.
#[derive(Debug, Default)]
pub struct Unit {
    /// The file.
    pub path: PathBuf,
    /// What it is called by: its `name`, or the path as its import says it.
    pub label: String,
    /// Where it is imported; `None`: it is the playbook itself.
    pub at: Option<Span>,
    /// The file that imports it; `None`: it is the playbook itself.
    pub caller: Option<UnitId>,
    /// Whether it sees the variables of its caller, as rounds do; a unit of calls sees those that it declares.
    pub is_open: bool,
    /// The variables that it declares.
    pub inputs: Arc<Inputs>,
    /// What the import passes: evaluated where the import is written.
    pub given: Arc<Variables>,
    /// Its own variables, low to high. Those of the playbook are in [`Playbook::vars`].
    pub vars: Vec<Arc<Variables>>,
    /// Entries by their `id`.
    pub ids: HashMap<String, EntryId>,
    /// What it imports among its rounds, by `id`.
    pub imports: IndexMap<String, UnitId>,
}

impl Unit {
    /// Its directory, as an absolute path.
    fn folder(&self) -> String {
        let folder = self.path.parent().unwrap_or_else(|| Path::new(""));
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let found = folder.canonicalize().or_else(|_| std::path::absolute(folder));
        found
            .unwrap_or_else(|_| folder.to_path_buf())
            .to_string_lossy()
            .into_owned()
    }

    /// The name of its file without the ending; of a `main.yml` that of the directory.
    fn short_name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        let folder = || Path::new(&self.folder()).file_name().map(ToOwned::to_owned);
        let name = if stem == "main" { folder() } else { None };
        let name = name.unwrap_or_else(|| stem.to_owned());
        name.to_string_lossy().into_owned()
    }

    /// Whether a name that only its caller defines means something in it.
    pub fn sees(&self, name: &str) -> bool {
        self.is_open || self.inputs.contains_key(name)
    }
}

/// What a path of ids means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The entry.
    pub entry: EntryId,
    /// How many steps of the path name it.
    pub steps: usize,
}

impl Playbook {
    /// The entry that a path such as `nginx.config` means in a unit: steps beyond the id of an import lead into what it
    /// imports. What is no id there is left to be a field of the entry's result.
    pub fn target<S: AsRef<str>>(&self, unit: UnitId, path: &[S]) -> Option<Target> {
        let (mut unit, mut steps) = (self.unit(unit), 0);
        while let Some(inner) = unit.imports.get(path.get(steps)?.as_ref()) {
            unit = self.unit(*inner);
            steps += 1;
        }
        let mut entry = *unit.ids.get(path.get(steps)?.as_ref())?;
        steps += 1;
        while let Some(step) = path.get(steps).map(AsRef::as_ref)
            && let Some(inner) = self.imported(entry)
            && !ENVELOPE.contains(&step)
            && let Some(id) = self.unit(inner).ids.get(step)
        {
            entry = *id;
            steps += 1;
        }
        Some(Target { entry, steps })
    }

    /// What an entry is called by: its name where that is no template, else its id, else the unit that it imports, else its
    /// tool.
    pub fn label<'a>(&'a self, entry: &'a Entry) -> &'a str {
        let name = entry.name.as_ref().and_then(|name| name.literal());
        let named = name.and_then(|name| name.as_str());
        let id = entry.id.as_ref().map(|id| id.value.as_str());
        named.or(id).unwrap_or_else(|| match &entry.action {
            Action::Group(Group { unit: Some(unit), .. }) => &self.unit(*unit).label,
            action => action.word(),
        })
    }

    /// The scope inside a unit, from the one outside.
    pub fn enter(&self, id: UnitId, outside: &Arc<Scope>) -> Arc<Scope> {
        let unit = self.unit(id);
        let mut scope = outside.enter(Arc::new(Door {
            is_open: unit.is_open,
            inputs: Arc::clone(&unit.inputs),
            given: Arc::clone(&unit.given),
            sources: Arc::clone(&self.sources),
        }));
        let own = Map::from([
            ("name".to_owned(), unit.short_name().into()),
            ("folder".to_owned(), unit.folder().into()),
        ]);
        scope = scope
            .spare("unit", Root::Value(Value::Map(own)))
            .spare("managed", Root::Value(MANAGED.into()));
        for vars in &unit.vars {
            scope = scope.with(Arc::clone(vars));
        }
        scope
    }

    /// A unit and those that it is in, the playbook first.
    pub fn enclosing(&self, id: UnitId) -> Vec<UnitId> {
        let mut units: Vec<_> = std::iter::successors(Some(id), |it| self.unit(*it).caller).collect();
        units.reverse();
        units
    }

    /// The unit that an entry imports.
    pub fn imported(&self, entry: EntryId) -> Option<UnitId> {
        match &self.entry(entry).action {
            Action::Group(group) => group.unit,
            _ => None,
        }
    }
}
