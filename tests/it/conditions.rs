//! Which entries run: `when`, `tags`, `--limit`, `failed_when`, `changed_when`, `ignore_errors`, `assert.that`.

use crate::support::Fixture;

#[test]
fn a_false_condition_skips_a_call_and_says_why() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
vars: { wanted: false }
rounds:
  - name: one
    hosts: here
    calls:
      - id: left_out
        when: wanted
        exec.shell: touch {DIR}/t/no
      - id: done
        when: [not wanted, \"facts.kernel != ''\"]
        exec.shell: touch {DIR}/t/yes
",
    )
    .build();
    let out = ran
        .events(&[])
        .code(0)
        .outcomes("here", &[("left_out", "skipped"), ("done", "changed")]);
    assert!(out.end("here", "left_out")["because"].is_string(), "{out}");
    assert!(!ran.path("t/no").exists());
    assert!(ran.path("t/yes").exists());
}

#[test]
fn conditions_of_rounds_and_groups_hold_for_all_that_is_in_them() {
    Fixture::new(
        "
hosts: { a: { transport: local, vars: { member: true } }, b: { transport: local, vars: { member: false } } }
rounds:
  - name: one
    hosts: all
    when: member
    calls:
      - { id: first, exec.shell: 'true' }
  - name: two
    hosts: all
    calls:
      - id: group
        when: not member
        calls:
          - { id: second, exec.shell: 'true' }
",
    )
    .events(&[])
    .code(0)
    .outcomes("a", &[("first", "changed"), ("group", "skipped")])
    .outcomes("b", &[("second", "changed")]);
}

#[test]
fn a_condition_that_is_not_a_boolean_fails_its_call() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
vars: { word: \"no\" }
rounds:
  - name: one
    hosts: here
    calls:
      - id: odd
        when: word
        exec.shell: touch {DIR}/t/odd
",
    )
    .build();
    let out = ran.events(&[]);
    assert_ne!(out.code, Some(0), "{out}");
    assert!(!ran.path("t/odd").exists());
}

const TAGGED: &str = "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: plain, exec.shell: 'true' }
      - { id: web, tags: [web], exec.shell: 'true' }
      - id: group
        tags: [db]
        calls:
          - { id: inner, exec.shell: 'true' }
";

#[test]
fn tags_choose_calls_and_are_inherited_by_groups() {
    let ran = Fixture::new(TAGGED).events(&["-t", "db"]).code(0);
    let ran = ran.outcomes("here", &[("inner", "changed")]);
    for label in ["plain", "web"] {
        let ends = ran.all("call_ended");
        let ran_anyway = ends
            .iter()
            .any(|end| end["call"]["label"] == label && end["outcome"] != "skipped");
        assert!(!ran_anyway, "{label}:\n{ran}");
    }
}

#[test]
fn limit_leaves_other_hosts_alone() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local }, c: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - exec.shell: 'touch {DIR}/t/{{ host.name }}'
",
    )
    .build();
    scene.run(&["-l", "all,!b"]).code(0);
    assert!(scene.path("t/a").exists() && scene.path("t/c").exists());
    assert!(!scene.path("t/b").exists());
    scene.run(&["--limit", "nobody"]).code(1).says("nobody");
}

#[test]
fn failed_when_and_changed_when_decide_in_the_tools_stead() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: quiet
        exec.shell: 'true'
        changed_when: false
      - id: tolerated
        exec.shell: exit 3
        failed_when: result.exit_code > 3
      - id: caught
        exec.shell: echo ERROR
        failed_when: \"'ERROR' in result.stdout\"
",
    )
    .events(&[])
    .code(2)
    .outcomes(
        "here",
        &[("quiet", "ok"), ("tolerated", "changed"), ("caught", "failed")],
    );
    assert_eq!(ran.host("here"), "failed", "{ran}");
}

#[test]
fn an_ignored_failure_is_counted_and_lets_the_host_go_on() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: bad
        exec.shell: exit 9
        ignore_errors: true
      - id: next
        when: results.bad.failed and results.bad.error.kind == 'command_failed'
        exec.shell: 'true'
",
    )
    .events(&[])
    .code(0)
    .outcomes("here", &[("bad", "failed"), ("next", "changed")]);
    assert_eq!(ran.end("here", "bad")["ignored"], true, "{ran}");
    assert_eq!(ran.end("here", "bad")["error"]["exit_code"], 9, "{ran}");
    assert_eq!(ran.recap("here")["ignored"], 1, "{ran}");
    assert_eq!(ran.host("here"), "ok", "{ran}");
}

#[test]
fn an_assertion_that_does_not_hold_stops_its_host_only() {
    let ran = Fixture::new(
        "
hosts: { a: { transport: local, vars: { size: 1 } }, b: { transport: local, vars: { size: 2 } } }
rounds:
  - name: one
    hosts: all
    calls:
      - id: guard
        assert.that: { that: size > 1, message: 'too small: {{ size }}' }
      - { id: next, exec.shell: 'true' }
",
    )
    .events(&[])
    .code(2)
    .outcomes("b", &[("guard", "ok"), ("next", "changed")]);
    assert!(ran.failure("a", "guard").contains("too small: 1"), "{ran}");
    assert_eq!((ran.host("a"), ran.host("b")), ("failed", "ok"), "{ran}");
}

#[test]
fn fail_ends_its_host_with_its_message() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: stop, fail: 'no more on {{ host.name }}' }
      - { id: next, exec.shell: 'true' }
",
    )
    .events(&[])
    .code(2);
    assert!(ran.failure("here", "stop").contains("no more on here"), "{ran}");
    assert!(
        !ran.all("call_ended")
            .iter()
            .any(|end| end["outcome"] == "changed"),
        "{ran}"
    );
}

#[test]
fn variables_of_the_command_line_win_and_are_never_templates() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
vars: { word: low, other: '{{ word }}!' }
rounds:
  - name: one
    hosts: here
    calls:
      - fs.write: { path: '{DIR}/t/out', content: '{{ word }} {{ other }}' }
        vars: { word: entry }
",
    )
    .build();
    scene.run(&["-e", "word={{ 1 + 1 }}"]).code(0);
    assert_eq!(scene.read("t/out"), "{{ 1 + 1 }} {{ 1 + 1 }}!");
}
