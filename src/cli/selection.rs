//! Which hosts and calls a run is for: `--limit`, `--tags`, `--skip-tags`.

use std::collections::HashSet;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;

use crate::cli::error::CliError;
use crate::inventory::{Inventory, Pattern};
use crate::name::{EntryId, HostId};
use crate::plan::{Plan, Reason};
use crate::playbook::{Action, Playbook};

/// The hosts of a limit.
///
/// # Errors
/// Where the pattern is malformed, a part of it matches nothing, or no host is left.
pub(super) fn limit(
    pattern: &str,
    what: &str,
    inventory: &Inventory,
    allow_empty: bool,
) -> Result<HashSet<HostId>, CliError> {
    let wrong = |error: &crate::inventory::PatternError| {
        let mut complaint = CliError::invalid(format!("{what} `{pattern}`: {}", error.message));
        complaint.help.clone_from(&error.help);
        complaint
    };
    let parsed = Pattern::parse(pattern).map_err(|errors| wrong(&errors[0]))?;
    let (hosts, empty) = parsed.select(inventory);
    match empty.first() {
        Some(error) if !allow_empty => Err(wrong(error)),
        _ if hosts.is_empty() => Err(CliError::invalid(format!("{what} `{pattern}` leaves no host"))),
        _ => Ok(hosts.into_iter().collect()),
    }
}

/// What tags select.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// The entries that are left out.
    pub(super) left_out: HashSet<EntryId>,
    /// Calls that no tag names but that a selected one reads.
    pub(super) pulled_in: Vec<EntryId>,
}

/// The entries that tags leave out, after Ansible's table: without `--tags` everything but `never`; with them what has
/// one of them, and `always`; `--skip-tags` wins over both. What a selected call reads is selected too.
pub(super) fn tags(wanted: &[String], skipped: &[String], playbook: &Playbook, plan: &Plan) -> Selection {
    let count = playbook.entries.len();
    let mut selected: Vec<bool> = playbook
        .entries
        .iter()
        .map(|entry| is_selected(&entry.tags, wanted, skipped))
        .collect();
    let mut pulled_in = Vec::new();
    if !wanted.is_empty() {
        for at in (0..count).rev() {
            let is_call = !matches!(playbook.entries[at].action, Action::Group(_));
            if !(selected[at] && is_call) {
                continue;
            }
            for edge in plan.graph.edges_directed(NodeIndex::new(at), Direction::Incoming) {
                let source = edge.source().index();
                let is_skipped = is_any(&playbook.entries[source].tags, skipped);
                if matches!(edge.weight().reason, Reason::Data(_)) && !selected[source] && !is_skipped {
                    selected[source] = true;
                    pulled_in.push(EntryId::at(source));
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

fn is_selected(tags: &[String], wanted: &[String], skipped: &[String]) -> bool {
    let has = |tag: &str| tags.iter().any(|it| it == tag);
    let is_plain = |tag: &&String| !["all", "tagged", "untagged"].contains(&tag.as_str());
    let named = |list: &[String]| list.iter().filter(is_plain).any(|tag| has(tag));
    let is_tagged = tags.iter().any(|tag| tag != "always" && tag != "never");
    let chosen = if wanted.is_empty() {
        !has("never")
    } else {
        named(wanted)
            || has("always")
            || (!has("never")
                && wanted.iter().any(|tag| match tag.as_str() {
                    "all" => true,
                    "tagged" => is_tagged,
                    "untagged" => !is_tagged,
                    _ => false,
                }))
    };
    let dropped = named(skipped)
        || skipped.iter().any(|tag| match tag.as_str() {
            "all" => !has("always"),
            "tagged" => is_tagged,
            "untagged" => !is_tagged && !has("always"),
            _ => false,
        });
    chosen && !dropped
}

fn is_any(tags: &[String], list: &[String]) -> bool {
    tags.iter().any(|tag| list.contains(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(tags: &[&str], wanted: &[&str], skipped: &[&str]) -> bool {
        let own = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        is_selected(&own(tags), &own(wanted), &own(skipped))
    }

    #[test]
    fn tags_select_after_ansibles_table() {
        for (tags, wanted, skipped, expected) in [
            (&[][..], &[][..], &[][..], true),
            (&["never"], &[], &[], false),
            (&["never", "a"], &["a"], &[], true),
            (&["never", "a"], &["all"], &[], false),
            (&["always"], &["a"], &[], true),
            (&["b"], &["a"], &[], false),
            (&["a"], &["a"], &["a"], false),
            (&["always"], &[], &["always"], false),
            (&["always"], &[], &["all"], true),
            (&["a"], &[], &["all"], false),
            (&["a"], &["tagged"], &[], true),
            (&[], &["tagged"], &[], false),
            (&[], &["untagged"], &[], true),
            (&["a"], &[], &["tagged"], false),
        ] {
            assert_eq!(
                selected(tags, wanted, skipped),
                expected,
                "{tags:?} -t {wanted:?} --skip-tags {skipped:?}"
            );
        }
    }
}
