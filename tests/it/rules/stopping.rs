//! Taking back what was sent ahead starts nothing: what is left keeps its order, and nothing new begins.

use super::{here, in_turn, log, round, rounds};

/// A call that fails as soon as `a` has begun, and conflicts with nothing.
const CHECK: &str = "{ id: check, writes: [], reads: [], exec.shell: 'until grep -q \"a begins\" {DIR}/t/log; do sleep 0.005; done; false' }";

#[test]
fn items_of_a_loop_stay_in_order_when_a_later_call_fails() {
    let scene = here(&format!(
        "
- ignore_errors: true
  calls:
    - {{ loop: [a, b, c, d, e], exec.shell: 'sh {{DIR}}/slow {{{{ item }}}}' }}
    - {CHECK}"
    ))
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), in_turn(&["a", "b", "c", "d", "e"]), "{ran}");
}

#[test]
fn calls_stay_in_order_when_a_later_call_fails() {
    let scene = here(&format!(
        "
- {{ ignore_errors: true, exec.shell: sh {{DIR}}/slow a }}
- {{ ignore_errors: true, exec.shell: sh {{DIR}}/slow migrate }}
- exec.shell: sh {{DIR}}/slow start
- {CHECK}"
    ))
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), in_turn(&["a", "migrate", "start"]), "{ran}");
}

#[test]
fn nested_groups_and_units_stay_in_order_when_a_later_call_fails() {
    let scene = here(&format!(
        "
- id: region
  calls:
    - calls:
        - {{ ignore_errors: true, exec.shell: sh {{DIR}}/slow a }}
        - {{ ignore_errors: true, loop: [b, c], exec.shell: 'sh {{DIR}}/slow {{{{ item }}}}' }}
    - import: unit.yml
    - {CHECK}
- on_failure: [region]
  exec.shell: sh {{DIR}}/slow rescue"
    ))
    .file(
        "unit.yml",
        "calls:\n  - { ignore_errors: true, exec.shell: sh {DIR}/slow d }\n  - exec.shell: sh {DIR}/slow e\n",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let wanted = in_turn(&["a", "b", "c", "d", "e", "rescue"]);
    assert_eq!(log(&scene), wanted, "{ran}");
}

/// What waits for the end of a call that is taken back waits for what that call waited for.
#[test]
fn what_follows_a_stopped_group_waits_for_what_still_runs_in_it() {
    let scene = here(&format!(
        "
- ignore_errors: true
  calls:
    - exec.shell: sh {{DIR}}/slow a
    - {CHECK}
    - exec.shell: sh {{DIR}}/slow never
- exec.shell: sh {{DIR}}/slow next"
    ))
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), in_turn(&["a", "next"]), "{ran}");
}

#[test]
fn the_next_iteration_waits_for_what_still_runs_in_a_stopped_one() {
    let scene = here(&format!(
        "
- loop: {{ turn: [1, 2] }}
  ignore_errors: true
  calls:
    - exec.shell: sh {{DIR}}/slow {{{{ ['a', 'b'][turn - 1] }}}}
    - {CHECK}
    - exec.shell: sh {{DIR}}/slow never
- exec.shell: sh {{DIR}}/slow next"
    ))
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), in_turn(&["a", "b", "next"]), "{ran}");
}

#[test]
fn an_always_waits_for_what_still_runs() {
    let scene = here(&format!(
        "
- exec.shell: sh {{DIR}}/slow a
- {CHECK}
- exec.shell: sh {{DIR}}/slow never
- {{ always: true, writes: [], reads: [], exec.shell: sh {{DIR}}/slow clean }}"
    ))
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), in_turn(&["a", "clean"]), "{ran}");
}

/// What runs is killed, what was not begun is not begun, and what follows the group comes when all that has ended.
#[test]
fn nothing_of_a_group_whose_time_is_over_starts() {
    let scene = here(
        "
- timeout: 250ms
  ignore_errors: true
  calls:
    - { loop: [a, b, c, d, e, f, g, h], exec.shell: 'sh {DIR}/slow {{ item }}; sleep 0.1' }
- exec.shell: sh {DIR}/slow next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let mut log = log(&scene);
    let next = log.split_off(log.len() - 2);
    assert_eq!(next, in_turn(&["next"]), "{ran}");
    let all = in_turn(&["a", "b", "c", "d", "e", "f", "g", "h"]);
    assert!(all.starts_with(&log) && log.len() < all.len(), "{log:?}\n{ran}");
}

#[test]
fn nothing_of_a_round_whose_time_is_over_starts() {
    let scene = rounds(
        &["here"],
        &round(
            "one",
            "here",
            "timeout: 250ms",
            "- { loop: [a, b, c, d, e, f, g, h], exec.shell: 'sh {DIR}/slow {{ item }}; sleep 0.1' }",
        ),
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let log = log(&scene);
    let all = in_turn(&["a", "b", "c", "d", "e", "f", "g", "h"]);
    assert!(all.starts_with(&log) && log.len() < all.len(), "{log:?}\n{ran}");
}

/// What says `always` and runs when the time is over goes on, with all that is in it and all its iterations; what only is in
/// the group with the timeout is killed, or not begun.
#[test]
fn an_always_that_runs_when_the_time_is_over_goes_on_to_its_end() {
    let scene = here(
        "
- id: timed
  timeout: 400ms
  ignore_errors: true
  calls:
    - always: true
      calls: [{ exec.shell: 'sh {DIR}/slow long; sleep 0.6' }, { exec.shell: sh {DIR}/slow behind }]
    - { always: true, loop: [a, b], calls: [{ exec.shell: 'sh {DIR}/slow {{ item }}' }] }
    - exec.shell: sh {DIR}/slow never
- id: looped
  timeout: 400ms
  ignore_errors: true
  calls: [{ always: true, loop: [c, d], calls: [{ exec.shell: 'sh {DIR}/slow {{ item }}; sleep 0.6' }] }]
- { id: killed, timeout: 400ms, ignore_errors: true, calls: [{ id: hangs, exec.shell: sleep 30 }] }",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(
        log(&scene),
        in_turn(&["long", "behind", "a", "b", "c", "d"]),
        "{ran}"
    );
    for label in ["timed", "looped", "killed"] {
        assert_eq!(ran.outcome("here", label), "failed", "`{label}`\n{ran}");
    }
    assert_eq!(
        ran.end("here", "hangs")["because"],
        "its time was over while it ran",
        "{ran}"
    );
}

/// Past `max_failures` what runs may end, and nothing else starts but `always`.
#[test]
fn nothing_new_starts_when_too_many_hosts_have_failed() {
    let strict = "- exec.shell: 'until test -e {DIR}/t/fail; do sleep 0.01; done; false'";
    let beside = "
- { loop: [a, b, c, d, e, f], exec.shell: 'sh {DIR}/gate {{ item }}' }
- exec.shell: sh {DIR}/slow never
- calls: [{ always: true, exec.shell: sh {DIR}/slow never }]
- { always: true, exec.shell: sh {DIR}/slow clean }";
    let scene = rounds(
        &["one", "two"],
        &(round("strict", "one", "max_failures: 0", strict) + &round("beside", "two", "needs: []", beside)),
    )
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("call_output") && line.contains("begun a"));
    scene.write("t/fail", b"");
    running.await_event("stopped");
    scene.write("t/go", b"");
    let ran = running.wait().code(2);
    let mut log = log(&scene);
    let clean = log.split_off(log.len() - 2);
    assert_eq!(clean, in_turn(&["clean"]), "{ran}");
    // The next item may have begun before the host heard of it.
    let all = in_turn(&["a", "b", "c", "d", "e", "f"]);
    assert!(all.starts_with(&log) && log.len() <= 4, "{log:?}\n{ran}");
}

/// What runs may end, with all that belongs to it: its expressions are asked.
#[test]
fn expressions_are_asked_of_what_runs_when_too_many_hosts_have_failed() {
    let strict = "- exec.shell: 'until test -e {DIR}/t/fail; do sleep 0.01; done; false'";
    let beside = "
- { id: quiet, exec.shell: sh {DIR}/gate quiet, changed_when: result.stdout == '' }
- { id: handler, always: true, on_change: [quiet], exec.shell: sh {DIR}/say handler }";
    let scene = rounds(
        &["one", "two"],
        &(round("strict", "one", "max_failures: 0", strict) + &round("beside", "two", "needs: []", beside)),
    )
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("call_output") && line.contains("begun quiet"));
    scene.write("t/fail", b"");
    running.await_event("stopped");
    scene.write("t/go", b"");
    let ran = running
        .wait()
        .code(2)
        .outcomes("two", &[("quiet", "ok"), ("handler", "skipped")]);
    assert_eq!(log(&scene), in_turn(&["quiet"]), "{ran}");
}
