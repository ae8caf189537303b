//! `rmote-play plan`: what would run, in which order, and why.

use serde_json::Value;

use crate::support::Fixture;

const SITE: &str = "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: base
    hosts: all
    calls:
      - { id: config, fs.write: { path: /tmp/x, content: '{{ host.name }}' } }
      - { id: look, writes: [], exec.shell: cat /tmp/x }
      - { id: copy, fs.write: { path: /tmp/y, content: '{{ results.look.stdout }}' } }
      - { id: reload, on_change: [config], exec.shell: 'true' }
      - { id: rescue, on_failure: [copy], exec.shell: 'true' }
  - name: more
    hosts: a
    calls: [{ exec.shell: 'true' }]
";

#[test]
fn the_tree_shows_rounds_entries_and_the_reason_of_each_edge() {
    let scene = Fixture::new(SITE).build();
    let ran = scene.rmote_play(&["plan", "site.yml"]).code(0);
    for word in [
        "base", "more", "config", "look", "copy", "reload", "data", "change", "failure", "order",
    ] {
        assert!(ran.stdout.contains(word), "{word}:\n{ran}");
    }
}

#[test]
fn every_format_is_of_its_kind() {
    let scene = Fixture::new(SITE).build();
    let dot = scene.rmote_play(&["plan", "--format", "dot", "site.yml"]).code(0);
    assert!(
        dot.stdout.starts_with("digraph") && dot.stdout.contains("->"),
        "{dot}"
    );
    let mermaid = scene
        .rmote_play(&["plan", "--format", "mermaid", "site.yml"])
        .code(0);
    let first = mermaid.stdout.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("flowchart") || first.starts_with("graph"),
        "{mermaid}"
    );
    let json = scene
        .rmote_play(&["plan", "--format", "json", "site.yml"])
        .code(0);
    let plan: Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(plan.is_object(), "{json}");
}

#[test]
fn a_plan_is_the_same_every_time_and_touches_nothing() {
    let scene = Fixture::new(SITE).build();
    let first = scene.rmote_play(&["plan", "site.yml"]).code(0);
    assert_eq!(
        first.stdout,
        scene.rmote_play(&["plan", "site.yml"]).code(0).stdout
    );
}

#[test]
fn a_wrong_playbook_has_no_plan() {
    let scene = Fixture::new(SITE.replace("fs.write", "fs.wrte")).build();
    scene.rmote_play(&["plan", "site.yml"]).code(1).says("fs.wrte");
}
