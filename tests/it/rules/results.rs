//! `results.x`: what later entries read of an entry, whether it ran, was left out or never begun.

use super::{here, log, round, rounds};

/// These entries end in a rescue or an `always`, and say this.
#[track_caller]
fn says(entries: &str, code: i32, wanted: &[&str]) {
    let scene = here(entries).build();
    let ran = scene.events(&[]).code(code);
    assert_eq!(log(&scene), wanted, "{ran}");
}

/// An entry of a stopped block was canceled and not skipped, whether it had been sent ahead or not.
#[test]
fn a_canceled_entry_is_not_skipped_whether_it_had_been_sent_ahead_or_not() {
    for keys in ["", "changed_when: result.stdout == 'c', "] {
        says(
            &format!(
                "
- id: region
  calls:
    - {{ {keys}exec.shell: 'false' }}
    - {{ id: after, exec.shell: 'true' }}
- on_failure: [region]
  exec.shell: sh {{DIR}}/say '{{{{ results.after.skipped | string | lower }}}} {{{{ results.after.status }}}}'"
            ),
            0,
            &["false canceled"],
        );
    }
}

#[test]
fn canceled_loops_groups_and_fails_are_not_skipped_whether_they_had_been_sent_ahead_or_not() {
    for keys in ["", "changed_when: result.stdout == 'c', "] {
        says(
            &format!(
                "
- id: region
  calls:
    - {{ id: bad, {keys}exec.shell: 'false' }}
    - {{ id: looped, loop: [a, b], exec.shell: 'true' }}
    - {{ id: group, calls: [{{ exec.shell: 'true' }}] }}
    - {{ id: guarded, when: results.bad.changed, exec.shell: 'true' }}
    - {{ id: stop, fail: stop }}
- on_failure: [region]
  exec.shell: sh {{DIR}}/say '{{{{ results.looped.status }}}} {{{{ results.group.status }}}} {{{{ results.guarded.status }}}} {{{{ results.stop.status }}}}'"
            ),
            0,
            &["canceled canceled skipped canceled"],
        );
    }
}

/// Entries of a block that was never begun have the status of the entry that was not begun.
#[test]
fn what_is_inside_an_entry_that_was_not_begun_has_its_status() {
    for keys in ["", "changed_when: result.stdout == 'c', "] {
        says(
            &format!(
                "
- id: skipped
  when: 'false'
  calls: [{{ id: inner, exec.shell: 'true' }}]
- id: region
  calls:
    - {{ {keys}exec.shell: 'false' }}
    - calls: [{{ id: deep, calls: [{{ id: deeper, exec.shell: 'true' }}] }}]
- on_failure: [region]
  exec.shell: sh {{DIR}}/say '{{{{ results.inner.status }}}} {{{{ results.deep.status }}}} {{{{ results.deeper.status }}}}'"
            ),
            0,
            &["skipped canceled canceled"],
        );
    }
}

#[test]
fn a_skipped_entry_is_skipped_and_neither_changed_nor_failed() {
    says(
        "
- { id: source, writes: [], exec.shell: 'true' }
- { id: gate, when: 'false', exec.shell: 'true' }
- { id: handler, on_change: [source], exec.shell: 'true' }
- { when: results.gate.skipped and results.handler.skipped, exec.shell: sh {DIR}/say both }
- { when: results.gate.changed or results.handler.failed or results.source.skipped, exec.shell: sh {DIR}/say never }",
        0,
        &["both"],
    );
}

/// Read from outside its loop an entry is the merge of its iterations.
#[test]
fn an_entry_in_a_loop_is_read_from_outside_as_the_merge_of_its_iterations() {
    says(
        "
- loop: [a, b, c]
  ignore_errors: true
  calls:
    - { id: changed, exec.shell: 'true', changed_when: item == 'a' }
    - { id: failed, exec.shell: 'test {{ item }} != b' }
- exec.shell: sh {DIR}/say '{{ results.changed.status }} {{ results.failed.status }}'
- { when: results.changed.changed and results.failed.failed and results.failed.changed, exec.shell: sh {DIR}/say all }",
        0,
        &["changed failed", "all"],
    );
}

/// The fields of its tool are those of the last iteration that ran.
#[test]
fn an_entry_in_a_loop_has_the_fields_of_the_last_iteration_that_ran() {
    says(
        "
- loop: [a, b, c]
  calls:
    - { id: inner, when: item != 'c', exec.shell: 'echo {{ item }}' }
- exec.shell: sh {DIR}/say {{ results.inner.stdout }}",
        0,
        &["b"],
    );
}

#[test]
fn an_entry_in_a_loop_is_read_from_inside_as_its_own_iteration() {
    says(
        "
- loop: [a, b]
  calls:
    - { id: inner, exec.shell: 'echo {{ item }}', changed_when: item == 'a' }
    - { id: sometimes, when: item == 'a', exec.shell: 'true' }
    - exec.shell: sh {DIR}/say '{{ results.inner.stdout }} {{ results.inner.status }} {{ results.sometimes.status }}'",
        0,
        &["a changed changed", "b ok skipped"],
    );
}

/// A failure that is handled counts upward as ok or changed, and never as failed.
#[test]
fn a_group_with_a_handled_failure_has_not_failed() {
    says(
        "
- id: group
  calls:
    - { id: ignored, ignore_errors: true, exec.shell: 'false' }
    - { id: region, exec.shell: 'false' }
    - { on_failure: [region], writes: [], exec.shell: 'true' }
- exec.shell: sh {DIR}/say '{{ results.group.status }} {{ results.ignored.status }} {{ results.region.status }}'
- { when: results.group.failed, exec.shell: sh {DIR}/say never }",
        0,
        &["ok failed failed"],
    );
}

/// Results of a round that the host was not in are those of an entry that was left out.
#[test]
fn results_of_a_round_that_the_host_was_not_in_are_skipped() {
    let scene = rounds(
        &["a", "b"],
        &(round("one", "a", "", "- { id: mine, exec.shell: 'true' }")
            + &round(
                "two",
                "all",
                "",
                "- exec.shell: sh {DIR}/say '{{ host.name }} {{ results.mine.status }}'",
            )),
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let mut log = log(&scene);
    log.sort();
    assert_eq!(log, ["a changed", "b skipped"], "{ran}");
}

/// `is defined` tells hosts that were lost from those that ran.
#[test]
fn what_did_not_run_on_a_host_that_is_not_reached_has_no_result_there() {
    let one = round("one", "all", "", "- { id: x, exec.shell: echo done }");
    let two = round(
        "two",
        "a",
        "",
        "
- loop: \"{{ groups.all }}\"
  when: hosts[item].results.x is defined and not hosts[item].results.x.failed
  exec.shell: sh {DIR}/say '{{ item }} {{ hosts[item].results.x.stdout }}'
- exec.shell: sh {DIR}/say \"{{ hosts.b.results.x.status | default('none') }} {{ hosts.b.results | length }}\"",
    );
    let playbook = rounds(&["a"], &(one + &two)).build();
    let text = playbook
        .read("site.yml")
        .replace("rounds:\n", "  b: { address: 127.0.0.1, port: 9 }\nrounds:\n");
    playbook.write("site.yml", text.as_bytes());
    let ran = playbook.events(&[]).code(4);
    assert_eq!(log(&playbook), ["a done", "none 0"], "{ran}");
}
