//! `always`: an entry of a stopped block that is written after the failure, and only such a one, runs all the same.

use super::{NOTHING, here, in_turn, log, never_in_danger, never_in_danger_of, round, rounds};

#[test]
fn an_always_inside_a_group_that_was_not_begun_does_not_run() {
    never_in_danger(
        "
- exec.shell: 'false'
- calls:
    - exec.shell: sh {DIR}/say danger-body
    - { always: true, exec.shell: sh {DIR}/say danger }",
    );
}

#[test]
fn an_always_inside_a_group_that_waits_for_a_result_does_not_run() {
    never_in_danger(
        "
- { id: first, exec.shell: 'false' }
- when: not results.first.changed
  calls: [{ always: true, exec.shell: sh {DIR}/say danger }]",
    );
}

#[test]
fn an_always_inside_a_unit_that_was_not_begun_does_not_run() {
    let unit = "calls:\n  - exec.shell: 'true'\n  - { always: true, exec.shell: sh {DIR}/say danger }\n";
    never_in_danger_of(
        |fixture| fixture.file("unit.yml", unit),
        "
- calls:
    - exec.shell: 'false'
- import: unit.yml
- { loop: [1, 2], import: unit.yml }",
    );
}

#[test]
fn an_always_inside_a_nested_group_that_was_not_begun_does_not_run() {
    never_in_danger(
        "
- calls:
    - exec.shell: 'false'
    - calls:
        - calls: [{ always: true, exec.shell: sh {DIR}/say danger }]
- { loop: [1, 2], calls: [{ always: true, exec.shell: sh {DIR}/say danger }] }",
    );
}

#[test]
fn an_always_inside_a_group_that_was_begun_runs_and_so_does_each_one_around_it() {
    let scene = here(
        "
- calls:
    - calls:
        - exec.shell: 'false'
        - exec.shell: sh {DIR}/say never
        - { always: true, exec.shell: sh {DIR}/say inner }
    - { always: true, exec.shell: sh {DIR}/say middle }
    - exec.shell: sh {DIR}/say never
- { always: true, exec.shell: sh {DIR}/say outer }",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["inner", "middle", "outer"], "{ran}");
}

#[test]
fn an_always_before_the_failure_has_run_in_its_place() {
    let scene = here(
        "
- { always: true, exec.shell: sh {DIR}/say before }
- exec.shell: sh {DIR}/say bad; false
- { always: true, exec.shell: sh {DIR}/say after }",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["before", "bad", "after"], "{ran}");
}

/// Inside an `always` group a failure stops what follows as anywhere.
#[test]
fn in_an_always_group_the_call_after_a_failed_one_does_not_run() {
    never_in_danger(
        "
- always: true
  calls:
    - exec.shell: 'false'
    - exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn in_a_group_inside_an_always_group_the_call_after_a_failed_one_does_not_run() {
    never_in_danger(
        "
- exec.shell: 'false'
- always: true
  calls:
    - calls:
        - { loop: [bad, good], exec.shell: 'test {{ item }} = good' }
        - exec.shell: sh {DIR}/say danger
    - exec.shell: sh {DIR}/say danger-too",
    );
}

#[test]
fn in_an_always_unit_the_call_after_a_failed_one_does_not_run() {
    let unit = "calls:\n  - exec.shell: 'false'\n  - exec.shell: sh {DIR}/say danger\n";
    never_in_danger_of(
        |fixture| fixture.file("unit.yml", unit),
        "
- { import: unit.yml, always: true }",
    );
}

#[test]
fn an_always_inside_an_always_group_runs_after_a_failure_in_it() {
    let scene = here(
        "
- exec.shell: 'false'
- always: true
  calls:
    - exec.shell: sh {DIR}/say first; false
    - exec.shell: sh {DIR}/say never
    - { always: true, exec.shell: sh {DIR}/say inner }
- { always: true, exec.shell: sh {DIR}/say outer }",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["first", "inner", "outer"], "{ran}");
}

/// Several `always` entries all run; a failure in one makes the block fail.
#[test]
fn a_failed_always_makes_its_block_fail_and_stops_no_other_always() {
    let scene = here(
        "
- id: region
  calls:
    - { always: true, exec.shell: sh {DIR}/say one; false }
    - { always: true, exec.shell: sh {DIR}/say two }
    - exec.shell: sh {DIR}/say never
- on_failure: [region]
  exec.shell: sh {DIR}/say rescue",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["one", "two", "rescue"], "{ran}");
}

#[test]
fn an_always_runs_when_everything_before_it_has_ended() {
    let scene = here(
        "
- { writes: [/a], reads: [], exec.shell: sh {DIR}/await failed; sh {DIR}/slow open }
- { id: bad, writes: [], reads: [], exec.shell: touch {DIR}/t/failed; false }
- { always: true, writes: [], reads: [], exec.shell: sh {DIR}/say clean }",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["open begins", "open ends", "clean"], "{ran}");
}

/// Whatever it reads has ended, if only because it never ran.
#[test]
fn an_always_that_reads_what_waited_for_a_failed_call_runs() {
    let scene = here(
        "
- { id: drain, exec.shell: 'false' }
- { id: deploy, when: results.drain.changed, exec.shell: 'true' }
- { always: true, when: not results.deploy.changed, exec.shell: sh {DIR}/say undrain }
- { always: true, exec.shell: sh {DIR}/say undrain-all }",
    )
    .build();
    let ran = scene.events(&[]).code(2).never_says("bug in rmote-play");
    assert_eq!(log(&scene), ["undrain", "undrain-all"], "{ran}");
}

#[test]
fn an_always_whose_arguments_read_what_waited_for_a_failed_call_runs() {
    let scene = here(
        "
- { id: drain, exec.shell: 'false' }
- { id: deploy, exec.shell: 'echo {{ results.drain.changed }}' }
- { always: true, exec.shell: 'sh {DIR}/say undrain-{{ results.deploy.status }}' }
- { always: true, exec.shell: sh {DIR}/say undrain-all }",
    )
    .build();
    let ran = scene.events(&[]).code(2).never_says("bug in rmote-play");
    assert_eq!(log(&scene), ["undrain-canceled", "undrain-all"], "{ran}");
}

/// The same through a chain of readers, loops and groups.
#[test]
fn an_always_runs_whatever_chain_of_results_leads_to_it() {
    let scene = here(
        "
- { id: drain, exec.shell: 'false' }
- { id: one, loop: [1, 2], when: results.drain.changed, exec.shell: 'true' }
- { id: two, when: results.one.changed, calls: [{ id: inner, exec.shell: 'true' }] }
- { id: three, loop: '{{ [results.inner.status] }}', exec.shell: 'true' }
- { always: true, when: not results.three.changed and not results.two.changed, exec.shell: sh {DIR}/say undrain }
- { always: true, exec.shell: sh {DIR}/say undrain-all }",
    )
    .build();
    let ran = scene.events(&[]).code(2).never_says("bug in rmote-play");
    assert_eq!(log(&scene), ["undrain", "undrain-all"], "{ran}");
}

#[test]
fn an_always_in_an_ignored_group_runs_whatever_it_reads_and_the_host_goes_on() {
    let group = "
- ignore_errors: true
  calls:
    - { id: drain, exec.shell: 'false' }
    - { id: deploy, when: results.drain.changed, exec.shell: 'true' }
    - { always: true, when: not results.deploy.changed, exec.shell: sh {DIR}/say undrain }
    - { always: true, exec.shell: sh {DIR}/say undrain-all }
- exec.shell: sh {DIR}/say next";
    let scene = here(group).build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["undrain", "undrain-all", "next"], "{ran}");
    let looped = group.replace("- ignore_errors", "- loop: [1, 2]\n  ignore_errors");
    let scene = here(&looped).build();
    let ran = scene.events(&[]).code(0);
    let wanted = ["undrain", "undrain-all", "undrain", "undrain-all", "next"];
    assert_eq!(log(&scene), wanted, "{ran}");
}

#[test]
fn an_always_in_a_unit_runs_whatever_it_reads() {
    let scene = here(
        "
- { id: unit, import: unit.yml }
- on_failure: [unit]
  exec.shell: sh {DIR}/say rescue",
    )
    .file(
        "unit.yml",
        "calls:
  - { id: drain, exec.shell: 'false' }
  - { id: deploy, exec.shell: 'echo {{ results.drain.changed }}' }
  - { always: true, when: not results.deploy.changed, exec.shell: sh {DIR}/say undrain }
",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["undrain", "rescue"], "{ran}");
}

#[test]
fn an_always_that_reads_a_dropped_delegated_or_shared_call_runs() {
    let scene = here(
        "
- { id: drain, exec.shell: 'false' }
- { id: other, delegate_to: localhost, exec.shell: 'echo {{ results.drain.changed }}' }
- { id: once, run_once: true, exec.shell: 'echo {{ results.drain.changed }}' }
- { always: true, when: not results.other.changed, exec.shell: sh {DIR}/say one }
- { always: true, when: not results.once.changed, exec.shell: sh {DIR}/say two }",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["one", "two"], "{ran}");
}

/// It is repeated as anywhere, though its host has failed.
#[test]
fn until_works_inside_an_always() {
    let scene = here(
        "
- exec.shell: 'false'
- id: heal
  always: true
  exec.shell: sh {DIR}/nth heal 3
  until: not result.failed
  delay: 10ms
- always: true
  calls:
    - { loop: [a, b], exec.shell: 'sh {DIR}/nth {{ item }} 2', until: not result.failed, delay: 10ms }
    - exec.shell: sh {DIR}/say last",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let wanted = ["heal", "heal", "heal", "a", "a", "b", "b", "last"];
    assert_eq!(log(&scene), wanted, "{ran}");
    assert_eq!(ran.outcome("here", "heal"), "changed", "{ran}");
}

#[test]
fn loops_of_calls_and_groups_run_whole_as_always() {
    let scene = here(
        "
- exec.shell: 'false'
- { always: true, loop: [a, b], exec.shell: 'sh {DIR}/slow {{ item }}' }
- always: true
  loop: { outer: [c, d] }
  calls:
    - { loop: [x, y], exec.shell: 'sh {DIR}/slow {{ outer }}{{ item }}' }",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let wanted = in_turn(&["a", "b", "cx", "cy", "dx", "dy"]);
    assert_eq!(log(&scene), wanted, "{ran}");
}

/// Each iteration is a block of its own: a failure in one ends that one, and its `always` entries run.
#[test]
fn an_always_in_a_looped_group_runs_in_every_iteration() {
    let scene = here(
        "
- loop: [a, b, c]
  calls:
    - exec.shell: sh {DIR}/say {{ item }}; test {{ item }} != b
    - exec.shell: sh {DIR}/say more-{{ item }}
    - { always: true, exec.shell: 'sh {DIR}/say clean-{{ item }}' }
- exec.shell: sh {DIR}/say never",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let wanted = ["a", "more-a", "clean-a", "b", "clean-b", "c", "more-c", "clean-c"];
    assert_eq!(log(&scene), wanted, "{ran}");
}

#[test]
fn an_always_runs_without_limit_when_the_time_of_its_group_or_round_is_over() {
    let group = "
- timeout: 200ms
  ignore_errors: true
  calls:
    - exec.shell: sleep 30
    - { always: true, exec.shell: sleep 0.4; sh {DIR}/say clean }
- exec.shell: sh {DIR}/say next";
    let scene = here(group).build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["clean", "next"], "{ran}");
    let entries = "
- exec.shell: sleep 30
- { always: true, exec.shell: sleep 0.4; sh {DIR}/say clean }";
    let scene = rounds(&["here"], &round("one", "here", "timeout: 200ms", entries)).build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["clean"], "{ran}");
    assert_eq!(ran.host("here"), "failed", "{ran}");
}

#[test]
fn a_handler_that_is_always_runs_after_a_failure_only_if_its_source_changed() {
    let scene = here(
        "
- { id: config, exec.shell: 'true' }
- exec.shell: 'false'
- { id: late, exec.shell: 'true' }
- { always: true, on_change: [config], exec.shell: sh {DIR}/say config }
- { always: true, on_change: [late], exec.shell: sh {DIR}/say late }",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["config"], "{ran}");
}

#[test]
fn an_always_done_once_for_all_is_done_once_by_hosts_that_have_failed() {
    let entries = "
- exec.shell: 'false'
- { always: true, run_once: true, exec.shell: 'sh {DIR}/say {{ host.name }}' }";
    let scene = rounds(&["a", "b", "c"], &round("one", "all", "", entries)).build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["a"], "{ran}");
}

/// A later round is not entered, and has no block whose `always` entries could run.
#[test]
fn an_always_of_a_round_that_was_not_entered_does_not_run() {
    let scene = rounds(
        &["here"],
        &(round("one", "here", "", "- exec.shell: 'false'")
            + &round(
                "two",
                "here",
                "",
                "- { always: true, exec.shell: sh {DIR}/say two }",
            )),
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), NOTHING, "{ran}");
}
