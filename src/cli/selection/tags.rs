//! `--tags`, `--skip-tags` and `--start-at`: the entries that are left out.

use std::collections::{HashMap, HashSet};

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;

use crate::name::EntryId;
use crate::plan::{Plan, Reason};
use crate::playbook::{Action, Entry, Playbook};

/// What tags select.
#[derive(Debug, Default)]
pub(in crate::cli) struct Selection {
    /// The entries that are left out.
    pub(in crate::cli) left_out: HashSet<EntryId>,
    /// Calls that are not selected themselves, but that a selected one reads.
    pub(in crate::cli) pulled_in: Vec<EntryId>,
}

/// The entries that tags leave out, after Ansible's table, and those above `start`. What is read by what is selected is
/// selected too, unless a tag of it is to be skipped.
pub(in crate::cli) fn tags(
    wanted: &[String],
    skipped: &[String],
    start: Option<EntryId>,
    playbook: &Playbook,
    plan: &Plan,
) -> Selection {
    let count = playbook.entries.len();
    let first = start.map_or(0, EntryId::index);
    let selected: Vec<bool> = (playbook.entries.iter().enumerate())
        .map(|(at, entry)| at >= first && is_selected(&entry.tags, wanted, skipped))
        .collect();
    let mut choice = Choice {
        playbook,
        skipped,
        selected,
        pulled_in: Vec::new(),
    };
    let brings_along = !wanted.is_empty() || start.is_some();
    // What is read is written above, in the same round or an earlier one: whatever pulls an entry in was looked at before.
    for (at, round) in playbook.rounds.iter().enumerate().rev() {
        let entries = playbook.entries.partition_point(|it| it.round.index() < at)
            ..playbook.entries.partition_point(|it| it.round.index() <= at);
        for at in entries.rev() {
            // A group is in where anything in it is.
            if let Action::Group(group) = &playbook.entries[at].action {
                choice.selected[at] = group.entries.iter().any(|it| choice.selected[it.index()]);
            }
            if brings_along && choice.selected[at] {
                choice.pull_read(at, plan);
            }
        }
        if brings_along && round.entries.iter().any(|it| choice.selected[it.index()]) {
            plan.rounds[at].iter().for_each(|it| choice.pull(*it));
        }
    }
    let left_out = (0..count).filter(|at| !choice.selected[*at]).map(EntryId::at);
    let mut pulled_in = choice.pulled_in;
    pulled_in.sort_unstable();
    Selection {
        left_out: left_out.collect(),
        pulled_in,
    }
}

/// The entries that `--skip-tags` names, each with the word that does.
pub(in crate::cli) fn skipped_by<'a>(
    skipped: &'a [String],
    playbook: &Playbook,
) -> HashMap<EntryId, &'a str> {
    let named = |(at, entry): (usize, &Entry)| Some((EntryId::at(at), dropped_by(&entry.tags, skipped)?));
    playbook.entries.iter().enumerate().filter_map(named).collect()
}

/// A selection in the making.
struct Choice<'a> {
    playbook: &'a Playbook,
    skipped: &'a [String],
    selected: Vec<bool>,
    pulled_in: Vec<EntryId>,
}

impl Choice<'_> {
    /// Selects what an entry reads.
    fn pull_read(&mut self, at: usize, plan: &Plan) {
        let node = NodeIndex::new(at);
        for edge in plan.graph.edges_directed(node, Direction::Incoming) {
            if matches!(edge.weight().reason, Reason::Data(_)) {
                self.pull(EntryId::at(edge.source().index()));
            }
        }
        for source in &plan.graph[node].elsewhere {
            self.pull(*source);
        }
    }

    /// Selects an entry whose result is read; of a group all that is in it.
    fn pull(&mut self, id: EntryId) {
        let entry = self.playbook.entry(id);
        if let Action::Group(group) = &entry.action {
            for inner in &group.entries {
                self.pull(*inner);
            }
        } else if dropped_by(&entry.tags, self.skipped).is_none()
            && !std::mem::replace(&mut self.selected[id.index()], true)
        {
            self.pulled_in.push(id);
        }
    }
}

/// Whether tags select, as Ansible has it.
fn is_selected(tags: &[String], wanted: &[String], skipped: &[String]) -> bool {
    let named = |list: &[String]| list.iter().any(|tag| has(tags, tag));
    let all = wanted.is_empty() || lists(wanted, "all");
    let is_tagged = !tags.is_empty();
    let chosen = has(tags, "always")
        || (all && !has(tags, "never"))
        || named(wanted)
        || (lists(wanted, "tagged") && is_tagged && !has(tags, "never"));
    chosen && dropped_by(tags, skipped).is_none()
}

/// The word of `--skip-tags` that leaves an entry out.
fn dropped_by<'a>(tags: &[String], skipped: &'a [String]) -> Option<&'a str> {
    if lists(skipped, "all") {
        let is_kept = has(tags, "always") && !lists(skipped, "always");
        return (!is_kept).then_some("all");
    }
    let drops = |tag: &&String| has(tags, tag) || (*tag == "tagged" && !tags.is_empty());
    skipped.iter().find(drops).map(String::as_str)
}

/// Whether an entry has a tag. One without tags counts as tagged `untagged`.
fn has(tags: &[String], tag: &str) -> bool {
    lists(tags, tag) || (tags.is_empty() && tag == "untagged")
}

fn lists(list: &[String], tag: &str) -> bool {
    list.iter().any(|it| it == tag)
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
