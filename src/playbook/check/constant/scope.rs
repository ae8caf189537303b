//! The scope of a host before a run.

use std::collections::HashMap;
use std::sync::Arc;

use crate::name::{HostId, UnitId};
use crate::playbook::model::Playbook;
use crate::template::{Lookup, Root, Scope};
use crate::value::{Map, Value};

/// What only a connection, or a moment of the run, can give.
pub(in crate::playbook::check) const LATER: [&str; 7] = [
    "facts", "results", "result", "failed", "secrets", "hosts", HOSTVARS,
];
/// This, only where the inventory is of others; elsewhere it is a variable.
const HOSTVARS: &str = "hostvars";

/// Makes scopes of hosts.
#[derive(Debug)]
pub(in crate::playbook::check) struct Scopes<'a> {
    playbook: &'a Playbook,
    groups: Arc<Fixed>,
    made: HashMap<HostId, Arc<Scope>>,
}

/// So many scopes are kept.
const KEPT: usize = 1024;

impl<'a> Scopes<'a> {
    /// Makes none yet.
    pub(in crate::playbook::check) fn new(playbook: &'a Playbook) -> Self {
        let inventory = &playbook.inventory;
        let names = |ids: &[HostId]| {
            let names = ids.iter().map(|id| inventory.host(*id).name.as_str().into());
            Root::Value(Value::List(names.collect()))
        };
        let all: Vec<HostId> = inventory.all().collect();
        let ungrouped: Vec<HostId> = inventory.all().filter(|id| inventory.is_ungrouped(*id)).collect();
        let mut groups = vec![
            ("all".to_owned(), names(&all)),
            ("ungrouped".to_owned(), names(&ungrouped)),
        ];
        groups.extend(
            inventory
                .groups
                .iter()
                .map(|it| (it.name.clone(), names(&it.hosts))),
        );
        Self {
            playbook,
            groups: Arc::new(Fixed(groups)),
            made: HashMap::new(),
        }
    }

    /// The scope in which a host's rounds are read.
    pub(super) fn of(&mut self, id: HostId) -> Arc<Scope> {
        if let Some(scope) = self.made.get(&id) {
            return Arc::clone(scope);
        }
        let scope = self.make(id);
        if self.made.len() < KEPT {
            self.made.insert(id, Arc::clone(&scope));
        }
        scope
    }

    fn make(&self, id: HostId) -> Arc<Scope> {
        let playbook = self.playbook;
        let inventory = &playbook.inventory;
        let mut scope = Scope::brief(Arc::clone(&playbook.extra));
        for layer in &playbook.vars {
            scope = scope.with(Arc::clone(layer));
        }
        for (_, layer) in inventory.layers(id) {
            scope = scope.with(Arc::clone(layer));
        }
        let host = inventory.host(id);
        let groups = host
            .groups
            .iter()
            .map(|it| inventory.groups[*it].name.as_str().into());
        let address = host.connection.address.as_deref().unwrap_or(host.name.as_str());
        let own = vec![
            ("name".to_owned(), Root::Value(host.name.as_str().into())),
            ("address".to_owned(), Root::Value(address.into())),
            ("groups".to_owned(), Root::Value(Value::List(groups.collect()))),
            ("vars".to_owned(), unknown("vars")),
        ];
        scope = scope
            .bind(
                "groups",
                Root::Lookup(Arc::clone(&self.groups) as Arc<dyn Lookup>),
            )
            .bind("host", Root::Lookup(Arc::new(Fixed(own))))
            .bind("run", Root::Lookup(Arc::new(Fixed(self.run()))));
        for name in LATER.into_iter().filter(|it| *it != HOSTVARS) {
            scope = scope.bind(name, unknown(name));
        }
        if inventory.has_sources {
            let name = host.name.as_str();
            scope = scope
                .bind("inventory_hostname", Root::Value(name.into()))
                .bind(
                    "inventory_hostname_short",
                    Root::Value(inventory.short_name(id).into()),
                )
                .bind("group_names", Root::Value(inventory.sorted_groups(id).into()))
                .bind(HOSTVARS, unknown(HOSTVARS));
        }
        self.enter(UnitId::PLAYBOOK, &scope)
    }

    /// The scope inside a unit.
    pub(super) fn enter(&self, unit: UnitId, outside: &Arc<Scope>) -> Arc<Scope> {
        let inside = self.playbook.enter(unit, outside);
        inside
            .bind("results", unknown("results"))
            .bind("hosts", unknown("hosts"))
    }

    fn run(&self) -> Vec<(String, Root)> {
        let folder = self
            .playbook
            .path
            .parent()
            .unwrap_or_else(|| std::path::Path::new(""));
        let folder = std::path::absolute(folder).map_or(unknown("run"), |folder| {
            Root::Value(folder.to_string_lossy().into_owned().into())
        });
        let later = ["id", "check", "diff", "tags", "skip_tags", "limit", "round"];
        let later = later.into_iter().map(|name| (name.to_owned(), unknown("run")));
        let version = Root::Value(env!("CARGO_PKG_VERSION").into());
        let fixed = [
            ("playbook_dir".to_owned(), folder),
            ("version".to_owned(), version),
        ];
        later.chain(fixed).collect()
    }
}

/// What is not known before the run.
pub(super) fn unknown(name: &str) -> Root {
    Root::Unknown(name.to_owned())
}

/// `loop`, for one of the items of a loop.
pub(super) fn place_in_loop(index: usize, count: usize) -> Root {
    let whole = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    Root::Value(Value::Map(Map::from([
        ("index".to_owned(), whole(index + 1)),
        ("index0".to_owned(), whole(index)),
        ("length".to_owned(), whole(count)),
        ("first".to_owned(), (index == 0).into()),
        ("last".to_owned(), (index + 1 == count).into()),
    ])))
}

/// Fixed parts by their names.
#[derive(Debug)]
struct Fixed(Vec<(String, Root)>);

impl Lookup for Fixed {
    fn get(&self, key: &str) -> Option<Root> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, root)| root.clone())
    }

    fn keys(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }
}
