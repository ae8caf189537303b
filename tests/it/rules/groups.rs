//! Groups and units: the time of each iteration, and how far a failure in them goes.

use super::{here, in_turn, log};

/// The timeout is of each iteration, and ends that one only.
#[test]
fn the_timeout_of_one_iteration_does_not_cancel_the_others() {
    let scene = here(
        "
- loop: [fast, slow, quick]
  timeout: 1s
  ignore_errors: true
  calls:
    - exec.shell: test {{ item }} != slow || sleep 30; sh {DIR}/slow {{ item }}
- exec.shell: sh {DIR}/slow next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), in_turn(&["fast", "quick", "next"]), "{ran}");
}

#[test]
fn the_timeout_of_one_iteration_of_a_unit_does_not_cancel_the_others() {
    let scene = here(
        "
- { loop: [slow, fast], timeout: 1s, ignore_errors: true, import: unit.yml, vars: { word: '{{ item }}' } }
- exec.shell: sh {DIR}/slow next",
    )
    .file(
        "unit.yml",
        "
inputs: { word: string }
calls:
  - exec.shell: test {{ word }} = fast || sleep 30
  - exec.shell: sh {DIR}/slow {{ word }}
  - { always: true, exec.shell: 'sh {DIR}/slow clean-{{ word }}' }
",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let wanted = in_turn(&["clean-slow", "fast", "clean-fast", "next"]);
    assert_eq!(log(&scene), wanted, "{ran}");
}

/// Nothing handles it here: the host has failed, but first the other iterations run.
#[test]
fn the_timeout_of_one_iteration_fails_the_host_when_all_others_have_run() {
    let scene = here(
        "
- loop: { outer: [slow, fast] }
  timeout: 1s
  calls:
    - calls:
        - { loop: [1, 2], exec.shell: 'test {{ outer }} = fast || sleep 30; sh {DIR}/say {{ outer }}-{{ item }}' }
- exec.shell: sh {DIR}/say never",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["fast-1", "fast-2"], "{ran}");
    assert_eq!(ran.host("here"), "failed", "{ran}");
}

/// Each iteration has the whole time for itself.
#[test]
fn the_time_of_an_iteration_begins_with_it() {
    let scene = here(
        "
- loop: [a, b, c, d]
  timeout: 1500ms
  calls:
    - exec.shell: sleep 0.45; sh {DIR}/say {{ item }}",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["a", "b", "c", "d"], "{ran}");
}

/// And a group its own: what it waits for before its turn has come is not its time.
#[test]
fn the_time_of_a_group_begins_when_its_turn_has_come() {
    let scene = here(
        "
- exec.shell: sleep 1.2
- timeout: 1s
  calls: [{ exec.shell: sh {DIR}/say group }]
- { timeout: 1s, calls: [{ timeout: 1s, calls: [{ exec.shell: sh {DIR}/say nested }] }] }",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["group", "nested"], "{ran}");
}

#[test]
fn the_timeout_of_a_group_is_rescued_and_said_as_such() {
    let scene = here(
        "
- id: outer
  calls:
    - id: group
      timeout: 200ms
      calls:
        - exec.shell: sleep 30
        - exec.shell: sh {DIR}/say never
    - exec.shell: sh {DIR}/say never
- on_failure: [outer]
  exec.shell: sh {DIR}/say '{{ results.group.error.kind }} {{ results.outer.error.kind }}'
- exec.shell: sh {DIR}/say next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["timeout timeout", "next"], "{ran}");
}

#[test]
fn the_timeout_of_an_inner_group_leaves_the_outer_one_its_own() {
    let scene = here(
        "
- timeout: 30s
  calls:
    - timeout: 200ms
      ignore_errors: true
      calls:
        - exec.shell: sleep 30
        - exec.shell: sh {DIR}/say never
    - exec.shell: sh {DIR}/say rest
- exec.shell: sh {DIR}/say next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["rest", "next"], "{ran}");
}

/// Between the attempts of a call, too.
#[test]
fn the_timeout_of_a_group_ends_the_attempts_of_a_call_in_it() {
    let scene = here(
        "
- timeout: 300ms
  ignore_errors: true
  calls:
    - { id: wait, exec.shell: 'false', until: not result.failed, retries: 9, delay: 20s }
- exec.shell: sh {DIR}/say next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["next"], "{ran}");
    assert_ne!(ran.outcome("here", "wait"), "ok", "{ran}");
}

#[test]
fn a_failure_goes_outward_to_the_first_entry_that_handles_it() {
    let scene = here(
        "
- id: outer
  calls:
    - ignore_errors: true
      calls:
        - loop: [1, 2]
          calls:
            - exec.shell: sh {DIR}/say {{ item }}; false
            - exec.shell: sh {DIR}/say never
        - exec.shell: sh {DIR}/say never
    - exec.shell: sh {DIR}/say rest
- on_failure: [outer]
  exec.shell: sh {DIR}/say never
- exec.shell: sh {DIR}/say next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["1", "2", "rest", "next"], "{ran}");
}

/// R20: the start of a group, the end of each iteration with its item, and the end of the group, around what is in it.
#[test]
fn a_group_reports_its_start_its_iterations_and_its_end() {
    let scene = here(
        "
- name: looped
  loop: [one, two, three]
  when: item != 'two'
  ignore_errors: true
  calls:
    - exec.shell: test {{ item }} != three
- { name: plain, calls: [{ name: in plain, exec.shell: 'true' }] }
- { name: unit, import: unit.yml }
- { name: left out, when: false, calls: [{ name: never, exec.shell: 'false' }] }
- { name: empty, loop: [], calls: [{ name: never, exec.shell: 'false' }] }",
    )
    .file(
        "unit.yml",
        "calls: [{ name: in unit, exec.command: ['true'], writes: [] }]\n",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let of = |label: &str| -> Vec<String> {
        let fits = |it: &&serde_json::Value| it["call"]["label"] == label;
        let text = |it: &serde_json::Value| {
            let parts = [
                "event",
                "iterations",
                "item",
                "outcome",
                "changed",
                "because",
                "failed_call",
            ];
            let parts = parts.iter().filter(|part| !it[**part].is_null());
            let parts = parts.map(|part| it[*part].to_string().replace('"', ""));
            parts.collect::<Vec<_>>().join(" ")
        };
        ran.events.iter().filter(fits).map(text).collect()
    };
    let mut looped = of("looped");
    // Iterations that do not conflict end in any order.
    looped[1..4].sort();
    assert_eq!(
        looped,
        [
            "group_started 3",
            "iteration_ended one changed true",
            "iteration_ended three failed false exec.shell",
            "iteration_ended two skipped false `item != 'two'` is false",
            "group_ended failed true exec.shell",
        ],
        "{ran}"
    );
    let changed = "changed true";
    assert_eq!(
        of("plain"),
        ["group_started".to_owned(), format!("group_ended {changed}")],
        "{ran}"
    );
    assert_eq!(of("unit"), ["group_started", "group_ended ok false"], "{ran}");
    assert_eq!(
        of("left out"),
        ["group_ended skipped false `false` is false"],
        "{ran}"
    );
    assert_eq!(
        of("empty"),
        ["group_ended skipped false the loop has no items"],
        "{ran}"
    );
    assert!(of("never").is_empty(), "{ran}");
    assert!(ran.end("here", "looped")["ignored"] == true, "{ran}");
}
