//! The hosts that a pattern selects.

use crate::diagnostic::nearest;
use crate::inventory::Inventory;
use crate::inventory::pattern::{Part, Pattern, PatternError, Role, Subscript, What};
use crate::name::HostId;

impl Pattern {
    /// The hosts that it selects, in the inventory's order, and every part that matches nothing.
    pub fn select(&self, inventory: &Inventory) -> (Vec<HostId>, Vec<PatternError>) {
        let mut errors = Vec::new();
        let mut selected = vec![false; inventory.hosts.len()];
        if self.parts.iter().all(|part| part.role != Role::Union) {
            for host in inventory.all() {
                selected[host.index()] = true;
            }
        }
        for role in [Role::Union, Role::Intersection, Role::Exclusion] {
            for part in self.parts.iter().filter(|part| part.role == role) {
                let matched = part.matched(inventory);
                if matched.is_empty() {
                    errors.push(self.nothing(part, inventory));
                }
                match role {
                    Role::Union => matched.iter().for_each(|host| selected[host.index()] = true),
                    Role::Exclusion => matched.iter().for_each(|host| selected[host.index()] = false),
                    Role::Intersection => {
                        let mut both = vec![false; selected.len()];
                        for host in &matched {
                            both[host.index()] = selected[host.index()];
                        }
                        selected = both;
                    }
                }
            }
        }
        let hosts = selected.iter().enumerate().filter(|(_, is_in)| **is_in);
        (hosts.map(|(at, _)| HostId::at(at)).collect(), errors)
    }

    fn nothing(&self, part: &Part, inventory: &Inventory) -> PatternError {
        let written = &self.text[part.range.clone()];
        let range = part.range.clone();
        let (message, help) = match &part.what {
            What::Name(name) => match (inventory.group_names.get(name), part.subscript) {
                (Some(&group), Some(_)) if !inventory.groups[group].hosts.is_empty() => {
                    let count = inventory.groups[group].hosts.len();
                    (
                        format!("`{written}` is past the end of the group `{name}`"),
                        Some(format!("It has {count} hosts, counted from 0.")),
                    )
                }
                (Some(_), _) => (format!("the group `{name}` has no hosts"), None),
                (None, Some(_)) => (
                    format!("`{name}` is not a group"),
                    Some(format!(
                        "A subscript selects by position in a group; `{name}*` selects by name."
                    )),
                ),
                (None, None) => (
                    format!("`{name}` is not a host or group"),
                    did_you_mean(name, inventory),
                ),
            },
            What::All if part.subscript.is_some() && inventory.all().next().is_some() => (
                format!("`{written}` is past the end of the inventory"),
                Some(format!(
                    "It has {} hosts, counted from 0.",
                    inventory.all().count()
                )),
            ),
            What::All => (
                "the inventory has no hosts".to_owned(),
                Some("Declare some under `hosts`, or name an inventory.".to_owned()),
            ),
            What::Matching(_) => (format!("`{written}` matches no host or group"), None),
        };
        let unknown = match (&part.what, part.subscript) {
            (What::Name(name), None) if !inventory.group_names.contains_key(name) => Some(name.clone()),
            _ => None,
        };
        PatternError {
            message,
            range,
            help,
            unknown,
        }
    }
}

fn did_you_mean(name: &str, inventory: &Inventory) -> Option<String> {
    let groups = inventory.groups.iter().map(|group| group.name.as_str());
    let hosts = inventory.hosts.iter().map(|host| host.name.as_str());
    nearest(name, groups.chain(hosts)).map(|known| format!("Did you mean `{known}`?"))
}

impl Part {
    fn matched(&self, inventory: &Inventory) -> Vec<HostId> {
        let hosts = match &self.what {
            What::All => inventory.all().collect(),
            What::Name(name) => self.named(name, inventory),
            What::Matching(regex) => {
                if regex.is_match("all") {
                    return self.part_of(inventory.all().collect());
                }
                let mut is_in = vec![false; inventory.hosts.len()];
                if regex.is_match("ungrouped") {
                    (inventory.all().filter(|id| inventory.is_ungrouped(*id)))
                        .for_each(|id| is_in[id.index()] = true);
                }
                for group in inventory
                    .groups
                    .iter()
                    .filter(|group| regex.is_match(&group.name))
                {
                    group.hosts.iter().for_each(|host| is_in[host.index()] = true);
                }
                inventory
                    .hosts
                    .iter()
                    .enumerate()
                    .map(|(at, host)| (HostId::at(at), host))
                    .filter(|(id, _)| !inventory.is_implicit(*id))
                    .filter(|(id, host)| is_in[id.index()] || regex.is_match(host.name.as_str()))
                    .map(|(id, _)| id)
                    .collect()
            }
        };
        self.part_of(hosts)
    }

    fn part_of(&self, hosts: Vec<HostId>) -> Vec<HostId> {
        match self.subscript {
            Some(subscript) => subscript.of(&hosts),
            None => hosts,
        }
    }

    fn named(&self, name: &str, inventory: &Inventory) -> Vec<HostId> {
        let host = || inventory.host_names.get(name).map(|id| vec![*id]);
        let group = || {
            inventory
                .group_names
                .get(name)
                .map(|at| inventory.groups[*at].hosts.clone())
        };
        let ungrouped = || {
            let alone = |id: &HostId| inventory.host(*id).groups.is_empty();
            (name == "ungrouped").then(|| inventory.all().filter(alone).collect())
        };
        let found = if self.role == Role::Union {
            host().or_else(group)
        } else {
            group().or_else(host)
        };
        // As Ansible has it, this machine's own addresses name it.
        let local = || {
            let id = inventory.host_names.get("localhost")?;
            ["127.0.0.1", "::1"].contains(&name).then(|| vec![*id])
        };
        found.or_else(ungrouped).or_else(local).unwrap_or_default()
    }
}

impl Subscript {
    fn of(self, hosts: &[HostId]) -> Vec<HostId> {
        let count = i64::try_from(hosts.len()).unwrap_or(i64::MAX);
        let place = |at: i64| if at < 0 { at.saturating_add(count) } else { at };
        let (first, last) = match self {
            Self::One(at) => (place(at), place(at)),
            Self::Slice(first, last) => (place(first).max(0), place(last).min(count - 1)),
        };
        match (usize::try_from(first), usize::try_from(last)) {
            (Ok(first), Ok(last)) if first <= last && last < hosts.len() => hosts[first..=last].to_vec(),
            _ => Vec::new(),
        }
    }
}
