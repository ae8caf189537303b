//! The layers of variables that inventories give, from low to high: later ones shadow earlier ones.

use std::path::Path;
use std::sync::Arc;

use crate::inventory::Inventory;
use crate::name::HostId;
use crate::template::Variables;

/// Where a layer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer<'a> {
    /// Variables of a group, as its inventory gives them.
    Group(&'a str),
    /// A file of `group_vars`, in this directory.
    GroupFile(&'a str, &'a Path),
    /// Variables of the host, as its inventory gives them.
    Host,
    /// A file of `host_vars`, in this directory.
    HostFile(&'a Path),
}

impl Inventory {
    /// The layers of a host: groups, parents before children; their files; the host; its files. Empty ones are left out.
    pub fn layers(&self, id: HostId) -> Vec<(Layer<'_>, &Arc<Variables>)> {
        let mut layers = Vec::new();
        self.each_group_layer(id, |layer, vars| layers.push((layer, vars)));
        self.each_host_layer(id, |layer, vars| layers.push((layer, vars)));
        layers
    }

    /// Calls with each layer of a host's groups.
    pub fn each_group_layer<'a>(&'a self, id: HostId, mut call: impl FnMut(Layer<'a>, &'a Arc<Variables>)) {
        let host = self.host(id);
        let is_ungrouped = self.is_ungrouped(id);
        let mut see = |layer, vars: &'a Arc<Variables>| {
            if !vars.is_empty() {
                call(layer, vars);
            }
        };
        see(Layer::Group("all"), &self.all_vars);
        if is_ungrouped {
            see(Layer::Group("ungrouped"), &self.ungrouped_vars);
        }
        for at in &host.groups {
            let group = &self.groups[*at];
            see(Layer::Group(&group.name), &group.vars);
        }
        for beside in &self.beside {
            see(Layer::GroupFile("all", &beside.folder), &beside.all);
        }
        for beside in &self.beside {
            if is_ungrouped {
                see(Layer::GroupFile("ungrouped", &beside.folder), &beside.ungrouped);
            }
            if beside.groups.is_empty() {
                continue;
            }
            for at in &host.groups {
                if let Some(vars) = beside.groups.get(at) {
                    see(Layer::GroupFile(&self.groups[*at].name, &beside.folder), vars);
                }
            }
        }
    }

    /// Calls with each layer of a host alone.
    pub fn each_host_layer<'a>(&'a self, id: HostId, mut call: impl FnMut(Layer<'a>, &'a Arc<Variables>)) {
        let mut see = |layer, vars: &'a Arc<Variables>| {
            if !vars.is_empty() {
                call(layer, vars);
            }
        };
        see(Layer::Host, &self.host(id).vars);
        for beside in &self.beside {
            if let Some(vars) = beside.hosts.get(&id) {
                see(Layer::HostFile(&beside.folder), vars);
            }
        }
    }

    /// Every layer that some group gives.
    pub fn group_layers(&self) -> impl Iterator<Item = &Arc<Variables>> {
        let beside = self.beside.iter().flat_map(|it| {
            let mut groups: Vec<_> = it.groups.iter().collect();
            groups.sort_unstable_by_key(|(at, _)| **at);
            [&it.all, &it.ungrouped]
                .into_iter()
                .chain(groups.into_iter().map(|(_, vars)| vars))
        });
        [&self.all_vars, &self.ungrouped_vars]
            .into_iter()
            .chain(self.groups.iter().map(|group| &group.vars))
            .chain(beside)
    }

    /// Every layer that some host gives itself.
    pub fn host_layers(&self) -> impl Iterator<Item = &Arc<Variables>> {
        let beside = self.beside.iter().flat_map(|it| {
            let mut hosts: Vec<_> = it.hosts.iter().collect();
            hosts.sort_unstable_by_key(|(id, _)| **id);
            hosts.into_iter().map(|(_, vars)| vars)
        });
        self.hosts.iter().map(|host| &host.vars).chain(beside)
    }
}
