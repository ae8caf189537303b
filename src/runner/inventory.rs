//! What templates see of the inventory: `groups`, and what files of Ansible's inventories call a host and the others.

use std::sync::Arc;

use crate::name::HostId;
use crate::runner::context::Context;
use crate::runner::scope::VarsLookup;
use crate::template::{Lookup, Root, Scope};
use crate::value::Value;

/// The scope with these names.
pub(super) fn with_inventory(context: &Arc<Context>, id: HostId, scope: &Arc<Scope>) -> Arc<Scope> {
    let inventory = &context.playbook.inventory;
    let scope = scope.bind(
        "groups",
        Root::Lookup(Arc::new(GroupsLookup(Arc::clone(context)))),
    );
    if !inventory.has_sources {
        return scope;
    }
    let name = inventory.host(id).name.as_str();
    scope
        .bind("inventory_hostname", Root::Value(name.into()))
        .bind(
            "inventory_hostname_short",
            Root::Value(inventory.short_name(id).into()),
        )
        .bind("group_names", Root::Value(inventory.sorted_groups(id).into()))
        .bind(
            "hostvars",
            Root::Lookup(Arc::new(HostVarsLookup(Arc::clone(context)))),
        )
}

/// `groups`: a name to the names of the group's hosts, in order.
#[derive(Debug)]
struct GroupsLookup(Arc<Context>);

impl Lookup for GroupsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let inventory = &self.0.playbook.inventory;
        let ids: Vec<HostId> = match key {
            "all" => inventory.all().collect(),
            "ungrouped" => inventory.all().filter(|id| inventory.is_ungrouped(*id)).collect(),
            key => inventory.groups[*inventory.group_names.get(key)?].hosts.clone(),
        };
        let names = ids.into_iter().map(|id| inventory.host(id).name.as_str().into());
        Some(Root::Value(Value::List(names.collect())))
    }

    fn keys(&self) -> Vec<String> {
        let groups = &self.0.playbook.inventory.groups;
        let always = ["all", "ungrouped"].map(str::to_owned);
        always
            .into_iter()
            .chain(groups.iter().map(|group| group.name.clone()))
            .collect()
    }
}

/// `hostvars`.
#[derive(Debug)]
struct HostVarsLookup(Arc<Context>);

impl Lookup for HostVarsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let id = *self.0.playbook.inventory.host_names.get(key)?;
        Some(Root::Lookup(Arc::new(VarsLookup(Arc::clone(&self.0), id))))
    }

    fn keys(&self) -> Vec<String> {
        let inventory = &self.0.playbook.inventory;
        let name = |id| inventory.host(id).name.to_string();
        inventory.all().map(name).collect()
    }
}
