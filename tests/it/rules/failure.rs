//! A call never runs on a host behind a failed one that stops it, whatever is between them.

use super::{here, in_turn, log, never_in_danger, never_in_danger_of, round, rounds};

#[test]
fn an_item_of_a_loop_does_not_run_behind_a_failed_call() {
    never_in_danger(
        "
- exec.shell: 'false'
- loop: [a, b, c]
  exec.shell: sh {DIR}/say danger-{{ item }}",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_one_with_an_ignored_one_between_them() {
    never_in_danger(
        "
- exec.shell: 'false'
- { ignore_errors: true, exec.shell: sh {DIR}/say danger-too }
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_one_with_an_always_between_them() {
    never_in_danger(
        "
- exec.shell: 'false'
- { always: true, exec.shell: 'true' }
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_one_with_a_region_and_its_rescue_between_them() {
    never_in_danger(
        "
- exec.shell: 'false'
- id: region
  calls: [{ exec.shell: 'true' }]
- on_failure: [region]
  exec.shell: sh {DIR}/say danger-of-rescue
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_one_with_an_ignored_group_between_them() {
    never_in_danger(
        "
- exec.shell: 'false'
- ignore_errors: true
  calls:
    - calls: [{ ignore_errors: true, exec.shell: 'true' }, { exec.shell: 'false' }]
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_one_with_an_ignored_loop_between_them() {
    never_in_danger(
        "
- exec.shell: 'false'
- loop: [a, b]
  ignore_errors: true
  exec.shell: 'true'
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_one_with_a_handler_between_them() {
    never_in_danger(
        "
- { id: config, exec.shell: 'true' }
- exec.shell: 'false'
- { ignore_errors: true, on_change: [config], exec.shell: 'true' }
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_one_with_a_delegated_one_between_them() {
    never_in_danger(
        "
- exec.shell: 'false'
- { ignore_errors: true, delegate_to: localhost, exec.shell: 'true' }
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_one_that_was_dropped_for_a_failure_with_which_it_does_not_conflict() {
    never_in_danger(
        "
- calls:
    - { writes: [/a], reads: [], exec.shell: sleep 0.1; false }
    - { ignore_errors: true, exec.shell: 'true' }
- { writes: [/b], reads: [], exec.shell: sh {DIR}/say danger }",
    );
    never_in_danger(
        "
- { writes: [/a], reads: [], exec.shell: sleep 0.1; false }
- ignore_errors: true
  calls: [{ exec.shell: 'true' }]
- { writes: [/b], reads: [], exec.shell: sh {DIR}/say danger }",
    );
}

#[test]
fn a_call_does_not_run_behind_a_loop_with_a_failed_item() {
    never_in_danger(
        "
- id: files
  loop: ['{DIR}/no/such/folder/file', '{DIR}/t/{{ host.name }}']
  fs.write: { path: '{{ item }}', content: hello }
- exec.shell: sh {DIR}/say danger",
    );
    never_in_danger(
        "
- loop: [bad, good, better]
  exec.shell: test {{ item }} != bad
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_a_looped_group_with_a_failed_iteration() {
    never_in_danger(
        "
- loop: [1, 2]
  calls:
    - exec.shell: test {{ item }} = 2
    - exec.shell: 'true'
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_item_in_nested_groups() {
    never_in_danger(
        "
- calls:
    - calls:
        - loop: [bad, good]
          exec.shell: test {{ item }} = good
    - { ignore_errors: true, exec.shell: 'true' }
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_one_in_a_unit() {
    let unit = "calls:\n  - { loop: [bad, good], exec.shell: 'test {{ item }} = good' }\n  - { ignore_errors: true, exec.shell: 'true' }\n";
    never_in_danger_of(
        |fixture| fixture.file("unit.yml", unit),
        "
- import: unit.yml
- { ignore_errors: true, exec.shell: 'true' }
- exec.shell: sh {DIR}/say danger",
    );
}

#[test]
fn an_item_of_a_looped_group_does_not_run_behind_a_failed_call_of_its_iteration() {
    never_in_danger(
        "
- loop: [1, 2]
  calls:
    - exec.shell: 'false'
    - { ignore_errors: true, exec.shell: 'true' }
    - loop: { inner: [a, b] }
      exec.shell: sh {DIR}/say danger-{{ inner }}",
    );
}

#[test]
fn a_call_does_not_run_behind_a_failed_rescue() {
    never_in_danger(
        "
- id: region
  calls: [{ exec.shell: 'false' }]
- on_failure: [region]
  calls:
    - exec.shell: 'false'
    - { ignore_errors: true, exec.shell: sh {DIR}/say danger-in-rescue }
- { ignore_errors: true, exec.shell: 'true' }
- exec.shell: sh {DIR}/say danger",
    );
}

/// Whatever made it fail.
#[test]
fn a_call_does_not_run_behind_one_that_failed_by_an_expression_a_timeout_or_its_attempts() {
    for fails in [
        "exec.shell: 'true', failed_when: 'true'",
        "exec.shell: 'true', until: 'false', retries: 1, delay: 10ms",
        "exec.shell: sleep 30, timeout: 100ms",
        "assert.that: 1 > 2",
        "fail: no more",
        "exec.shell: '{{ {1: true}[facts.user.uid * 0] }}'",
    ] {
        never_in_danger(&format!(
            "
- {{ {fails} }}
- {{ ignore_errors: true, exec.shell: 'true' }}
- exec.shell: sh {{DIR}}/say danger"
        ));
    }
}

/// That somebody reads a result while an item runs does not make the failed one good.
#[test]
fn a_call_does_not_run_behind_a_loop_with_a_failed_item_though_a_later_entry_reads_a_result() {
    never_in_danger(
        "
- { id: probe, exec.shell: echo probed }
- { loop: ['false', sleep 0.1, 'true'], exec.shell: '{{ item }}' }
- exec.shell: sh {DIR}/say danger
- { exec.shell: 'sh {DIR}/say danger-{{ results.probe.stdout }}' }",
    );
}

/// A `fail` conflicts with everything.
#[test]
fn not_even_a_read_is_made_behind_a_fail() {
    let scene = here(
        "
- { id: probe, writes: [], reads: [/probe], exec.shell: sleep 0.1; echo bad }
- { when: results.probe.stdout == 'bad', fail: no more }
- { writes: [], reads: [], exec.shell: sh {DIR}/say danger }",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), super::NOTHING, "{ran}");
}

/// So does a delegated call that failed.
#[test]
fn not_even_a_read_is_made_behind_a_failed_delegated_call() {
    never_in_danger(
        "
- { delegate_to: localhost, exec.shell: sleep 0.05; false }
- { writes: [], reads: [], exec.shell: sh {DIR}/say danger }",
    );
}

/// A host in two rounds at once fails in both.
#[test]
fn a_failure_in_one_round_stops_the_rounds_beside_it() {
    let beside = "
- { id: first, writes: [/b], reads: [], exec.shell: echo begun; sh {DIR}/await go; sleep 0.2; sh {DIR}/say first }
- { writes: [/b], reads: [], exec.shell: sh {DIR}/say danger }
- { always: true, writes: [/b], reads: [], exec.shell: sh {DIR}/say clean }";
    let fails = "- { id: bad, writes: [], reads: [], exec.shell: 'until test -e {DIR}/t/fail; do sleep 0.01; done; false' }";
    let scene = rounds(
        &["here"],
        &(round("beside", "here", "", beside) + &round("fails", "here", "needs: []", fails)),
    )
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("call_output") && line.contains("begun"));
    scene.write("t/fail", b"");
    running.await_line(|line| line.contains("call_ended") && line.contains("\"bad\""));
    scene.write("t/go", b"");
    let ran = running.wait().code(2);
    assert_eq!(log(&scene), ["first", "clean"], "{ran}");
}

/// What must stay: an ignored failure stops nothing, and what follows keeps its place behind it.
#[test]
fn a_call_runs_behind_ignored_failures_when_they_have_ended() {
    let scene = here(
        "
- { ignore_errors: true, exec.shell: sh {DIR}/slow a; false }
- ignore_errors: true
  calls: [{ exec.shell: sh {DIR}/slow b; false }, { exec.shell: sh {DIR}/say never }]
- { ignore_errors: true, loop: [c, d], exec.shell: 'sh {DIR}/slow {{ item }}; false' }
- exec.shell: sh {DIR}/slow e",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), in_turn(&["a", "b", "c", "d", "e"]), "{ran}");
}
