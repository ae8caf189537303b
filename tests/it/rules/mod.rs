//! The rules by which a playbook is executed, held against real runs: what happens on a host, in which order, what is told
//! and what is counted.

mod always;
mod attempts;
mod changes;
mod check;
mod counting;
mod delegates;
mod failure;
mod groups;
mod handlers;
mod interrupt;
mod kept;
mod loops;
mod once;
mod owed;
mod regions;
mod repeated;
mod results;
mod rounds;
mod stopping;
mod told;

use serde_json::Value;

use crate::support::{Fixture, Ran, Scene};

/// Nothing was said.
const NOTHING: [&str; 0] = [];

/// One host, which is this machine, and a round of these entries. They are written as if they stood at the margin.
fn here(entries: &str) -> Fixture {
    rounds(&["here"], &round("one", "here", "", entries))
}

/// Hosts that are this machine, and these rounds.
fn rounds(hosts: &[&str], rounds: &str) -> Fixture {
    let hosts: Vec<_> = hosts
        .iter()
        .map(|name| format!("  {name}: {{ transport: local }}\n"))
        .collect();
    with_scripts(Fixture::new(format!(
        "hosts:\n{}rounds:\n{rounds}",
        hosts.concat()
    )))
}

/// A round with further keys, each on a line.
fn round(name: &str, hosts: &str, keys: &str, entries: &str) -> String {
    let (keys, entries) = (indented(keys, 4), indented(entries, 6));
    format!("  - name: {name}\n    hosts: '{hosts}'\n{keys}    calls:\n{entries}")
}

/// These lines, further to the right.
fn indented(text: &str, by: usize) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("{:by$}{line}\n", "")).collect();
    lines.concat()
}

/// The scripts by which calls make visible when they ran:
/// - `say TEXT`: a line of the log;
/// - `slow NAME`: two lines, that it begins and, a moment later, that it ends;
/// - `gate NAME`: the same, but it ends a moment after there is a file `go`: what is taken back meanwhile has arrived;
/// - `nth NAME N`: its name, and success from the nth time on;
/// - `await FILE`: there is such a file, or so much time has passed that nobody made it, as where nothing overlaps.
fn with_scripts(fixture: Fixture) -> Fixture {
    fixture
        .file("say", "echo \"$1\" >> '{DIR}/t/log'\n")
        .file(
            "slow",
            "echo \"$1 begins\" >> '{DIR}/t/log'\nsleep 0.06\necho \"$1 ends\" >> '{DIR}/t/log'\n",
        )
        .file(
            "gate",
            "echo \"$1 begins\" >> '{DIR}/t/log'\necho \"begun $1\"\n\
             until test -e '{DIR}/t/go'; do sleep 0.01; done\nsleep 0.3\necho \"$1 ends\" >> '{DIR}/t/log'\n",
        )
        .file(
            "nth",
            "echo \"$1\" >> '{DIR}/t/log'\ntest \"$(grep -c \"^$1\\$\" '{DIR}/t/log')\" -ge \"$2\"\n",
        )
        .file(
            "await",
            "n=0\nuntil test -e '{DIR}/t/'\"$1\" || test $n = 100; do sleep 0.01; n=$((n + 1)); done\n",
        )
}

/// What was said, line by line.
fn log(scene: &Scene) -> Vec<String> {
    let text = std::fs::read_to_string(scene.path("t/log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// What `slow` says when it is run with each of these names, one after the other.
fn in_turn(names: &[&str]) -> Vec<String> {
    names
        .iter()
        .flat_map(|name| [format!("{name} begins"), format!("{name} ends")])
        .collect()
}

/// These entries fail, and nothing says `danger`. It may be a matter of chance, so there are several hosts.
#[track_caller]
fn never_in_danger(entries: &str) {
    never_in_danger_of(std::convert::identity, entries);
}

/// The same with more files.
#[track_caller]
fn never_in_danger_of(more: impl Fn(Fixture) -> Fixture, entries: &str) {
    let hosts: Vec<_> = (1..=6).map(|n| format!("h{n}")).collect();
    let names: Vec<_> = hosts.iter().map(String::as_str).collect();
    let scene = more(rounds(&names, &round("one", "all", "", entries))).build();
    let ran = scene.events(&[]).code(2);
    for host in names {
        assert_eq!(ran.host(host), "failed", "{ran}");
    }
    assert!(!log(&scene).iter().any(|line| line.contains("danger")), "{ran}");
}

/// All ends of an entry that were told, items as well: their item (or nothing) and their outcome.
fn told<'a>(ran: &'a Ran, label: &str) -> Vec<(Option<&'a str>, &'a str)> {
    let fits = |end: &&'a Value| end["call"]["label"] == label;
    let end = |end: &'a Value| (end["item"].as_str(), end["outcome"].as_str().expect("text"));
    ran.ends().filter(fits).map(end).collect()
}
