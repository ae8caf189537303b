//! Failures: regions and their `on_failure`, `always`, and what a failure leaves alone.

use crate::support::Fixture;

#[test]
fn a_failed_region_is_rescued_and_its_host_goes_on() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: deploy
    hosts: here
    calls:
      - id: switch
        calls:
          - { id: begin, exec.shell: 'echo begin >> {DIR}/t/log' }
          - { id: bad, exec.shell: exit 7 }
          - { id: never, exec.shell: 'echo never >> {DIR}/t/log' }
      - on_failure: [switch]
        calls:
          - id: undo
            exec.shell: 'echo undo: {{ results.switch.error.kind }} >> {DIR}/t/log'
      - { id: after, exec.shell: 'echo after >> {DIR}/t/log' }
",
    )
    .build();
    let ran = scene
        .events(&[])
        .code(0)
        .outcomes("here", &[("undo", "changed"), ("after", "changed")]);
    assert_eq!(scene.read("t/log"), "begin\nundo: command_failed\nafter\n");
    assert_eq!(ran.recap("here")["rescued"], 1, "{ran}");
    assert_eq!(ran.host("here"), "ok", "{ran}");
}

#[test]
fn a_rescue_that_fails_makes_it_count() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: deploy
    hosts: here
    calls:
      - { id: switch, exec.shell: exit 7 }
      - on_failure: [switch]
        calls:
          - exec.shell: echo undo >> {DIR}/t/log
          - { id: stop, fail: 'rolled back: {{ results.switch.error.message }}' }
      - { id: after, exec.shell: 'echo after >> {DIR}/t/log' }
",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert!(ran.failure("here", "stop").starts_with("rolled back: "), "{ran}");
    assert_eq!(scene.read("t/log"), "undo\n");
    assert_eq!(ran.host("here"), "failed", "{ran}");
}

#[test]
fn on_failure_is_skipped_where_nothing_failed() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: deploy
    hosts: all
    calls:
      - { id: try, exec.shell: 'test {{ host.name }} = a' }
      - { id: mend, on_failure: [try], exec.shell: 'echo {{ host.name }} >> {DIR}/t/mended' }
",
    )
    .build();
    scene
        .events(&[])
        .code(0)
        .outcomes("a", &[("try", "changed"), ("mend", "skipped")])
        .outcomes("b", &[("try", "failed"), ("mend", "changed")]);
    assert_eq!(scene.read("t/mended"), "b\n");
}

#[test]
fn always_runs_after_a_failure_and_the_failure_still_counts() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: bad, exec.shell: exit 1 }
      - { id: dropped, exec.shell: 'echo dropped >> {DIR}/t/log' }
      - { id: clean, always: true, exec.shell: 'echo clean >> {DIR}/t/log' }
  - name: two
    hosts: here
    calls:
      - { id: later, exec.shell: 'echo later >> {DIR}/t/log' }
",
    )
    .build();
    let ran = scene
        .events(&[])
        .code(2)
        .outcomes("here", &[("clean", "changed")]);
    assert_eq!(scene.read("t/log"), "clean\n");
    assert_eq!(ran.host("here"), "failed", "{ran}");
}

#[test]
fn a_failure_ends_what_was_sent_ahead_on_its_host_and_no_other() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local }, c: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - exec.shell: 'echo 1 >> {DIR}/t/{{ host.name }}; test {{ host.name }} != b'
      - exec.shell: 'echo 2 >> {DIR}/t/{{ host.name }}'
      - exec.shell: 'echo 3 >> {DIR}/t/{{ host.name }}'
",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(
        [scene.read("t/a"), scene.read("t/b"), scene.read("t/c")],
        ["1\n2\n3\n", "1\n", "1\n2\n3\n"]
    );
    assert_eq!(
        [ran.host("a"), ran.host("b"), ran.host("c")],
        ["ok", "failed", "ok"],
        "{ran}"
    );
    assert!(ran.recap("b")["reason"].is_string(), "{ran}");
}

#[test]
fn a_failure_in_a_nested_group_ends_the_innermost_region() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: outer
        calls:
          - id: inner
            calls:
              - exec.shell: exit 1
              - exec.shell: echo inner-rest >> {DIR}/t/log
          - on_failure: [inner]
            exec.shell: echo mended >> {DIR}/t/log
          - exec.shell: echo outer-rest >> {DIR}/t/log
      - on_failure: [outer]
        exec.shell: echo wrong >> {DIR}/t/log
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/log"), "mended\nouter-rest\n");
}

#[test]
fn a_failure_says_the_host_the_line_and_the_end_of_standard_error() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: bad
        exec.shell: echo the reason >&2; exit 42
",
    )
    .run(&[])
    .code(2)
    .says("here")
    .says("site.yml:8")
    .says("42")
    .says("the reason");
}
