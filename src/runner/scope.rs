//! The scope of a host: its variables in their order of precedence, and the reserved names.

use std::sync::Arc;

use crate::event::HostOutcome;
use crate::name::{HostId, UnitId};
use crate::playbook::Round;
use crate::protocol::Mode;
use crate::runner::context::Context;
use crate::runner::inventory::with_inventory;
use crate::runner::results::ResultsLookup;
use crate::runner::secrets::{Keeping, SecretsLookup};
use crate::template::{Form, Lookup, Rendering, Root, Scope, Secrecy};
use crate::value::{Map, Value};

/// The scope in which a host's rounds are read.
pub(super) fn host_scope(context: &Arc<Context>, id: HostId) -> Arc<Scope> {
    let playbook = &context.playbook;
    let keeper = Arc::new(Keeping(Arc::clone(&context.options.secrets)));
    let mut scope = Scope::kept(Arc::clone(&playbook.extra), keeper);
    for layer in &playbook.vars {
        scope = scope.with(Arc::clone(layer));
    }
    for (_, layer) in playbook.inventory.layers(id) {
        scope = scope.with(Arc::clone(layer));
    }
    let lookup = |lookup: Arc<dyn Lookup>| Root::Lookup(lookup);
    scope = with_inventory(context, id, &scope)
        .bind(
            "host",
            lookup(Arc::new(HostLookup {
                context: Arc::clone(context),
                id,
                others: None,
            })),
        )
        .bind("facts", lookup(Arc::new(FactsLookup(Arc::clone(context), id))))
        .bind(
            "secrets",
            lookup(Arc::new(SecretsLookup(Arc::clone(&context.options.secrets)))),
        )
        .bind("run", Root::Value(run(context)));
    unit_scope(context, &scope, id, UnitId::PLAYBOOK)
}

/// The scope inside a unit, from the one outside.
pub(super) fn unit_scope(
    context: &Arc<Context>,
    outside: &Arc<Scope>,
    host: HostId,
    unit: UnitId,
) -> Arc<Scope> {
    with_results(context, &context.playbook.enter(unit, outside), host, unit)
}

/// The scope in which a round is read, from that of the host.
pub(super) fn round_scope(
    context: &Arc<Context>,
    base: &Arc<Scope>,
    host: HostId,
    round: &Round,
) -> Arc<Scope> {
    let mut scope = Arc::clone(base);
    for unit in context.playbook.enclosing(round.unit).into_iter().skip(1) {
        scope = unit_scope(context, &scope, host, unit);
    }
    scope.with(Arc::clone(&round.vars))
}

/// The scope in which `results` are those of a unit.
fn with_results(context: &Arc<Context>, scope: &Arc<Scope>, host: HostId, unit: UnitId) -> Arc<Scope> {
    let results = ResultsLookup::new(Arc::clone(context), host, unit);
    let hosts = HostsLookup {
        context: Arc::clone(context),
        unit,
    };
    scope
        .bind("results", Root::Lookup(Arc::new(results)))
        .bind("hosts", Root::Lookup(Arc::new(hosts)))
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
    /// Of one of `hosts`: the unit whose `results` it has.
    others: Option<UnitId>,
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
            "facts" if self.others.is_some() => {
                Root::Lookup(Arc::new(FactsLookup(Arc::clone(&self.context), self.id)))
            }
            "status" if self.others.is_some() => {
                let known = self.context.hosts[self.id.index()].lock();
                let outcome = known.ended.as_ref().map_or(HostOutcome::NotStarted, |it| it.0);
                Root::Value(outcome.as_str().into())
            }
            "error" if self.others.is_some() => {
                let known = self.context.hosts[self.id.index()].lock();
                let reason = known.ended.as_ref().and_then(|it| it.1.clone());
                Root::Value(reason.map_or(Value::Null, Value::from))
            }
            "results" => {
                let results = ResultsLookup::new(Arc::clone(&self.context), self.id, self.others?);
                Root::Lookup(Arc::new(results.of_others()))
            }
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<String> {
        let more: &[&str] = if self.others.is_some() {
            &["facts", "results", "status", "error"]
        } else {
            &[]
        };
        ["name", "address", "groups", "vars"]
            .iter()
            .chain(more)
            .map(|key| (*key).to_owned())
            .collect()
    }
}

/// `hosts`.
#[derive(Debug)]
struct HostsLookup {
    context: Arc<Context>,
    unit: UnitId,
}

impl Lookup for HostsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let id = *self.context.playbook.inventory.host_names.get(key)?;
        Some(Root::Lookup(Arc::new(HostLookup {
            context: Arc::clone(&self.context),
            id,
            others: Some(self.unit),
        })))
    }

    fn keys(&self) -> Vec<String> {
        let inventory = &self.context.playbook.inventory;
        inventory
            .all()
            .map(|id| inventory.host(id).name.to_string())
            .collect()
    }
}

/// The variables of a host as its inventory gives them.
#[derive(Debug)]
pub(super) struct VarsLookup(pub(super) Arc<Context>, pub(super) HostId);

impl Lookup for VarsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let inventory = &self.0.playbook.inventory;
        if let Some(why) = inventory.closed.get(&self.1) {
            return Some(Root::Gap(why.clone()));
        }
        let layers = inventory.layers(self.1);
        let layers = (layers.iter().rev().map(|(_, layer)| *layer)).chain(self.0.playbook.vars.iter().rev());
        let extra = self.0.playbook.extra.get(key);
        let form = extra.or_else(|| layers.into_iter().find_map(|layer| layer.get(key)))?;
        Some(render_for(&self.0, self.1, &form.value))
    }

    fn keys(&self) -> Vec<String> {
        let inventory = &self.0.playbook.inventory;
        let layers = inventory.layers(self.1).into_iter().map(|(_, layer)| layer);
        let layers = self.0.playbook.vars.iter().chain(layers);
        let keys: indexmap::IndexSet<String> = layers.flat_map(|layer| layer.keys()).cloned().collect();
        keys.into_iter().collect()
    }
}

fn render_for(context: &Arc<Context>, host: HostId, form: &Form) -> Root {
    if let Some(value) = form.literal() {
        return Root::Value(value.clone());
    }
    match form.render(&host_scope(context, host)) {
        Ok(Rendering::Known {
            value,
            secrecy: Secrecy::Public,
        }) => Root::Value(value),
        Ok(Rendering::Known { value, .. }) => Root::Secret(value),
        Ok(Rendering::Unknown { because }) => Root::Unknown(because),
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
