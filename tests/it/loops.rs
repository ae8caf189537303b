//! Loops over lists, maps and names; `until`, `retries`, `delay`.

use crate::support::Fixture;

#[test]
fn a_loop_runs_every_item_although_one_fails() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: each
        loop: [a, bad, c]
        exec.shell: 'test {{ item }} != bad && echo {{ loop.index }} > {DIR}/t/{{ item }}'
",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let outcomes: Vec<_> = ran
        .items("here", "each")
        .iter()
        .map(|end| end["outcome"].clone())
        .collect();
    assert_eq!(outcomes.iter().filter(|it| *it == "changed").count(), 2, "{ran}");
    assert_eq!(outcomes.iter().filter(|it| *it == "failed").count(), 1, "{ran}");
    assert_eq!(ran.outcome("here", "each"), "failed", "{ran}");
    assert_eq!(
        (scene.read("t/a"), scene.read("t/c")),
        ("1\n".into(), "3\n".into())
    );
}

#[test]
fn names_are_nested_and_later_ones_see_earlier_ones() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
vars:
  users:
    - { name: ann, keys: [k1, k2] }
    - { name: bob, keys: [] }
    - { name: cid, keys: [k3] }
rounds:
  - name: one
    hosts: here
    calls:
      - loop: { user: users, key: \"user['keys']\" }
        exec.shell: echo {{ user.name }}-{{ key }} >> {DIR}/t/out
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/out"), "ann-k1\nann-k2\ncid-k3\n");
}

#[test]
fn a_map_gives_key_and_value() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
vars: { ports: { web: 80, db: 5432 } }
rounds:
  - name: one
    hosts: here
    calls:
      - loop: '{{ ports }}'
        exec.shell: echo {{ item.key }}={{ item.value + 1 }} >> {DIR}/t/out
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/out"), "web=81\ndb=5433\n");
}

#[test]
fn a_condition_on_a_loop_is_asked_for_each_item() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: odd
        loop: [1, 2, 3]
        when: item % 2 == 1
        exec.shell: echo {{ item }}
      - id: seen
        assert.that: \"results.odd['items'] | map(attribute='skipped') | list == [false, true, false]\"
",
    )
    .events(&[])
    .code(0);
    let mut outcomes: Vec<_> = ran
        .items("here", "odd")
        .iter()
        .map(|end| format!("{} {}", end["item"], end["outcome"]))
        .collect();
    outcomes.sort();
    assert_eq!(
        outcomes,
        [r#""1" "changed""#, r#""2" "skipped""#, r#""3" "changed""#],
        "{ran}"
    );
}

#[test]
fn the_results_of_items_are_there_for_later_calls() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: said
        loop: [x, y]
        exec.shell: echo {{ item }}{{ item }}
      - assert.that: \"results.said['items'] | map(attribute='stdout') | map('trim') | list == ['xx', 'yy']\"
      - assert.that: results.said['items'][1].item == 'y' and results.said.changed
",
    )
    .run(&[])
    .code(0);
}

#[test]
fn a_group_can_be_looped() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - loop: { site: [a, b] }
        calls:
          - exec.shell: echo make {{ site }} >> {DIR}/t/out
          - exec.shell: echo start {{ site }} >> {DIR}/t/out
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/out"), "make a\nstart a\nmake b\nstart b\n");
}

#[test]
fn a_call_is_repeated_until_its_condition_holds() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: wait
        exec.shell: echo x >> {DIR}/t/tries; wc -l < {DIR}/t/tries
        until: result.stdout | int >= 3
        retries: 5
        delay: 10ms
",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(ran.end("here", "wait")["attempts"], 3, "{ran}");
    assert_eq!(scene.read("t/tries"), "x\nx\nx\n");
    assert_eq!(ran.all("call_retried").len(), 2, "{ran}");
}

#[test]
fn until_sees_failures_and_gives_up_after_its_retries() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: never
        exec.shell: echo x >> {DIR}/t/tries; echo no luck >&2; exit 4
        until: not result.failed
        retries: 2
        delay: 10ms
",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(ran.end("here", "never")["attempts"], 3, "{ran}");
    assert_eq!(scene.read("t/tries"), "x\nx\nx\n");
    assert_eq!(ran.end("here", "never")["error"]["exit_code"], 4, "{ran}");
}

#[test]
fn a_loop_over_nothing_is_no_failure() {
    Fixture::new(
        "
hosts: { here: { transport: local } }
vars: { nothing: [] }
rounds:
  - name: one
    hosts: here
    calls:
      - id: nobody
        loop: nothing
        exec.shell: exit 1
      - assert.that: not results.nobody.failed and not results.nobody.changed
",
    )
    .run(&[])
    .code(0);
}
