//! `--tags`, `--skip-tags` and `--start-at`: the entries that are left out.

use std::collections::HashSet;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;

use crate::name::EntryId;
use crate::plan::{Plan, Reason};
use crate::playbook::{Action, Playbook};

/// What tags select.
#[derive(Debug, Default)]
pub(in crate::cli) struct Selection {
    /// The entries that are left out.
    pub(in crate::cli) left_out: HashSet<EntryId>,
    /// Calls that are not selected themselves, but that a selected one reads.
    pub(in crate::cli) pulled_in: Vec<EntryId>,
}

/// The entries that tags leave out, after Ansible's table, and those above `start`. What a selected call reads is selected
/// too, unless a tag of it is to be skipped.
pub(in crate::cli) fn tags(
    wanted: &[String],
    skipped: &[String],
    start: Option<EntryId>,
    playbook: &Playbook,
    plan: &Plan,
) -> Selection {
    let count = playbook.entries.len();
    let first = start.map_or(0, EntryId::index);
    let mut selected: Vec<bool> = (playbook.entries.iter().enumerate())
        .map(|(at, entry)| at >= first && is_selected(&entry.tags, wanted, skipped))
        .collect();
    let mut pulled_in = Vec::new();
    if !wanted.is_empty() || start.is_some() {
        // Edges lead from lower numbers to higher ones: what is pulled in is looked at later.
        for at in (0..count).rev() {
            let is_call = !matches!(playbook.entries[at].action, Action::Group(_));
            if !(selected[at] && is_call) {
                continue;
            }
            for edge in plan.graph.edges_directed(NodeIndex::new(at), Direction::Incoming) {
                if matches!(edge.weight().reason, Reason::Data(_)) {
                    pull(
                        edge.source().index(),
                        skipped,
                        playbook,
                        &mut selected,
                        &mut pulled_in,
                    );
                }
            }
        }
    }
    // A group is in where anything in it is.
    for at in (0..count).rev() {
        if let Action::Group(group) = &playbook.entries[at].action {
            selected[at] = group.entries.iter().any(|entry| selected[entry.index()]);
        }
    }
    let left_out = (0..count).filter(|at| !selected[*at]).map(EntryId::at).collect();
    pulled_in.sort_unstable();
    pulled_in.dedup();
    Selection { left_out, pulled_in }
}

/// Selects an entry whose result is read; of a group all that is in it.
fn pull(
    at: usize,
    skipped: &[String],
    playbook: &Playbook,
    selected: &mut [bool],
    pulled_in: &mut Vec<EntryId>,
) {
    let entry = &playbook.entries[at];
    if entry.tags.iter().any(|tag| skipped.contains(tag)) {
        return;
    }
    if let Action::Group(group) = &entry.action {
        for entry in &group.entries {
            pull(entry.index(), skipped, playbook, selected, pulled_in);
        }
    } else if !std::mem::replace(&mut selected[at], true) {
        pulled_in.push(EntryId::at(at));
    }
}

/// Whether tags select, as Ansible has it. An entry without tags counts as tagged `untagged`.
fn is_selected(tags: &[String], wanted: &[String], skipped: &[String]) -> bool {
    let has = |tag: &str| tags.iter().any(|it| it == tag) || (tags.is_empty() && tag == "untagged");
    let named = |list: &[String]| list.iter().any(|tag| has(tag));
    let lists = |list: &[String], tag: &str| list.iter().any(|it| it == tag);
    let all = wanted.is_empty() || lists(wanted, "all");
    let is_tagged = !tags.is_empty();
    let chosen = has("always")
        || (all && !has("never"))
        || named(wanted)
        || (lists(wanted, "tagged") && is_tagged && !has("never"));
    let dropped = if lists(skipped, "all") {
        !has("always") || lists(skipped, "always")
    } else {
        named(skipped) || (lists(skipped, "tagged") && is_tagged)
    };
    chosen && !dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(tags: &str, wanted: &str, skipped: &str) -> bool {
        let own = |list: &str| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        is_selected(&own(tags), &own(wanted), &own(skipped))
    }

    /// A row for the tags of an entry; a column for `-t` and `--skip-tags`.
    #[test]
    fn tags_select_after_ansibles_table() {
        let columns = [
            ("", ""),
            ("a", ""),
            ("b", ""),
            ("all", ""),
            ("tagged", ""),
            ("untagged", ""),
            ("never", ""),
            ("always", ""),
            ("a untagged", ""),
            ("", "a"),
            ("a", "a"),
            ("", "all"),
            ("", "all always"),
            ("", "tagged"),
            ("", "untagged"),
            ("", "always"),
            ("all", "b"),
            ("tagged", "a"),
        ];
        for (tags, row) in [
            ("", "x..x.x..xx...x.xx."),
            ("a", "xx.xx...x.....xxx."),
            ("b", "x.xxx....x....xx.x"),
            ("a b", "xxxxx...x.....xx.."),
            ("always", "xxxxxxxxxxxx..x.xx"),
            ("always a", "xxxxxxxxx..x..x.x."),
            ("never", "......x..........."),
            ("never a", ".x....x.x........."),
            ("always never", "xxxxxxxxxxxx..x.xx"),
        ] {
            let is: String = columns
                .iter()
                .map(|(wanted, skipped)| if selected(tags, wanted, skipped) { 'x' } else { '.' })
                .collect();
            assert_eq!(is, row, "{tags:?}");
        }
    }
}
