//! What templates see of the inventory, in a run or without one: a host's variables, `host`, `groups`, `secrets`, and what files
//! of Ansible's inventories call a host and the others.

use std::fmt;
use std::sync::Arc;

use crate::name::HostId;
use crate::playbook::Playbook;
use crate::runner::context::Context;
use crate::runner::scope::host_scope;
use crate::runner::secrets::{Keeping, SecretsLookup};
use crate::secret::Secrets;
use crate::template::{Form, Lookup, Rendering, Root, Scope, Secrecy};
use crate::value::Value;

/// Hosts, and the scope of each.
pub(super) trait Hosts: fmt::Debug + Send + Sync {
    fn playbook(&self) -> &Playbook;
    fn secrets(&self) -> &Arc<Secrets>;
    /// The scope in which the variables of a host are read.
    fn scope(self: Arc<Self>, id: HostId) -> Arc<Scope>;
}

impl Hosts for Context {
    fn playbook(&self) -> &Playbook {
        &self.playbook
    }

    fn secrets(&self) -> &Arc<Secrets> {
        &self.options.secrets
    }

    fn scope(self: Arc<Self>, id: HostId) -> Arc<Scope> {
        host_scope(&self, id)
    }
}

/// Hosts of which nothing is run.
#[derive(Debug)]
struct Resting {
    playbook: Arc<Playbook>,
    secrets: Arc<Secrets>,
}

impl Hosts for Resting {
    fn playbook(&self) -> &Playbook {
        &self.playbook
    }

    fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    fn scope(self: Arc<Self>, id: HostId) -> Arc<Scope> {
        let known: Arc<dyn Hosts> = self;
        inventory_scope(&known, id)
    }
}

/// The scope in which the variables of a host are read where there is no run: without facts, results and other hosts.
pub fn resting_scope(playbook: &Arc<Playbook>, secrets: &Arc<Secrets>, id: HostId) -> Arc<Scope> {
    let hosts = Resting {
        playbook: Arc::clone(playbook),
        secrets: Arc::clone(secrets),
    };
    Arc::new(hosts).scope(id)
}

/// The scope of a host with all that is there before a run.
pub(super) fn inventory_scope(known: &Arc<dyn Hosts>, id: HostId) -> Arc<Scope> {
    let playbook = known.playbook();
    let inventory = &playbook.inventory;
    let keeper = Arc::new(Keeping(Arc::clone(known.secrets())));
    let mut scope = Scope::kept(Arc::clone(&playbook.extra), keeper);
    for layer in &playbook.vars {
        scope = scope.with(Arc::clone(layer));
    }
    for (_, layer) in inventory.layers(id) {
        scope = scope.with(Arc::clone(layer));
    }
    let lookup = |lookup: Arc<dyn Lookup>| Root::Lookup(lookup);
    let host = HostLookup {
        known: Arc::clone(known),
        id,
    };
    scope = scope
        .bind("groups", lookup(Arc::new(GroupsLookup(Arc::clone(known)))))
        .bind("host", lookup(Arc::new(host)))
        .bind(
            "secrets",
            lookup(Arc::new(SecretsLookup(Arc::clone(known.secrets())))),
        );
    if !inventory.has_sources {
        return scope;
    }
    scope
        .bind(
            "inventory_hostname",
            Root::Value(inventory.host(id).name.as_str().into()),
        )
        .bind(
            "inventory_hostname_short",
            Root::Value(inventory.short_name(id).into()),
        )
        .bind("group_names", Root::Value(inventory.sorted_groups(id).into()))
        .bind("hostvars", lookup(Arc::new(HostVarsLookup(Arc::clone(known)))))
}

/// `host`.
#[derive(Debug)]
pub(super) struct HostLookup {
    pub(super) known: Arc<dyn Hosts>,
    pub(super) id: HostId,
}

impl Lookup for HostLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let inventory = &self.known.playbook().inventory;
        let host = inventory.host(self.id);
        Some(match key {
            "name" => Root::Value(host.name.as_str().into()),
            "address" => {
                if let Some(why) = inventory.closed.get(&self.id) {
                    return Some(Root::Broken(why.clone()));
                }
                let address = host.connection.address.as_deref();
                Root::Value(address.unwrap_or(host.name.as_str()).into())
            }
            "groups" => {
                let names = host.groups.iter().map(|it| inventory.groups[*it].name.as_str());
                Root::Value(Value::List(names.map(Value::from).collect()))
            }
            "vars" => Root::Lookup(Arc::new(VarsLookup(Arc::clone(&self.known), self.id))),
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<String> {
        ["name", "address", "groups", "vars"].map(str::to_owned).to_vec()
    }
}

/// The variables of a host as its inventory gives them.
#[derive(Debug)]
struct VarsLookup(Arc<dyn Hosts>, HostId);

impl Lookup for VarsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let playbook = self.0.playbook();
        if let Some(why) = playbook.inventory.closed.get(&self.1) {
            return Some(Root::Broken(why.clone()));
        }
        let layers = playbook.inventory.layers(self.1);
        let layers = (layers.iter().rev().map(|(_, layer)| *layer)).chain(playbook.vars.iter().rev());
        let extra = playbook.extra.get(key);
        let form = extra.or_else(|| layers.into_iter().find_map(|layer| layer.get(key)))?;
        Some(self.render(&form.value))
    }

    fn keys(&self) -> Vec<String> {
        let playbook = self.0.playbook();
        let layers = playbook.inventory.layers(self.1).into_iter();
        let layers = playbook.vars.iter().chain(layers.map(|(_, layer)| layer));
        let keys: indexmap::IndexSet<String> = layers.flat_map(|layer| layer.keys()).cloned().collect();
        keys.into_iter().collect()
    }
}

impl VarsLookup {
    fn render(&self, form: &Form) -> Root {
        if let Some(value) = form.literal() {
            return Root::Value(value.clone());
        }
        match form.render(&Arc::clone(&self.0).scope(self.1)) {
            Ok(Rendering::Known {
                value,
                secrecy: Secrecy::Public,
            }) => Root::Value(value),
            Ok(Rendering::Known { value, .. }) => Root::Secret(value),
            Ok(Rendering::Unknown { because }) => Root::Unknown(because),
            Err(error) if form.refusal().is_some() => Root::Broken(error.to_string()),
            Err(error) => Root::Gap(error.to_string()),
        }
    }
}

/// `groups`: a name to the names of the group's hosts, in order.
#[derive(Debug)]
struct GroupsLookup(Arc<dyn Hosts>);

impl Lookup for GroupsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let inventory = &self.0.playbook().inventory;
        let ids: Vec<HostId> = match key {
            "all" => inventory.all().collect(),
            "ungrouped" => inventory.all().filter(|id| inventory.is_ungrouped(*id)).collect(),
            key => inventory.groups[*inventory.group_names.get(key)?].hosts.clone(),
        };
        let names = ids.into_iter().map(|id| inventory.host(id).name.as_str().into());
        Some(Root::Value(Value::List(names.collect())))
    }

    fn keys(&self) -> Vec<String> {
        let groups = &self.0.playbook().inventory.groups;
        let always = ["all", "ungrouped"].map(str::to_owned);
        always
            .into_iter()
            .chain(groups.iter().map(|group| group.name.clone()))
            .collect()
    }
}

/// `hostvars`.
#[derive(Debug)]
struct HostVarsLookup(Arc<dyn Hosts>);

impl Lookup for HostVarsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let id = *self.0.playbook().inventory.host_names.get(key)?;
        Some(Root::Lookup(Arc::new(VarsLookup(Arc::clone(&self.0), id))))
    }

    fn keys(&self) -> Vec<String> {
        let inventory = &self.0.playbook().inventory;
        let name = |id| inventory.host(id).name.to_string();
        inventory.all().map(name).collect()
    }
}
