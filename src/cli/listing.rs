//! `--list-hosts`, `--list-calls`, `--list-tags`: what a run would be for, without running it.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;

use crate::cli::args::RunArgs;
use crate::name::{EntryId, HostId, RoundId};
use crate::playbook::{Action, Entry, Playbook};
use crate::report::safe;
use crate::template::Form;
use crate::value::Value;

/// What was asked for; `None`: nothing, and the playbook is to be run.
pub(super) fn listing(
    args: &RunArgs,
    playbook: &Playbook,
    limit: Option<&HashSet<HostId>>,
    left_out: &HashSet<EntryId>,
) -> Option<String> {
    if !(args.list_hosts || args.list_calls || args.list_tags) {
        return None;
    }
    let mut text = format!("playbook: {}\n", safe(&playbook.path.display().to_string()));
    for (at, round) in playbook.rounds.iter().enumerate() {
        let _ = writeln!(text, "\n  round: {}", safe(&round.name.value));
        if args.list_hosts {
            let is_in = |host: &&HostId| limit.is_none_or(|limit| limit.contains(host));
            let hosts: Vec<&HostId> = round.hosts.iter().filter(is_in).collect();
            let _ = writeln!(text, "    hosts ({}):", hosts.len());
            for host in hosts {
                let _ = writeln!(
                    text,
                    "      {}",
                    safe(playbook.inventory.host(*host).name.as_str())
                );
            }
        }
        let entries: Vec<(EntryId, &Entry)> = (playbook.entries.iter().enumerate())
            .map(|(at, entry)| (EntryId::at(at), entry))
            .filter(|(id, entry)| entry.round == RoundId::at(at) && !left_out.contains(id))
            .collect();
        if args.list_calls {
            text.push_str("    calls:\n");
            for (_, entry) in &entries {
                call(&mut text, playbook, entry);
            }
        }
        if args.list_tags {
            let tags: BTreeSet<&String> = (entries.iter())
                .flat_map(|(_, entry)| &entry.tags)
                .chain(&round.tags)
                .collect();
            let tags: Vec<String> = tags.into_iter().map(|tag| safe(tag)).collect();
            let _ = writeln!(text, "    tags: {}", tags.join(", "));
        }
    }
    Some(text)
}

fn call(text: &mut String, playbook: &Playbook, entry: &Entry) {
    let depth = std::iter::successors(entry.parent, |it| playbook.entry(*it).parent).count();
    let what = match &entry.action {
        Action::Call(call) => &call.tool.name,
        Action::Group(_) => "group",
        Action::Fail(_) => "fail",
    };
    let name = match entry.name.as_ref().map(Form::literal) {
        Some(Some(Value::Str(name))) => Some(name.clone()),
        _ => entry.id.as_ref().map(|id| id.value.clone()),
    };
    let label = name.map_or(what.to_owned(), |name| format!("{name} ({what})"));
    let tags = if entry.tags.is_empty() {
        String::new()
    } else {
        format!("  tags: {}", entry.tags.join(", "))
    };
    let place = playbook.sources.location(entry.span);
    let line = format!("{label}  {place}{tags}");
    let _ = writeln!(text, "      {}{}", "  ".repeat(depth), safe(&line));
}
