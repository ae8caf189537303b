//! What was gathered, as the inventory that everyone reads: hosts in their order, groups with their members.

use std::sync::Arc;

use crate::inventory::build::{ALL, Builder, Declared, UNGROUPED};
use crate::inventory::tree::Tree;
use crate::inventory::{Connection, Group, Host, Inventory, Transport};
use crate::name::{HostId, HostName};

impl Builder {
    /// Puts it together; `members` are the hosts of each group, those of its children included.
    pub(super) fn assemble(self, tree: &Tree, mut members: Vec<Vec<HostId>>) -> Inventory {
        let mut inventory = self.inventory;
        let mut own = tree.own.clone();
        let moved = order(&mut inventory, self.written, &members[ALL]);
        for host in own.iter_mut().chain(&mut members).flatten() {
            *host = moved[host.index()];
        }
        let depths = tree.depths();
        let place = |at: &usize| at.checked_sub(UNGROUPED + 1);
        for (at, (name, declared)) in self.groups.into_iter().enumerate() {
            let Declared {
                span, vars, priority, ..
            } = declared;
            let Some(place_of_it) = place(&at) else {
                *(if at == ALL {
                    &mut inventory.all_vars
                } else {
                    &mut inventory.ungrouped_vars
                }) = vars;
                continue;
            };
            let hosts = std::mem::take(&mut members[at]);
            for host in &hosts {
                inventory.hosts[host.index()].groups.push(place_of_it);
            }
            inventory.group_names.insert(name.clone(), place_of_it);
            inventory.groups.push(Group {
                name,
                span,
                vars,
                own: std::mem::take(&mut own[at]),
                hosts,
                children: tree.children[at].iter().filter_map(place).collect(),
                depth: depths[at].saturating_sub(1),
                priority: priority.unwrap_or(1),
            });
        }
        inventory.top = tree.children[ALL].iter().filter_map(place).collect();
        let groups = &inventory.groups;
        let mut ranked: Vec<usize> = (0..groups.len()).collect();
        ranked.sort_by_key(|at| (groups[*at].depth, groups[*at].priority, &groups[*at].name));
        let mut rank = vec![0; groups.len()];
        for (at, group) in ranked.into_iter().enumerate() {
            rank[group] = at;
        }
        for host in &mut inventory.hosts {
            host.groups.sort_unstable_by_key(|at| rank[*at]);
        }
        if !inventory.host_names.contains_key("localhost") {
            let id = HostId::at(inventory.hosts.len());
            inventory.hosts.push(Host {
                name: HostName::new("localhost").expect("`localhost` is a valid name"),
                span: None,
                connection: Connection {
                    transport: Transport::Local,
                    ..Connection::default()
                },
                vars: Arc::default(),
                groups: Vec::new(),
            });
            inventory.host_names.insert("localhost".to_owned(), id);
            inventory.implicit = Some(id);
        }
        inventory
    }
}

/// Puts hosts of inventories in the order in which `all` has them, after those of the playbook; gives for each its new
/// place.
fn order(inventory: &mut Inventory, written: usize, all: &[HostId]) -> Vec<HostId> {
    let count = inventory.hosts.len();
    let mut order: Vec<HostId> = (0..written).map(HostId::at).collect();
    order.extend(all.iter().filter(|id| id.index() >= written));
    let mut is_in = vec![false; count];
    for id in &order {
        is_in[id.index()] = true;
    }
    order.extend((0..count).filter(|at| !is_in[*at]).map(HostId::at));
    let mut moved = vec![HostId(0); count];
    let mut hosts: Vec<Option<Host>> = std::mem::take(&mut inventory.hosts)
        .into_iter()
        .map(Some)
        .collect();
    for (to, from) in order.into_iter().enumerate() {
        moved[from.index()] = HostId::at(to);
        inventory.hosts.extend(hosts[from.index()].take());
    }
    for (at, host) in inventory.hosts.iter().enumerate() {
        inventory
            .host_names
            .insert(host.name.as_str().to_owned(), HostId::at(at));
    }
    moved
}
