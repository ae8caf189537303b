//! The scope of a host: its variables in their order of precedence, and the reserved names.

use std::sync::Arc;

use crate::event::Outcome;
use crate::name::HostId;
use crate::protocol::Mode;
use crate::runner::context::Context;
use crate::runner::record::{Record, RecordLookup};
use crate::template::{Form, Lookup, Root, Scope};
use crate::value::{Map, Value};

/// The scope in which a host's rounds are read.
pub(super) fn host_scope(context: &Arc<Context>, id: HostId) -> Arc<Scope> {
    let playbook = &context.playbook;
    let host = playbook.inventory.host(id);
    let mut scope = Scope::new(Arc::clone(&context.options.extra));
    for layer in &playbook.vars {
        scope = scope.with(Arc::clone(layer));
    }
    for group in &host.groups {
        scope = scope.with(Arc::clone(&playbook.inventory.groups[*group].vars));
    }
    scope = scope.with(Arc::clone(&host.vars));
    let lookup = |lookup: Arc<dyn Lookup>| Root::Lookup(lookup);
    scope
        .bind(
            "host",
            lookup(Arc::new(HostLookup {
                context: Arc::clone(context),
                id,
                is_other: false,
            })),
        )
        .bind("hosts", lookup(Arc::new(HostsLookup(Arc::clone(context)))))
        .bind("groups", Root::Value(groups(context)))
        .bind("facts", lookup(Arc::new(FactsLookup(Arc::clone(context), id))))
        .bind(
            "results",
            lookup(Arc::new(ResultsLookup(Arc::clone(context), id))),
        )
        .bind("run", Root::Value(run(context)))
}

fn groups(context: &Context) -> Value {
    let inventory = &context.playbook.inventory;
    let names = |hosts: &mut dyn Iterator<Item = HostId>| {
        Value::List(
            hosts
                .map(|host| inventory.host(host).name.as_str().into())
                .collect(),
        )
    };
    let mut map = Map::new();
    map.insert("all".into(), names(&mut inventory.all()));
    for group in &inventory.groups {
        map.insert(group.name.clone(), names(&mut group.hosts.iter().copied()));
    }
    Value::Map(map)
}

fn run(context: &Context) -> Value {
    let folder = context
        .playbook
        .path
        .parent()
        .unwrap_or_else(|| std::path::Path::new(""));
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let folder = if folder.as_os_str().is_empty() {
        std::env::current_dir().unwrap_or(folder)
    } else {
        folder
    };
    Value::Map(Map::from([
        ("id".to_owned(), context.run_id.as_str().into()),
        ("check".to_owned(), (context.options.mode == Mode::Check).into()),
        (
            "playbook_dir".to_owned(),
            folder.to_string_lossy().into_owned().into(),
        ),
    ]))
}

/// `host`, or one of `hosts`.
#[derive(Debug)]
struct HostLookup {
    context: Arc<Context>,
    id: HostId,
    is_other: bool,
}

impl Lookup for HostLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let inventory = &self.context.playbook.inventory;
        let host = inventory.host(self.id);
        Some(match key {
            "name" => Root::Value(host.name.as_str().into()),
            "address" => Root::Value(
                host.connection
                    .address
                    .as_deref()
                    .unwrap_or(host.name.as_str())
                    .into(),
            ),
            "groups" => Root::Value(Value::List(
                host.groups
                    .iter()
                    .map(|group| inventory.groups[*group].name.as_str().into())
                    .collect(),
            )),
            "vars" => Root::Lookup(Arc::new(VarsLookup(Arc::clone(&self.context), self.id))),
            "facts" if self.is_other => {
                Root::Lookup(Arc::new(FactsLookup(Arc::clone(&self.context), self.id)))
            }
            "results" if self.is_other => {
                Root::Lookup(Arc::new(ResultsLookup(Arc::clone(&self.context), self.id)))
            }
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<String> {
        let more: &[&str] = if self.is_other { &["facts", "results"] } else { &[] };
        ["name", "address", "groups", "vars"]
            .iter()
            .chain(more)
            .map(|key| (*key).to_owned())
            .collect()
    }
}

/// `hosts`.
#[derive(Debug)]
struct HostsLookup(Arc<Context>);

impl Lookup for HostsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let id = *self.0.playbook.inventory.host_names.get(key)?;
        Some(Root::Lookup(Arc::new(HostLookup {
            context: Arc::clone(&self.0),
            id,
            is_other: true,
        })))
    }

    fn keys(&self) -> Vec<String> {
        let inventory = &self.0.playbook.inventory;
        inventory
            .all()
            .map(|id| inventory.host(id).name.to_string())
            .collect()
    }
}

/// The variables of a host as its inventory gives them.
#[derive(Debug)]
struct VarsLookup(Arc<Context>, HostId);

impl Lookup for VarsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let inventory = &self.0.playbook.inventory;
        let host = inventory.host(self.1);
        let groups = host
            .groups
            .iter()
            .rev()
            .map(|group| &inventory.groups[*group].vars);
        let layers = std::iter::once(&host.vars)
            .chain(groups)
            .chain(self.0.playbook.vars.iter().rev());
        let form = layers.into_iter().find_map(|layer| layer.get(key))?;
        Some(render_for(&self.0, self.1, &form.value))
    }

    fn keys(&self) -> Vec<String> {
        let inventory = &self.0.playbook.inventory;
        let host = inventory.host(self.1);
        let groups = host.groups.iter().map(|group| &inventory.groups[*group].vars);
        let layers = self
            .0
            .playbook
            .vars
            .iter()
            .chain(groups)
            .chain(std::iter::once(&host.vars));
        let mut keys: Vec<String> = Vec::new();
        for key in layers.flat_map(|layer| layer.keys()) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        keys
    }
}

fn render_for(context: &Arc<Context>, host: HostId, form: &Form) -> Root {
    if let Some(value) = form.literal() {
        return Root::Value(value.clone());
    }
    match form.render(&host_scope(context, host)) {
        Ok(crate::template::Rendering::Known { value, secret: false }) => Root::Value(value),
        Ok(crate::template::Rendering::Known { value, secret: true }) => Root::Secret(value),
        Ok(crate::template::Rendering::Unknown { because }) => Root::Unknown(because),
        Err(error) => Root::Gap(error.to_string()),
    }
}

/// `facts`.
#[derive(Debug)]
struct FactsLookup(Arc<Context>, HostId);

impl Lookup for FactsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let known = self.0.hosts[self.1.index()].lock();
        if let Some(Value::Map(facts)) = &known.facts {
            return facts.get(key).cloned().map(Root::Value);
        }
        let name = &self.0.playbook.inventory.host(self.1).name;
        Some(Root::Gap(format!(
            "the facts of `{name}` are not known: it was not connected in this run"
        )))
    }

    fn keys(&self) -> Vec<String> {
        match &self.0.hosts[self.1.index()].lock().facts {
            Some(Value::Map(facts)) => facts.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }
}

/// `results`.
#[derive(Debug)]
struct ResultsLookup(Arc<Context>, HostId);

impl Lookup for ResultsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let entry = *self.0.playbook.ids.get(key)?;
        let record = self
            .0
            .record(self.1, entry)
            .unwrap_or_else(|| Arc::new(Record::of(Outcome::Skipped)));
        Some(Root::Lookup(Arc::new(RecordLookup(record))))
    }

    fn keys(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.0.playbook.ids.iter().collect();
        ids.sort_by_key(|(_, entry)| **entry);
        ids.into_iter().map(|(id, _)| id.clone()).collect()
    }
}
