//! Sibling groups that give one variable different values to the same host.

use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::Inventory;
use crate::source::Spanned;
use crate::template::{Form, Variables};

/// Warns of each pair of groups of equal depth that share a host and differ in a variable.
pub(in crate::playbook) fn conflicts(inventory: &Inventory, diagnostics: &mut Diagnostics) {
    let inline = |at: usize| Some(&inventory.groups[at].vars);
    tier(inventory, &inline, diagnostics);
    for beside in &inventory.beside {
        tier(inventory, &|at| beside.groups.get(&at), diagnostics);
    }
}

/// Compares the groups' variables of one source of them.
fn tier<'a>(
    inventory: &'a Inventory,
    vars: &dyn Fn(usize) -> Option<&'a Arc<Variables>>,
    diagnostics: &mut Diagnostics,
) {
    let count = inventory.groups.len();
    let vars: Vec<_> = (0..count)
        .map(|at| vars(at).filter(|it| !it.is_empty()))
        .collect();
    let mut seen = HashSet::new();
    for host in &inventory.hosts {
        let groups: Vec<usize> = (host.groups.iter().copied())
            .filter(|it| vars[*it].is_some())
            .collect();
        if groups.len() < 2 || !seen.insert(groups.clone()) {
            continue;
        }
        for (at, &first) in groups.iter().enumerate() {
            for &second in &groups[at + 1..] {
                let (Some(lower), Some(upper)) = (vars[first], vars[second]) else {
                    continue;
                };
                let (first, second) = (&inventory.groups[first], &inventory.groups[second]);
                if (first.depth, first.priority) != (second.depth, second.priority) {
                    continue;
                }
                for (name, losing) in lower.iter() {
                    let Some(winning) = upper.get(name).filter(|it| differ(losing, it)) else {
                        continue;
                    };
                    diagnostics.push(
                        Diagnostic::warning(
                            Code::GroupConflict,
                            format!(
                                "the groups `{}` and `{}` give `{name}` different values, and `{}` is in both",
                                first.name, second.name, host.name
                            ),
                        )
                        .label(winning.span, "this one wins, by the order of the names")
                        .label(losing.span, "the other")
                        .help("Make one group a child of the other, or define the variable for the host."),
                    );
                }
            }
        }
    }
}

fn differ(one: &Spanned<Form>, other: &Spanned<Form>) -> bool {
    match (one.value.literal(), other.value.literal()) {
        (Some(one), Some(other)) => one != other,
        _ => true,
    }
}
