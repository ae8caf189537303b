//! Regions and their rescues: a failure in a region goes no further, and its rescues run in written order.

use super::{here, log};

#[track_caller]
fn says(entries: &str, wanted: &[&str]) {
    let scene = here(entries).build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), wanted, "{ran}");
}

#[test]
fn several_rescues_of_a_region_run_in_written_order_and_what_stands_between_them_too() {
    says(
        "
- id: region
  calls: [{ exec.shell: 'false' }, { exec.shell: sh {DIR}/say never }]
- { on_failure: [region], exec.shell: sh {DIR}/say one }
- exec.shell: sh {DIR}/say between
- { on_failure: [region], exec.shell: sh {DIR}/say two }",
        &["one", "between", "two"],
    );
}

#[test]
fn a_rescue_runs_though_a_later_entry_reads_a_result() {
    says(
        "
- { id: region, exec.shell: 'false' }
- { id: migrate, exec.shell: sleep 0.1 }
- { on_failure: [region], exec.shell: sh {DIR}/say rescue }
- { exec.shell: 'sh {DIR}/say {{ results.region.status }}' }",
        &["rescue", "failed"],
    );
}

#[test]
fn a_rescue_inside_a_looped_group_runs_in_the_iterations_that_failed() {
    says(
        "
- loop: [a, b, c]
  calls:
    - id: region
      calls: [{ exec.shell: 'test {{ item }} != b' }, { exec.shell: 'sh {DIR}/say {{ item }}' }]
    - { on_failure: [region], exec.shell: 'sh {DIR}/say rescue-{{ item }}' }
    - { exec.shell: 'sh {DIR}/say end-{{ item }}' }",
        &["a", "end-a", "rescue-b", "end-b", "c", "end-c"],
    );
}

/// Read from outside the loop, a region that failed in any iteration has failed.
#[test]
fn a_rescue_of_a_region_in_a_looped_group_runs_if_any_iteration_failed() {
    for failing in ["a", "b"] {
        says(
            &format!(
                "
- loop: [a, b]
  calls:
    - {{ id: region, exec.shell: 'test {{{{ item }}}} != {failing}' }}
    - {{ exec.shell: 'sh {{DIR}}/say {{{{ item }}}}' }}
- {{ on_failure: [region], exec.shell: sh {{DIR}}/say rescue }}"
            ),
            &["a", "b", "rescue"],
        );
    }
}

#[test]
fn a_region_in_a_rescue_has_rescues_of_its_own() {
    says(
        "
- { id: one, exec.shell: 'false' }
- on_failure: [one]
  calls:
    - { id: two, exec.shell: 'false' }
    - { on_failure: [two], exec.shell: sh {DIR}/say inner }
    - exec.shell: sh {DIR}/say rest
- exec.shell: sh {DIR}/say next",
        &["inner", "rest", "next"],
    );
}

/// `ignore_errors` on a region: the failure is ignored, and the rescue runs.
#[test]
fn a_rescue_of_an_ignored_region_runs() {
    says(
        "
- { id: region, ignore_errors: true, exec.shell: 'false' }
- { on_failure: [region], exec.shell: sh {DIR}/say rescue }
- { when: results.region.failed, exec.shell: sh {DIR}/say read }",
        &["rescue", "read"],
    );
}

#[test]
fn a_looped_region_runs_all_its_items_before_its_rescue() {
    says(
        "
- { id: region, loop: [a, b, c], exec.shell: 'sh {DIR}/say {{ item }}; test {{ item }} != a' }
- { on_failure: [region], exec.shell: sh {DIR}/say rescue }
- exec.shell: sh {DIR}/say next",
        &["a", "b", "c", "rescue", "next"],
    );
}

/// What never ran has not failed.
#[test]
fn a_rescue_of_what_was_not_begun_does_not_run() {
    says(
        "
- ignore_errors: true
  calls:
    - exec.shell: 'false'
    - id: region
      calls: [{ exec.shell: sh {DIR}/say never }]
    - { on_failure: [region], always: true, exec.shell: sh {DIR}/say never }
- exec.shell: sh {DIR}/say next",
        &["next"],
    );
}
