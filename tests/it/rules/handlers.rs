//! `on_change`: a handler runs if its source changed on this host, however that came about and whatever else is read.

use super::{NOTHING, here, log, round, rounds};

/// What these entries, which all end well, say.
#[track_caller]
fn says(entries: &str, wanted: &[&str]) {
    let unit = "
inputs: { word: any }
calls:
  - { id: inner, exec.shell: 'true', changed_when: word == 'b' }
";
    let scene = here(entries).file("unit.yml", unit).build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), wanted, "{ran}");
}

#[test]
fn a_handler_of_an_entry_in_a_looped_group_runs_if_any_iteration_changed_it() {
    for changed in ["a", "b", "c"] {
        says(
            &format!(
                "
- id: group
  loop: [a, b, c]
  calls: [{{ id: inner, exec.shell: 'true', changed_when: item == '{changed}' }}]
- {{ on_change: [inner], exec.shell: sh {{DIR}}/say inner }}
- {{ on_change: [group], exec.shell: sh {{DIR}}/say group }}"
            ),
            &["inner", "group"],
        );
    }
}

#[test]
fn a_handler_of_an_entry_in_a_looped_group_does_not_run_if_no_iteration_changed_it() {
    says(
        "
- loop: [a, b]
  calls:
    - { id: inner, exec.shell: 'true', changed_when: false }
    - { id: other, exec.shell: 'true', changed_when: item == 'a' }
- { on_change: [inner], exec.shell: sh {DIR}/say inner }
- { on_change: [other], exec.shell: sh {DIR}/say other }",
        &["other"],
    );
}

#[test]
fn a_handler_of_an_entry_in_nested_loops_runs_if_any_item_changed_it() {
    says(
        "
- loop: { outer: [a, b] }
  calls:
    - loop: { middle: [x, y] }
      calls:
        - id: inner
          loop: [1, 2]
          exec.shell: 'true'
          changed_when: outer == 'a' and middle == 'x' and item == 1
- { on_change: [inner], exec.shell: sh {DIR}/say inner }",
        &["inner"],
    );
}

#[test]
fn a_handler_of_an_entry_whose_last_iteration_was_skipped_runs() {
    says(
        "
- loop: [a, b]
  calls: [{ id: inner, when: item == 'a', exec.shell: 'true' }]
- loop: [a, b]
  when: item == 'a'
  calls: [{ id: whole, exec.shell: 'true' }]
- { on_change: [inner], exec.shell: sh {DIR}/say inner }
- { on_change: [whole], exec.shell: sh {DIR}/say whole }",
        &["inner", "whole"],
    );
}

#[test]
fn a_handler_of_an_entry_in_a_looped_unit_runs_if_any_iteration_changed_it() {
    says(
        "
- { id: unit, loop: [a, b, c], import: unit.yml, vars: { word: '{{ item }}' } }
- { on_change: [unit.inner], exec.shell: sh {DIR}/say inner }
- { on_change: [unit], exec.shell: sh {DIR}/say unit }",
        &["inner", "unit"],
    );
}

/// Inside the loop it is the own iteration that counts.
#[test]
fn a_handler_inside_a_looped_group_runs_in_the_iterations_that_changed() {
    says(
        "
- loop: [a, b, c]
  calls:
    - { id: inner, exec.shell: 'true', changed_when: item == 'b' }
    - { on_change: [inner], exec.shell: 'sh {DIR}/say {{ item }}' }
    - { when: results.inner.changed, exec.shell: 'sh {DIR}/say read-{{ item }}' }",
        &["b", "read-b"],
    );
}

#[test]
fn a_handler_in_a_later_round_runs_if_an_earlier_iteration_changed() {
    let first = "
- loop: [a, b]
  calls: [{ id: inner, exec.shell: 'true', changed_when: item == 'a' }]";
    let second = "- { on_change: [inner], exec.shell: sh {DIR}/say later }";
    let scene = rounds(
        &["here"],
        &(round("one", "here", "", first) + &round("two", "here", "", second)),
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["later"], "{ran}");
}

#[test]
fn a_handler_of_an_entry_in_a_loop_that_is_done_once_for_all_runs_on_every_host() {
    let entries = "
- run_once: true
  loop: [a, b]
  calls: [{ id: inner, exec.shell: 'true', changed_when: item == 'a' }]
- { on_change: [inner], exec.shell: 'sh {DIR}/say {{ host.name }}' }";
    let scene = rounds(&["a", "b"], &round("one", "all", "", entries)).build();
    let ran = scene.events(&[]).code(0);
    let mut log = log(&scene);
    log.sort();
    assert_eq!(log, ["a", "b"], "{ran}");
}

/// That somebody reads a result takes nothing from a handler.
#[test]
fn a_handler_runs_though_a_later_entry_reads_a_result() {
    says(
        "
- { id: config, exec.shell: 'true' }
- { id: migrate, exec.shell: sleep 0.1 }
- { on_change: [config], exec.shell: sh {DIR}/say restart }
- { id: show, exec.shell: 'sh {DIR}/say {{ results.config.status }}' }",
        &["restart", "changed"],
    );
}

#[test]
fn a_handler_runs_though_a_later_condition_reads_a_result() {
    says(
        "
- { id: config, exec.shell: 'true' }
- { id: migrate, exec.shell: sleep 0.1 }
- { on_change: [config], exec.shell: sh {DIR}/say restart }
- { when: results.config.changed, exec.shell: sh {DIR}/say note }",
        &["restart", "note"],
    );
}

#[test]
fn a_handler_runs_though_a_later_variable_reads_a_result_of_another_call() {
    says(
        "
- { id: probe, exec.shell: echo probed }
- { id: config, exec.shell: 'true' }
- { id: migrate, exec.shell: sleep 0.1 }
- { on_change: [config], exec.shell: sh {DIR}/say restart }
- { vars: { word: '{{ results.probe.stdout }}' }, exec.shell: 'sh {DIR}/say {{ word }}' }",
        &["restart", "probed"],
    );
}

#[test]
fn looped_handlers_in_groups_run_though_later_entries_read_results() {
    says(
        "
- id: files
  calls: [{ id: config, exec.shell: 'true' }]
- { id: migrate, exec.shell: sleep 0.1 }
- calls:
    - { on_change: [config], loop: [a, b], exec.shell: 'sh {DIR}/say {{ item }}' }
    - { on_change: [files], exec.shell: sh {DIR}/say files }
- loop: [1, 2]
  calls: [{ exec.shell: 'sh {DIR}/say {{ item }}-{{ results.config.status }}' }]",
        &["a", "b", "files", "1-changed", "2-changed"],
    );
}

#[test]
fn handlers_of_handlers_run_though_a_later_entry_reads_a_result() {
    says(
        "
- { id: config, exec.shell: 'true' }
- { id: migrate, exec.shell: sleep 0.1 }
- { id: restart, on_change: [config], exec.shell: sh {DIR}/say restart }
- { id: slow, exec.shell: sleep 0.1 }
- { id: announce, on_change: [restart], exec.shell: sh {DIR}/say announce }
- { on_change: [announce, config], exec.shell: sh {DIR}/say last }
- { exec.shell: 'sh {DIR}/say {{ results.config.status }}' }
- { exec.shell: 'sh {DIR}/say {{ results.restart.status }}' }",
        &["restart", "announce", "last", "changed", "changed"],
    );
}

#[test]
fn a_handler_whose_source_did_not_change_is_skipped_though_a_later_entry_reads_a_result() {
    says(
        "
- { id: config, writes: [], exec.shell: 'true' }
- { id: migrate, exec.shell: sleep 0.1 }
- { on_change: [config], exec.shell: sh {DIR}/say restart }
- { exec.shell: 'sh {DIR}/say {{ results.config.status }}' }",
        &["ok"],
    );
}

/// All gates must hold, and a handler decides as a condition that reads the same would.
#[test]
fn a_handler_decides_as_a_condition_that_reads_the_same_source() {
    says(
        "
- id: group
  loop: [a, b]
  calls: [{ id: inner, exec.shell: 'true', changed_when: item == 'a' }]
- { id: loop, loop: [a, b], exec.shell: 'true', changed_when: item == 'a' }
- { when: results.inner.changed, exec.shell: sh {DIR}/say inner }
- { when: results.group.changed, exec.shell: sh {DIR}/say group }
- { when: results.loop.changed, exec.shell: sh {DIR}/say loop }
- { when: results.loop.changed and not results.loop.failed, on_change: [inner], exec.shell: sh {DIR}/say both }
- { when: 'false', on_change: [inner], exec.shell: sh {DIR}/say never }",
        &["inner", "group", "loop", "both"],
    );
}

/// A looped handler whose source did not change is asked once, and told once, whenever that was known.
#[test]
fn a_looped_handler_that_is_skipped_is_told_once() {
    for before in ["sleep 0.2", "'true'"] {
        let ran = here(&format!(
            "
- {{ id: source, writes: [], exec.shell: {before} }}
- {{ id: handler, on_change: [source], loop: [a, b, c], exec.shell: 'true' }}
- {{ id: guarded, when: not results.source.changed, exec.shell: 'true' }}
- {{ id: behind, on_change: [source], loop: [a, b, c], exec.shell: 'true' }}"
        ))
        .events(&[])
        .code(0);
        assert_eq!(super::told(&ran, "handler"), [(None, "skipped")], "{ran}");
        assert_eq!(super::told(&ran, "behind"), [(None, "skipped")], "{ran}");
    }
}

#[test]
fn a_source_that_never_ran_has_not_changed() {
    let scene = here(
        "
- ignore_errors: true
  calls:
    - { id: bad, exec.shell: 'false' }
    - { id: never, exec.shell: 'true' }
    - { id: looped, loop: [a, b], exec.shell: 'true' }
    - { id: inside, calls: [{ id: inner, exec.shell: 'true' }] }
- { on_change: [bad, never, looped, inside, inner], exec.shell: sh {DIR}/say never }",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), NOTHING, "{ran}");
}
