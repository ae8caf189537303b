//! Rounds as a graph: several at once on one host, handlers over rounds, failures inside of failures.

use crate::support::Fixture;

#[test]
fn calls_of_rounds_beside_each_other_take_turns_where_they_conflict() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - { id: count1, exec.shell: 'n=$(cat {DIR}/t/n 2>/dev/null || echo 0); sleep 0.1; echo $((n + 1)) > {DIR}/t/n' }
  - name: two
    hosts: a
    needs: []
    calls:
      - { id: count2, exec.shell: 'n=$(cat {DIR}/t/n 2>/dev/null || echo 0); sleep 0.1; echo $((n + 1)) > {DIR}/t/n' }
",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(scene.read("t/n"), "2\n", "{ran}");
}

#[test]
fn rounds_run_at_the_same_time_on_one_host_and_each_has_a_title_of_its_own() {
    let ran = Fixture::new(
        "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - { id: first, reads: [/a], writes: [/a], exec.shell: 'until test -e {DIR}/t/go; do sleep 0.01; done', timeout: 20s }
      - { id: last, reads: [/a], writes: [/a], exec.shell: 'true' }
  - name: two
    hosts: a
    needs: []
    calls:
      - { id: beside, reads: [/b], writes: [/b], exec.shell: 'touch {DIR}/t/go' }
",
    )
    .run(&[])
    .code(0);
    assert!(ran.stdout.contains("two (1 host)\n  beside"), "{ran}");
    assert!(ran.stdout.contains("one (1 host)\n  "), "{ran}");
    assert_eq!(ran.stdout.matches("changed\n").count(), 3, "{ran}");
}

#[test]
fn on_change_of_an_earlier_round_is_of_the_same_host_and_works_in_batches() {
    let ran = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local }, c: { transport: local } }
rounds:
  - name: configure
    hosts: a,b
    calls:
      - { id: config, exec.shell: 'true', changed_when: host.name == 'b' }
      - id: many
        loop: [1, 2]
        exec.shell: 'true'
        changed_when: host.name == 'a' and item == 2
  - name: restart
    hosts: all
    serial: 1
    calls:
      - { id: told, on_change: [config], exec.shell: 'true' }
      - { id: any_item, on_change: [many], exec.shell: 'true' }
",
    )
    .events(&[])
    .code(0);
    let outcomes = |label| ["a", "b", "c"].map(|host| ran.outcome(host, label).to_owned());
    assert_eq!(outcomes("told"), ["skipped", "changed", "skipped"], "{ran}");
    assert_eq!(outcomes("any_item"), ["changed", "skipped", "skipped"], "{ran}");
}

#[test]
fn a_rescue_may_have_a_rescue_of_its_own() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - { id: deploy, exec.shell: exit 1 }
      - on_failure: [deploy]
        calls:
          - { id: undo, exec.shell: exit 2 }
          - { on_failure: [undo], exec.shell: 'echo by hand >> {DIR}/t/log' }
      - { exec.shell: 'echo goes on >> {DIR}/t/log' }
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/log"), "by hand\ngoes on\n");
}

#[test]
fn what_always_says_is_repeated_until_it_holds_after_a_failure_too() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - { exec.shell: exit 1 }
      - id: clean
        always: true
        exec.shell: 'echo x >> {DIR}/t/tries; test $(wc -l < {DIR}/t/tries) -ge 3'
        until: not result.failed
        delay: 10ms
",
    )
    .build();
    let ran = scene.events(&[]).code(2).outcomes("a", &[("clean", "changed")]);
    assert_eq!(ran.end("a", "clean")["attempts"], 3, "{ran}");
}

#[test]
fn a_rounds_timeout_ends_a_host_and_no_other() {
    let ran = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: one
    hosts: all
    timeout: 1s
    calls:
      - { id: long, exec.shell: 'test {{ host.name }} = b || sleep 30' }
",
    )
    .events(&[])
    .code(2);
    assert_eq!((ran.host("a"), ran.host("b")), ("failed", "ok"), "{ran}");
    let reason = ran.recap("a")["reason"].as_str().unwrap();
    assert!(reason.contains("timeout of 1s"), "{reason}");
}
