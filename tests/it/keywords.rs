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

/// Two hosts that differ in their variables.
fn both(calls: &str) -> Fixture {
    Fixture::new(format!(
        "hosts:\n  a: {{ transport: local, vars: {{ is_a: true, n: 2 }} }}\n  b: {{ transport: local, vars: {{ is_a: false, n: 0 }} \
         }}\nrounds:\n  - name: one\n    hosts: all\n    calls:\n{calls}"
    ))
}

#[test]
fn ignore_errors_holds_for_the_hosts_for_which_it_is_true() {
    let calls = "
      - { id: call, ignore_errors: \"{{ is_a }}\", fail: no }
      - { id: after, log.log: a }
";
    let ran = both(calls).events(&[]).code(2);
    assert_eq!(ran.outcome("a", "after"), "ok");
    assert_eq!(ran.host("a"), "ok");
    assert_eq!(ran.host("b"), "failed");
    let group = "
      - id: group
        ignore_errors: \"{{ is_a }}\"
        calls: [{ writes: [], exec.command: ['false'] }]
      - { id: loop, loop: [1, 2], ignore_errors: \"{{ is_a }}\", writes: [], exec.command: ['false'] }
      - { id: after, exec.command: [echo, a] }
";
    let ran = both(group).events(&[]).code(2);
    assert_eq!(ran.outcome("a", "after"), "changed");
    assert_eq!(ran.outcome("b", "after"), "canceled");
}

#[test]
fn no_log_hides_until_it_is_known_to_be_false() {
    let calls = "
      - { id: own, no_log: \"{{ is_a }}\", writes: [], exec.command: [echo, canary-own] }
      - no_log: \"{{ is_a }}\"
        import: unit.yml
      - { id: late, no_log: \"{{ results.own.exit_code != 0 }}\", writes: [], exec.command: [echo, canary-late] }
      - { id: wrong, ignore_errors: true, no_log: \"{{ facts.hostname | from_yaml }}\", writes: [], exec.command: [echo, canary-wrong] }
";
    let unit = "
calls:
  - id: inner
    writes: []
    exec.command: [echo, canary-unit]
  - { id: shown, no_log: false, writes: [], exec.command: [echo, canary-shown] }
";
    let ran = both(calls).file("unit.yml", unit).events(&[]).code(0);
    let said = |host: &str, word: &str| {
        let mut events = ran
            .stdout
            .lines()
            .filter(|line| line.contains(&format!("\"host\":\"{host}\"")));
        events.any(|line| line.contains(word))
    };
    for (word, wanted) in [
        ("canary-own", [false, true]),
        ("canary-unit", [false, true]),
        ("canary-shown", [true, true]),
        ("canary-late", [true, true]),
        ("canary-wrong", [false, false]),
    ] {
        assert_eq!([said("a", word), said("b", word)], wanted, "{word}");
    }
}

#[test]
fn retries_delay_and_timeout_are_what_their_expressions_come_to() {
    let calls = "
      - { id: again, ignore_errors: true, until: false, retries: \"{{ n }}\", delay: \"{{ n }}ms\", log.log: a }
      - { id: long, ignore_errors: true, timeout: \"{{ 100 if is_a else 60000 }}ms\", writes: [], exec.command: [sleep, '0.5'] }
      - id: group
        ignore_errors: true
        timeout: \"{{ '100ms' if is_a else '1m' }}\"
        calls: [{ writes: [], exec.command: [sleep, '0.5'] }]
";
    let ran = both(calls).events(&[]).code(0);
    let attempts = |host: &str| ran.end(host, "again")["attempts"].as_u64();
    assert_eq!((attempts("a"), attempts("b")), (Some(3), Some(1)));
    for id in ["long", "group"] {
        assert_eq!(ran.outcome("b", id), "ok");
    }
    assert!(
        ran.failure("a", "long").contains("100ms"),
        "{}",
        ran.failure("a", "long")
    );
}

#[test]
fn a_key_that_cannot_be_evaluated_fails_the_entry_before_it_runs() {
    let calls = "
      - { id: late, always: true, retries: \"{{ facts.hostname | from_yaml }}\", until: true, log.log: a }
      - { id: left_out, always: true, when: false, timeout: \"{{ facts.hostname }}\", log.log: a }
";
    let ran = both(calls).events(&[]).code(2);
    let failure = ran.failure("a", "late");
    assert!(
        failure.contains("`retries` takes a whole number from 0 upward, not the text"),
        "{failure}"
    );
    assert_eq!(ran.outcome("a", "left_out"), "skipped");
}

#[test]
fn a_fail_with_a_loop_fails_once_with_what_its_items_say() {
    let calls = "
      - { id: nobody, loop: [1, 2], when: item > 5, fail: \"{{ item }}\" }
      - { id: empty, loop: [], fail: \"{{ item }}\" }
      - id: some
        ignore_errors: true
        loop: [1, 2, 3]
        when: item > n
        fail: \"item {{ item }} of {{ host.name }}\"
      - { id: after, log.log: a }
";
    let ran = both(calls).events(&[]).code(0);
    for host in ["a", "b"] {
        assert_eq!(ran.outcome(host, "nobody"), "skipped");
        assert_eq!(ran.outcome(host, "empty"), "skipped");
        assert_eq!(ran.outcome(host, "after"), "ok");
    }
    assert_eq!(ran.failure("a", "some"), "item 3 of a");
    assert_eq!(ran.failure("b", "some"), "item 1 of b; item 2 of b; item 3 of b");
    // What an earlier failure stops is canceled, or left out as it would have been.
    let calls = "
      - { id: stop, fail: no }
      - { id: left_out, loop: [1, 2], when: item > 5, fail: \"{{ item }}\" }
      - { id: canceled, loop: [1, 2], fail: \"{{ item }}\" }
";
    let ran = both(calls).events(&[]).code(2);
    assert_eq!(ran.outcome("a", "left_out"), "skipped");
    assert_eq!(ran.outcome("a", "canceled"), "canceled");
}
