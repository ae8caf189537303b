//! Groups as a tree with their hosts.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::inventory::Inventory;
use crate::name::HostId;
use crate::report::safe;

/// Draws all groups; of hosts those that are selected.
pub(super) fn graph(inventory: &Inventory, selected: &HashSet<HostId>) -> String {
    let mut text = String::from("@all:\n");
    line(&mut text, 1, "@ungrouped:");
    for id in inventory.all() {
        if inventory.is_ungrouped(id) && selected.contains(&id) {
            line(&mut text, 2, inventory.host(id).name.as_str());
        }
    }
    for group in &inventory.top {
        draw(&mut text, inventory, selected, *group, 1);
    }
    text
}

fn draw(text: &mut String, inventory: &Inventory, selected: &HashSet<HostId>, group: usize, depth: usize) {
    let group = &inventory.groups[group];
    line(text, depth, &format!("@{}:", group.name));
    for child in &group.children {
        draw(text, inventory, selected, *child, depth + 1);
    }
    for id in group.own.iter().filter(|id| selected.contains(id)) {
        line(text, depth + 1, inventory.host(*id).name.as_str());
    }
}

fn line(text: &mut String, depth: usize, name: &str) {
    let _ = writeln!(text, "{}--{}", "  |".repeat(depth), safe(name));
}
