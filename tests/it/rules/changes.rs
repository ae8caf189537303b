//! What counts as a change for handlers: of an earlier attempt, of a call that was killed, of one that failed.

use super::{here, log};

/// What these entries, which all end well, say.
#[track_caller]
fn says(entries: &str, wanted: &[&str]) {
    let scene = here(entries).build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), wanted, "{ran}");
}

const ATTEMPT: &str = "exec.shell: 'test -e {DIR}/t/flag || { touch {DIR}/t/flag; echo new; }', until: result.stdout == '', \
                       changed_when: result.stdout != '', delay: 10ms";

#[test]
fn a_change_in_an_earlier_attempt_of_until_counts_for_its_handler() {
    says(
        &format!(
            "\n- {{ id: start, {ATTEMPT} }}\n- {{ on_change: [start], exec.shell: sh {{DIR}}/say handler }}"
        ),
        &["handler"],
    );
}

#[test]
fn a_change_in_an_earlier_attempt_counts_through_groups_loops_and_delegates() {
    says(
        &format!(
            "
- id: group
  calls:
    - {{ id: start, loop: [1, 2], delegate_to: localhost, {ATTEMPT} }}
- {{ on_change: [start], exec.shell: sh {{DIR}}/say start }}
- {{ on_change: [group], exec.shell: sh {{DIR}}/say group }}"
        ),
        &["start", "group"],
    );
}

/// It may have written before it was killed.
#[test]
fn a_call_killed_by_its_own_timeout_counts_as_changed_for_its_handler() {
    says(
        "
- { id: change, timeout: 200ms, ignore_errors: true, exec.shell: sleep 30 }
- { on_change: [change], exec.shell: sh {DIR}/say handler }",
        &["handler"],
    );
}

#[test]
fn an_item_killed_by_a_timeout_counts_as_changed_for_handlers() {
    says(
        "
- id: loop
  loop: [slow, fast]
  timeout: 1s
  ignore_errors: true
  changed_when: false
  exec.shell: test {{ item }} = fast || sleep 30
- { on_change: [loop], exec.shell: sh {DIR}/say loop }",
        &["loop"],
    );
}

#[test]
fn an_attempt_killed_by_a_timeout_counts_as_changed_for_handlers() {
    says(
        "
- id: attempts
  timeout: 1s
  until: not result.failed
  changed_when: false
  delay: 10ms
  exec.shell: 'test -e {DIR}/t/flag || { touch {DIR}/t/flag; sleep 30; }'
- { on_change: [attempts], exec.shell: sh {DIR}/say attempts }",
        &["attempts"],
    );
}

#[test]
fn a_call_killed_by_the_timeout_of_its_group_counts_as_changed_for_handlers() {
    says(
        "
- id: group
  timeout: 200ms
  ignore_errors: true
  calls: [{ id: change, exec.shell: sleep 30 }]
- { on_change: [change], exec.shell: sh {DIR}/say change }
- { on_change: [group], exec.shell: sh {DIR}/say group }",
        &["change", "group"],
    );
}

/// A call that failed by its exit code has not changed, with `until` or without.
#[test]
fn a_failed_call_with_until_has_not_changed() {
    says(
        "
- { id: a, ignore_errors: true, exec.shell: 'echo f; false', until: result.stdout == 'o', retries: 1, delay: 5ms, changed_when: result.stdout == 'c' }
- { on_change: [a], exec.shell: sh {DIR}/say a }
- { id: b, ignore_errors: true, exec.shell: 'echo f; false', changed_when: result.stdout == 'c' }
- { on_change: [b], exec.shell: sh {DIR}/say b }
- { id: c, ignore_errors: true, exec.shell: 'echo f; false', until: result.stdout == 'o', retries: 1, delay: 5ms }
- { on_change: [c], exec.shell: sh {DIR}/say c }
- { id: d, ignore_errors: true, exec.shell: echo f, until: result.stdout == 'o', retries: 1, delay: 5ms, changed_when: 'false' }
- { on_change: [d], exec.shell: sh {DIR}/say d }",
        &[],
    );
}

/// A call that changed and is then failed by an expression has changed all the same.
#[test]
fn a_call_that_changed_and_is_failed_by_its_own_expression_counts_for_its_handler() {
    says(
        "
- { id: judged, ignore_errors: true, exec.shell: echo f, failed_when: 'true' }
- { on_change: [judged], exec.shell: sh {DIR}/say judged }
- { id: quiet, ignore_errors: true, exec.shell: echo f, failed_when: 'true', changed_when: 'false' }
- { on_change: [quiet], exec.shell: sh {DIR}/say quiet }
- { id: never, ignore_errors: true, exec.shell: echo f, until: result.stdout == 'o', retries: 1, delay: 5ms }
- { on_change: [never], exec.shell: sh {DIR}/say never }",
        &["judged", "never"],
    );
}

/// A source that failed counts if something in it had changed.
#[test]
fn a_failed_source_counts_if_something_in_it_had_changed() {
    says(
        "
- id: group
  ignore_errors: true
  calls: [{ exec.shell: 'true' }, { exec.shell: 'false' }]
- { on_change: [group], exec.shell: sh {DIR}/say group }
- { id: loop, ignore_errors: true, loop: [a, b], exec.shell: 'test {{ item }} = a' }
- { on_change: [loop], exec.shell: sh {DIR}/say loop }
- id: region
  calls: [{ exec.shell: 'true' }, { exec.shell: 'false' }]
- { on_failure: [region], exec.shell: sh {DIR}/say rescue }
- { on_change: [region], exec.shell: sh {DIR}/say region }
- id: unchanged
  ignore_errors: true
  calls: [{ writes: [], exec.shell: 'true' }, { exec.shell: 'false' }]
- { on_change: [unchanged], exec.shell: sh {DIR}/say unchanged }",
        &["group", "loop", "rescue", "region"],
    );
}
