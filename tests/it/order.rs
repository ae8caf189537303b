//! What overlaps and what keeps its place: proved by the times that the calls themselves write down.

use crate::support::{Fixture, Scene};

/// When each of three calls began and ended, in nanoseconds.
fn spans(scene: &Scene) -> Vec<(u128, u128)> {
    let time = |name: String| scene.read(&name).trim().parse().unwrap();
    (1..=3)
        .map(|n| (time(format!("t/begin{n}")), time(format!("t/end{n}"))))
        .collect()
}

fn three_sleeps(keys: &str) -> Fixture {
    let calls = (1..=3)
        .map(|n| {
            format!(
                "      - exec.shell: date +%s%N > {{DIR}}/t/begin{n}; sleep 0.3; date +%s%N > {{DIR}}/t/end{n}\n{keys}"
            )
        })
        .collect::<Vec<_>>().concat();
    Fixture::new(format!(
        "hosts: {{ here: {{ transport: local }} }}\nrounds:\n  - name: one\n    hosts: here\n    calls:\n{calls}"
    ))
}

#[test]
fn calls_that_only_read_overlap() {
    let scene = three_sleeps("        writes: []\n").build();
    let ran = scene.events(&[]).code(0);
    let spans = spans(&scene);
    let last_begin = spans.iter().map(|(begin, _)| begin).max().unwrap();
    let first_end = spans.iter().map(|(_, end)| end).min().unwrap();
    assert!(
        last_begin < first_end,
        "all three were under way at once: {spans:?}\n{ran}"
    );
    assert!(
        ran.all("call_ended").iter().all(|end| end["outcome"] == "ok"),
        "read-only calls never change\n{ran}"
    );
}

#[test]
fn calls_that_do_not_say_what_they_touch_keep_their_order() {
    let scene = three_sleeps("").build();
    scene.run(&[]).code(0);
    let spans = spans(&scene);
    assert!(
        spans.windows(2).all(|pair| pair[0].1 <= pair[1].0),
        "one after the other: {spans:?}"
    );
}

#[test]
fn a_read_keeps_its_place_behind_an_earlier_writer() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - exec.shell: sleep 0.2; echo first > {DIR}/t/file
      - id: look
        writes: []
        exec.shell: cat {DIR}/t/file
      - exec.shell: echo second > {DIR}/t/file
      - assert.that: results.look.stdout | trim == 'first'
",
    )
    .build();
    scene.run(&[]).code(0);
}

#[test]
fn calls_see_what_the_calls_before_them_left() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - exec.shell: echo secret-of-first
        id: first
      - fs.write: { path: '{DIR}/t/copy', content: '{{ results.first.stdout }}' }
      - exec.shell: cat {DIR}/t/copy
        id: second
      - assert.that: results.second.stdout == results.first.stdout
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/copy"), "secret-of-first");
}

#[test]
fn a_hundred_calls_keep_their_order() {
    let calls = (0..100)
        .map(|n| format!("      - exec.shell: echo {n} >> {{DIR}}/t/log\n"))
        .collect::<Vec<_>>()
        .concat();
    let scene = Fixture::new(format!(
        "hosts: {{ here: {{ transport: local }} }}\nrounds:\n  - name: one\n    hosts: here\n    calls:\n{calls}"
    ))
    .build();
    scene.run(&[]).code(0);
    let wanted = (0..100).map(|n| format!("{n}\n")).collect::<Vec<_>>().concat();
    assert_eq!(scene.read("t/log"), wanted);
}
