//! The recap: calls and nothing else, each in exactly one count, by the innermost entry that handled its failure.

use super::{here, round, rounds};
use crate::support::Ran;

/// The counts of a host: ok, changed, failed, ignored, rescued, skipped, unknown.
fn counts(ran: &Ran, host: &str) -> [u64; 7] {
    let recap = ran.recap(host);
    [
        "ok", "changed", "failed", "ignored", "rescued", "skipped", "unknown",
    ]
    .map(|name| recap[name].as_u64().unwrap_or_else(|| panic!("`{name}`\n{ran}")))
}

#[test]
fn a_failure_in_an_ignored_group_is_ignored_and_not_failed() {
    let ran = here(
        "
- id: group
  ignore_errors: true
  calls: [{ id: bad, exec.shell: 'false' }]
- id: last
  exec.shell: 'true'",
    )
    .events(&[])
    .code(0);
    assert_eq!(counts(&ran, "here"), [2, 1, 0, 1, 0, 0, 0], "{ran}");
    assert_eq!(ran.end("here", "bad")["ignored"], true, "{ran}");
}

#[test]
fn a_failure_deep_in_an_ignored_group_or_unit_is_ignored() {
    let ran = here(
        "
- ignore_errors: true
  calls: [{ calls: [{ loop: [1, 2], calls: [{ id: deep, exec.shell: 'false' }] }] }]
- { ignore_errors: true, import: unit.yml }",
    )
    .file(
        "unit.yml",
        "calls: [{ calls: [{ id: bad, exec.shell: 'false' }, { exec.shell: 'true' }] }]",
    )
    .events(&[])
    .code(0);
    assert_eq!(counts(&ran, "here"), [3, 0, 0, 3, 0, 0, 0], "{ran}");
}

/// The innermost entry around a failure that handles it decides how it is told.
#[test]
fn a_failure_is_ignored_or_rescued_by_the_innermost_entry_that_handles_it() {
    let ran = here(
        "
- id: outer
  calls:
    - { id: ignored, ignore_errors: true, exec.shell: 'false' }
    - ignore_errors: true
      calls: [{ id: ignored_in_group, exec.shell: 'false' }]
- { on_failure: [outer], exec.shell: 'true' }
- ignore_errors: true
  calls:
    - { id: region, exec.shell: 'false' }
    - { on_failure: [region], writes: [], exec.shell: 'true' }",
    )
    .events(&[])
    .code(0);
    for (label, ignored, rescued) in [
        ("ignored", true, false),
        ("ignored_in_group", true, false),
        ("region", false, true),
    ] {
        let end = ran.end("here", label);
        assert_eq!(
            (&end["ignored"], &end["rescued"]),
            (&ignored.into(), &rescued.into()),
            "`{label}`\n{ran}"
        );
    }
    assert_eq!(counts(&ran, "here"), [3, 0, 0, 2, 1, 1, 0], "{ran}");
}

/// `ignore_errors` on a region: ignored, and the rescue runs.
#[test]
fn a_failure_of_an_ignored_region_is_ignored() {
    let ran = here(
        "
- { id: bad, ignore_errors: true, exec.shell: 'false' }
- { id: rescue, on_failure: [bad], exec.shell: 'true' }",
    )
    .events(&[])
    .code(0)
    .outcomes("here", &[("rescue", "changed")]);
    assert_eq!(counts(&ran, "here"), [2, 1, 0, 1, 0, 0, 0], "{ran}");
}

/// What handles a rescue's own failure stands around the rescue.
#[test]
fn a_failure_in_a_rescue_or_an_always_is_counted_where_it_is() {
    let ran = here(
        "
- { id: region, exec.shell: 'false' }
- on_failure: [region]
  calls: [{ id: in_rescue, exec.shell: 'false' }]
- { id: in_always, always: true, exec.shell: 'false' }",
    )
    .events(&[])
    .code(2);
    assert_eq!(counts(&ran, "here"), [0, 0, 2, 0, 1, 0, 0], "{ran}");
    for label in ["in_rescue", "in_always"] {
        let end = ran.end("here", label);
        assert_eq!(
            (&end["ignored"], &end["rescued"]),
            (&false.into(), &false.into()),
            "{ran}"
        );
    }
}

/// Neither groups nor units are counted, and what was never begun is not, either.
#[test]
fn skipped_groups_and_units_are_not_counted() {
    let ran = here(
        "
- { when: 'false', import: unit.yml }
- { when: 'false', loop: [1, 2], import: unit.yml }
- { when: 'false', calls: [{ exec.shell: 'true' }, { exec.shell: 'true' }] }
- { when: 'false', exec.shell: 'true' }
- { import: unit.yml }
- exec.shell: 'false'
- { import: unit.yml }
- calls: [{ exec.shell: 'true' }]
- exec.shell: 'true'",
    )
    .file(
        "unit.yml",
        "calls: [{ exec.shell: 'true' }, { when: 'false', fail: never }]",
    )
    .events(&[])
    .code(2);
    assert_eq!(counts(&ran, "here"), [1, 1, 1, 0, 0, 2, 0], "{ran}");
}

#[test]
fn a_failed_unit_and_its_caller_are_counted_by_the_call_that_failed_alone() {
    let ran = here("\n- { import: unit.yml }\n- exec.shell: 'true'")
        .file(
            "unit.yml",
            "calls: [{ exec.shell: 'true' }, { calls: [{ exec.shell: 'false' }] }]",
        )
        .events(&[])
        .code(2);
    assert_eq!(counts(&ran, "here"), [1, 1, 1, 0, 0, 0, 0], "{ran}");
}

/// A loop counts once; `changed` counts besides, whatever the outcome.
#[test]
fn what_failed_and_had_changed_counts_as_changed_too() {
    let ran = here(
        "
- { id: loop, ignore_errors: true, loop: [a, b, c], exec.shell: 'test {{ item }} != b' }
- { id: judged, ignore_errors: true, exec.shell: 'true', failed_when: 'true' }
- { id: unchanged, ignore_errors: true, writes: [], exec.shell: 'true', failed_when: 'true' }",
    )
    .events(&[])
    .code(0);
    assert_eq!(counts(&ran, "here"), [3, 2, 0, 3, 0, 0, 0], "{ran}");
}

#[test]
fn a_host_that_failed_tells_what_it_had_changed_before() {
    let ran = here(
        "
- { loop: [a, b, c], exec.shell: 'test {{ item }} != b' }
- exec.shell: 'true'",
    )
    .events(&[])
    .code(2);
    assert_eq!(counts(&ran, "here"), [0, 1, 1, 0, 0, 0, 0], "{ran}");
}

#[test]
fn a_failure_of_a_run_once_entry_is_counted_alike_for_each_host_and_its_change_once() {
    let entries = "
- { id: once, run_once: true, ignore_errors: true, exec.shell: 'true', failed_when: 'true' }";
    let ran = rounds(&["a", "b"], &round("one", "all", "", entries))
        .events(&[])
        .code(0);
    assert_eq!(counts(&ran, "a"), [1, 1, 0, 1, 0, 0, 0], "{ran}");
    assert_eq!(counts(&ran, "b"), [1, 0, 0, 1, 0, 0, 0], "{ran}");
}

/// In check mode a loop that would change in one item and cannot say in another is unknown, and would change something.
#[test]
fn changes_exit_sees_a_change_in_a_loop_that_is_unknown_as_a_whole() {
    let entries = "
- id: loop
  loop: [new, other]
  when: item == 'new' or results.probe.stdout == ''
  fs.write: { path: '{DIR}/t/{{ item }}', content: x }";
    let scene = here(&format!(
        "\n- {{ id: probe, exec.shell: echo {{DIR}}/t/other, changed_when: false }}{entries}"
    ))
    .build();
    let ran = scene.events(&["-C", "--changes-exit", "7"]).code(7);
    assert_eq!(ran.outcome("here", "loop"), "unknown", "{ran}");
    assert_eq!(ran.recap("here")["changed"], 1, "{ran}");
}

/// What is canceled counts nowhere; what its condition leaves out is skipped all the same.
#[test]
fn what_was_canceled_is_in_no_count() {
    let ran = here(
        "
- exec.shell: 'false'
- exec.shell: 'true'
- { loop: [a, b], exec.shell: 'true' }
- { when: 'false', exec.shell: 'true' }",
    )
    .events(&[])
    .code(2);
    assert_eq!(counts(&ran, "here"), [0, 0, 1, 0, 0, 1, 0], "{ran}");
}
