//! The inventory as JSON, in the shape of `ansible-inventory --list`: what an executable inventory prints.

use std::collections::HashSet;

use crate::cli::commands::hosts::MASK;
use crate::cli::commands::hosts::private::shown;
use crate::cli::error::CliError;
use crate::inventory::Inventory;
use crate::name::HostId;
use crate::value::{Map, Value};

/// Groups with the selected hosts, and the variables of each as they are written.
pub(super) fn json(inventory: &Inventory, selected: &HashSet<HostId>) -> Result<String, CliError> {
    let mut vars = Map::new();
    let mut ungrouped = Vec::new();
    for id in inventory.all().filter(|id| selected.contains(id)) {
        let mut own = Map::new();
        for (_, layer) in inventory.layers(id) {
            for (name, value) in layer.iter() {
                own.insert(name.clone(), shown(name, value.value.written(MASK)));
            }
        }
        own.sort_keys();
        let name = inventory.host(id).name.to_string();
        if !own.is_empty() {
            vars.insert(name.clone(), Value::Map(own));
        }
        if inventory.is_ungrouped(id) {
            ungrouped.push(name);
        }
    }
    let names = |ids: &[HostId]| -> Vec<String> {
        let ids = ids.iter().filter(|id| selected.contains(id));
        ids.map(|id| inventory.host(*id).name.to_string()).collect()
    };
    let called = |groups: &[usize]| -> Vec<String> {
        let groups = groups.iter().map(|at| inventory.groups[*at].name.clone());
        groups.collect()
    };
    let mut top = vec!["ungrouped".to_owned()];
    top.extend(called(&inventory.top));
    let meta = Map::from([("hostvars".to_owned(), Value::Map(vars))]);
    let mut all = Map::from([
        ("_meta".to_owned(), Value::Map(meta)),
        (
            "all".to_owned(),
            Value::Map(Map::from([("children".to_owned(), top.into())])),
        ),
    ]);
    if !ungrouped.is_empty() {
        let hosts = Map::from([("hosts".to_owned(), ungrouped.into())]);
        all.insert("ungrouped".to_owned(), Value::Map(hosts));
    }
    for group in &inventory.groups {
        let mut parts = Map::new();
        for (key, list) in [
            ("children", called(&group.children)),
            ("hosts", names(&group.own)),
        ] {
            if !list.is_empty() {
                parts.insert(key.to_owned(), list.into());
            }
        }
        if !parts.is_empty() {
            all.insert(group.name.clone(), Value::Map(parts));
        }
    }
    let text = serde_json::to_string_pretty(&Value::Map(all)).map_err(std::io::Error::from)?;
    Ok(format!("{text}\n"))
}
