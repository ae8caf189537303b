//! Loops: every item is a call or a block of its own, in its place, and many statuses become one.

use super::{here, in_turn, log, told};

/// Every item runs, in turn, whatever fails; the loop has failed.
#[test]
fn items_of_a_loop_all_run_in_turn_whatever_fails() {
    let scene = here(
        "
- { id: loop, loop: [a, b, c, d], exec.shell: 'sh {DIR}/slow {{ item }}; test {{ item }} != b' }",
    )
    .build();
    let ran = scene.events(&[]).code(2).outcomes("here", &[("loop", "failed")]);
    assert_eq!(log(&scene), in_turn(&["a", "b", "c", "d"]), "{ran}");
}

#[test]
fn iterations_of_nested_loops_all_run_in_turn_whatever_fails() {
    let scene = here(
        "
- loop: { outer: [a, b] }
  calls:
    - loop: { middle: [x, y] }
      calls:
        - { loop: [1, 2], exec.shell: 'sh {DIR}/slow {{ outer }}{{ middle }}{{ item }}; test {{ outer }}{{ item }} != a1' }
        - exec.shell: sh {DIR}/slow {{ outer }}{{ middle }}-end
    - exec.shell: sh {DIR}/slow {{ outer }}-end",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let wanted = [
        "ax1", "ax2", "ay1", "ay2", "bx1", "bx2", "bx-end", "by1", "by2", "by-end", "b-end",
    ];
    assert_eq!(log(&scene), in_turn(&wanted), "{ran}");
}

/// A condition that cannot be asked of one item fails that item; the others run.
#[test]
fn a_condition_that_fails_for_one_item_fails_that_item_alone() {
    let scene = here(
        "
- id: loop
  loop: [1, 0, 2]
  when: '{1: true, 0: 3, 2: true}[item]'
  exec.shell: sh {DIR}/say {{ item }}
- exec.shell: sh {DIR}/say never",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["1", "2"], "{ran}");
    let wanted = [
        (Some("0"), "failed"),
        (Some("1"), "changed"),
        (Some("2"), "changed"),
        (None, "failed"),
    ];
    let mut told = told(&ran, "loop");
    let end = told.pop().unwrap();
    told.sort_unstable();
    told.push(end);
    assert_eq!(told, wanted, "{ran}");
}

#[test]
fn a_condition_that_fails_for_one_iteration_of_a_group_fails_that_one_alone() {
    let scene = here(
        "
- loop: [1, 0, 2]
  when: '{1: true, 0: 3, 2: true}[item]'
  calls:
    - exec.shell: sh {DIR}/say {{ item }}
- exec.shell: sh {DIR}/say never",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["1", "2"], "{ran}");
}

/// Nothing merges to skipped, for calls and groups alike.
#[test]
fn a_loop_over_nothing_and_a_group_of_skipped_entries_are_skipped() {
    let scene = here(
        "
- { id: call, loop: '{{ [] }}', exec.shell: 'true' }
- { id: group, loop: '{{ [] }}', calls: [{ exec.shell: 'true' }] }
- { id: items, loop: [1, 2], when: item > 2, exec.shell: 'true' }
- { id: looped, loop: [1, 2], when: item > 2, calls: [{ exec.shell: 'true' }] }
- id: entries
  calls:
    - { when: 'false', exec.shell: 'true' }
    - { calls: [{ when: 'false', exec.shell: 'true' }] }
- exec.shell: sh {DIR}/say '{{ results.call.status }} {{ results.group.status }}'
- exec.shell: sh {DIR}/say '{{ results.items.status }} {{ results.looped.status }} {{ results.entries.status }}'",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(
        log(&scene),
        ["skipped skipped", "skipped skipped skipped"],
        "{ran}"
    );
}

/// `skipped < ok < changed`: one item that ran makes the whole more than skipped.
#[test]
fn a_group_with_one_entry_that_ran_is_what_that_one_is() {
    let scene = here(
        "
- id: ok
  calls: [{ when: 'false', exec.shell: 'true' }, { writes: [], exec.shell: 'true' }]
- id: changed
  calls: [{ exec.shell: 'true' }, { writes: [], exec.shell: 'true' }, { when: 'false', exec.shell: 'true' }]
- id: items
  loop: [1, 2, 3]
  when: item < 3
  exec.shell: 'true'
  changed_when: item == 1
- exec.shell: sh {DIR}/say '{{ results.ok.status }} {{ results.changed.status }} {{ results.items.status }}'",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["ok changed changed"], "{ran}");
}

/// What a looped entry in an ignored loop did not do, the next iteration does.
#[test]
fn a_failure_in_an_iteration_ends_that_iteration_only() {
    let scene = here(
        "
- id: group
  loop: [a, b, c]
  ignore_errors: true
  calls:
    - exec.shell: sh {DIR}/slow {{ item }}; test {{ item }} != a
    - exec.shell: sh {DIR}/slow {{ item }}-more
- exec.shell: sh {DIR}/slow next",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let wanted = in_turn(&["a", "b", "b-more", "c", "c-more", "next"]);
    assert_eq!(log(&scene), wanted, "{ran}");
}
