//! Keys of entries and rounds whose values are expressions that are the same for all hosts.

use crate::support::Fixture;

#[test]
fn what_is_the_same_for_all_hosts_is_settled_before_the_run() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local }, c: { transport: local } }
inputs: { size: { type: integer, default: 1 }, once: { type: boolean, default: true } }
rounds:
  - name: one
    hosts: all
    serial: [1, \"{{ size * 50 }}%\"]
    max_failures: \"{{ size - 1 }}\"
    calls:
      - { run_once: \"{{ once }}\", log.log: \"by {{ host.name }}\" }
      - import: unit.yml
        vars: { single: \"{{ once }}\" }
",
    )
    .file(
        "unit.yml",
        "inputs: { single: boolean }\ncalls: [{ id: u, run_once: \"{{ single }}\", log.log: a }]\n",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let batches = |ran: &crate::support::Ran| ran.all("batch_started").len();
    assert_eq!(batches(&ran), 3);
    let done_by_others = ran
        .all("call_ended")
        .iter()
        .filter(|it| it["shared_by"].is_string())
        .count();
    assert_eq!(done_by_others, 4, "one host does each for the three");
    let ran = scene.events(&["-e", "size=2", "-e", "once=false"]).code(0);
    assert_eq!(batches(&ran), 2);
    scene
        .rmote_play(&["site.yml", "-e", "size=-1"])
        .says("`max_failures` takes a count or a percentage of hosts, not `-2`");
    scene.rmote_play(&["validate", "unit.yml"]).code(0);
}

fn two(calls: &str) -> Fixture {
    Fixture::new(format!(
        "hosts: {{ a: {{ transport: local }}, b: {{ transport: local }} }}\nrounds:\n  - name: one\n    hosts: all\n    \
         calls:\n{calls}"
    ))
}

#[test]
fn differences_are_not_shown_where_the_entry_or_what_it_is_in_says_so() {
    let calls = "
      - { id: own, diff: false, fs.write: { path: '{DIR}/{{ host.name }}1', content: canary-1 } }
      - diff: false
        calls: [{ id: inner, diff: true, fs.write: { path: '{DIR}/{{ host.name }}2', content: canary-2 } }]
      - { id: shown, fs.write: { path: '{DIR}/{{ host.name }}3', content: canary-3 } }
";
    let ran = two(calls).events(&["--diff"]).code(0);
    let diff = |id: &str| ran.end("a", id)["change"].to_string();
    assert!(!diff("own").contains("canary") && !diff("inner").contains("canary"));
    assert!(diff("shown").contains("canary-3"));
}

#[test]
fn a_delegate_of_what_asks_nobody_is_a_warning() {
    let calls = "
      - { when: false, delegate_to: b, fail: no }
      - { delegate_to: b, assert.that: true }
";
    two(calls)
        .build()
        .rmote_play(&["validate", "site.yml"])
        .code(0)
        .says("`delegate_to` means nothing here")
        .says("2 warnings");
    two(calls).run(&[]).code(0);
}
