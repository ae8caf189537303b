//! Hosts and groups of inventories: named as often as one likes, each time adding to what is there.

use std::sync::Arc;

use crate::inventory::build::Declared;
use crate::inventory::{Builder, Connection, Host, Transport};
use crate::name::{HostId, HostName};
use crate::source::{Span, Spanned};
use crate::template::{Form, Variables};

/// A group of a [`Builder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupId(usize);

impl Builder {
    /// The group `all`.
    pub const ALL: GroupId = GroupId(0);
    /// The group of hosts of no other.
    pub const UNGROUPED: GroupId = GroupId(1);

    /// The host of this name; it is added where it is not there.
    pub fn host(&mut self, name: Spanned<HostName>, defaults: &Connection) -> HostId {
        if let Some(id) = self.inventory.host_names.get(name.value.as_str()) {
            return *id;
        }
        let id = HostId::at(self.inventory.hosts.len());
        let mut connection = defaults.clone();
        if name.value.as_str() == "localhost" {
            connection.transport = Transport::Local;
        }
        self.inventory
            .host_names
            .insert(name.value.as_str().to_owned(), id);
        self.inventory.hosts.push(Host {
            name: name.value,
            span: Some(name.span),
            connection,
            vars: Arc::default(),
            groups: Vec::new(),
        });
        id
    }

    /// The group of this name; it is added where it is not there.
    pub fn group(&mut self, name: &str, span: Span) -> GroupId {
        let at = match self.groups.get_index_of(name) {
            Some(at) => at,
            None => self.groups.insert_full(name.to_owned(), Declared::default()).0,
        };
        self.groups[at].span.get_or_insert(span);
        GroupId(at)
    }

    /// Whether there is a host of this name.
    pub fn has_host(&self, name: &str) -> bool {
        self.inventory.host_names.contains_key(name)
    }

    /// Whether there is a group of this name.
    pub fn has_group(&self, name: &str) -> bool {
        self.groups.contains_key(name)
    }

    /// Puts a host into a group.
    pub fn put(&mut self, host: HostId, group: GroupId) {
        self.groups[group.0].members.push(host);
    }

    /// Makes a group, by its name, part of another.
    pub fn add_child(&mut self, parent: GroupId, child: Spanned<String>) {
        self.groups[parent.0].children.push(child);
    }

    /// Gives a group a variable; one that is there is replaced.
    pub fn set_group_variable(&mut self, group: GroupId, name: String, value: Spanned<Form>) {
        Arc::make_mut(&mut self.groups[group.0].vars).insert(name, value);
    }

    /// Says which of the groups of one depth wins.
    pub fn set_priority(&mut self, group: GroupId, priority: i64) {
        self.groups[group.0].priority = Some(priority);
    }

    /// Gives a host variables, which may be shared by many; those that are there are replaced.
    pub fn set_host_variables(&mut self, host: HostId, vars: &Arc<Variables>) {
        let own = &mut self.inventory.hosts[host.index()].vars;
        if own.is_empty() {
            own.clone_from(vars);
        } else {
            Arc::make_mut(own).extend(vars.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
    }

    /// Notes that an inventory was read.
    pub fn has_source(&mut self) {
        self.inventory.has_sources = true;
    }

    /// Notes that some hosts or variables are not known, and why.
    pub fn gap(&mut self, why: String) {
        self.inventory.gaps.push(why);
    }
}
