//! What is written before a failed entry happens, with all that belongs to it, even if the failure came first in time.

use super::{here, in_turn, indented, log, round, rounds, told};

/// A call that is open until `LATER` has failed, these entries, and `LATER`, which conflicts with nothing.
fn before_a_failure(entries: &str) -> String {
    format!(
        "
- id: open
  writes: []
  reads: [/open]
  exec.shell: sh {{DIR}}/await go; sleep 0.1; echo one
{entries}
- id: later
  writes: []
  reads: []
  exec.shell: touch {{DIR}}/t/go; false"
    )
}

/// These entries, written between the two, say this, and the host has failed by the later one.
#[track_caller]
fn happens(entries: &str, wanted: &[&str]) {
    let scene = here(&before_a_failure(entries))
        .file(
            "unit.yml",
            "inputs: { word: any }\ncalls: [{ id: inner, exec.shell: 'sh {DIR}/say {{ word }}' }]\n",
        )
        .build();
    let ran = scene
        .events(&[])
        .code(2)
        .outcomes("here", &[("open", "ok"), ("later", "failed")]);
    assert_eq!(log(&scene), wanted, "{ran}");
    let reason = ran.recap("here")["reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("later"), "{ran}");
}

#[test]
fn a_call_that_waits_for_a_result_happens_before_a_later_failure() {
    happens("- exec.shell: sh {DIR}/say {{ results.open.stdout }}", &["one"]);
}

#[test]
fn a_call_whose_condition_waits_for_a_result_happens_before_a_later_failure() {
    happens(
        "- { when: results.open.stdout == 'one', exec.shell: sh {DIR}/say two }\n\
         - { when: results.open.stdout == 'two', exec.shell: sh {DIR}/say never }",
        &["two"],
    );
}

#[test]
fn all_items_of_a_loop_happen_before_a_later_failure() {
    happens(
        "- { loop: [a, b, c], exec.shell: 'sh {DIR}/say {{ item }}-{{ results.open.stdout }}' }",
        &["a-one", "b-one", "c-one"],
    );
    happens(
        "- { loop: '{{ [results.open.stdout, 2] }}', exec.shell: 'sh {DIR}/say {{ item }}' }",
        &["one", "2"],
    );
}

#[test]
fn all_of_nested_groups_and_units_happens_before_a_later_failure() {
    happens(
        "- calls:
    - loop: [a, b]
      calls:
        - { id: said, exec.shell: 'sh {DIR}/say {{ item }}; echo {{ results.open.stdout }}' }
        - { exec.shell: 'sh {DIR}/say {{ results.said.stdout }}' }
- { import: unit.yml, vars: { word: '{{ results.open.stdout }}' } }",
        &["a", "one", "b", "one", "one"],
    );
}

#[test]
fn a_handler_happens_before_a_later_failure() {
    happens(
        "- { id: config, writes: [/c], reads: [/open], exec.shell: 'echo {{ results.open.stdout }}' }
- { on_change: [config], writes: [/r], reads: [], exec.shell: sh {DIR}/say restart }",
        &["restart"],
    );
}

#[test]
fn a_rescue_happens_before_a_later_failure() {
    happens(
        "- { id: region, writes: [], reads: [/open], exec.shell: 'test {{ results.open.stdout }} = two' }
- { on_failure: [region], exec.shell: sh {DIR}/say mended }",
        &["mended"],
    );
}

/// It waits in its place behind what conflicts with it, and is not taken back.
#[test]
fn what_was_sent_ahead_happens_before_a_later_failure() {
    let entries = "
- { id: a, writes: [/a], reads: [], exec.shell: sh {DIR}/await go; sh {DIR}/slow a }
- { id: b, writes: [/a], reads: [], exec.shell: sh {DIR}/slow b }
- { id: c, writes: [/a], reads: [], exec.shell: sh {DIR}/slow c }
- { id: later, writes: [], reads: [], exec.shell: touch {DIR}/t/go; false }";
    let scene = here(entries).build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), in_turn(&["a", "b", "c"]), "{ran}");
}

#[test]
fn a_delegated_call_that_waits_for_a_result_happens_before_a_later_failure() {
    happens(
        "- { delegate_to: localhost, writes: [/d], reads: [], exec.shell: 'sh {DIR}/say {{ results.open.stdout }}' }",
        &["one"],
    );
}

/// Each host has its own order: the one that fails early does what was written before all the same.
#[test]
fn what_is_written_before_a_run_once_entry_that_fails_happens_on_every_host() {
    let entries = "
- { id: open, writes: [], reads: [/o], exec.shell: sh {DIR}/await go; sleep 0.1; echo one }
- { id: earlier, writes: [/e], reads: [], exec.shell: 'sh {DIR}/say {{ host.name }}-{{ results.open.stdout }}' }
- { run_once: true, writes: [], reads: [], exec.shell: touch {DIR}/t/go; false }";
    let scene = rounds(&["a", "b"], &round("one", "all", "", entries)).build();
    let ran = scene.events(&[]).code(2);
    let mut log = log(&scene);
    log.sort();
    assert_eq!(log, ["a-one", "b-one"], "{ran}");
}

/// The error of a block is that of its first failed entry in written order.
#[test]
fn the_error_of_a_group_is_that_of_its_first_failed_entry_as_written() {
    let scene = here(
        "
- id: region
  calls:
    - { id: first, writes: [], exec.shell: sh {DIR}/await go; sleep 0.1; exit 3 }
    - { id: second, writes: [], exec.shell: touch {DIR}/t/go; exit 4 }
- on_failure: [region]
  exec.shell: sh {DIR}/say '{{ results.region.error.call }} {{ results.region.error.exit_code }}'",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["first 3"], "{ran}");
}

#[test]
fn the_reason_of_a_failed_host_is_its_first_failed_entry_as_written() {
    let scene = here(
        "
- { id: first, writes: [], exec.shell: sh {DIR}/await go; sleep 0.1; exit 3 }
- { id: second, writes: [], exec.shell: touch {DIR}/t/go; exit 4 }",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let reason = ran.recap("here")["reason"].as_str().unwrap();
    assert!(reason.starts_with("first"), "{ran}");
}

/// A failure does not take its expressions from a call that is still open.
#[test]
fn failed_when_is_asked_of_a_call_that_was_open_when_the_host_failed() {
    let scene = here(&before_a_failure(
        "
- id: check
  writes: []
  reads: [/c]
  exec.shell: sh {DIR}/await go; sleep 0.1; echo BROKEN
  failed_when: \"'BROKEN' in result.stdout\"",
    ))
    .build();
    scene
        .events(&[])
        .code(2)
        .outcomes("here", &[("check", "failed"), ("later", "failed")]);
}

#[test]
fn a_call_that_its_own_expression_lets_pass_does_so_when_the_host_has_failed() {
    let scene = here(&before_a_failure(
        "
- id: fine
  writes: []
  reads: [/c]
  exec.shell: sh {DIR}/await go; sleep 0.1; exit 3
  failed_when: result.exit_code > 3",
    ))
    .build();
    let ran = scene.events(&[]).code(2).outcomes("here", &[("fine", "ok")]);
    let reason = ran.recap("here")["reason"].as_str().unwrap();
    assert!(reason.starts_with("later"), "{ran}");
}

#[test]
fn changed_when_is_asked_of_a_call_that_was_open_when_the_host_failed() {
    let entries = before_a_failure(
        "
- id: quiet
  writes: [/q]
  reads: []
  exec.shell: sh {DIR}/await go; sleep 0.1; echo same
  changed_when: result.stdout != 'same'",
    );
    let handler = "- { id: handler, always: true, on_change: [quiet], exec.shell: sh {DIR}/say handler }";
    let scene = here(&format!("{entries}\n{handler}")).build();
    let ran = scene
        .events(&[])
        .code(2)
        .outcomes("here", &[("quiet", "ok"), ("handler", "skipped")]);
    assert_eq!(log(&scene), super::NOTHING, "{ran}");
}

#[test]
fn until_is_asked_of_a_call_that_was_open_when_the_host_failed() {
    let scene = here(&before_a_failure(
        "
- id: ready
  writes: []
  reads: [/r]
  exec.shell: sh {DIR}/await go; sh {DIR}/nth ready 3
  until: not result.failed
  retries: 3
  delay: 10ms",
    ))
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["ready", "ready", "ready"], "{ran}");
    let ran = ran.outcomes("here", &[("ready", "ok")]);
    assert_eq!(ran.end("here", "ready")["attempts"], 3, "{ran}");
}

#[test]
fn expressions_are_asked_of_a_call_that_was_open_when_its_group_failed() {
    let inner = before_a_failure(
        "
- id: check
  writes: []
  reads: [/c]
  exec.shell: sh {DIR}/await go; sleep 0.1; echo BROKEN
  failed_when: \"'BROKEN' in result.stdout\"",
    );
    let inner = indented(&inner, 4);
    let scene = here(&format!("- ignore_errors: true\n  calls:\n{inner}")).build();
    scene
        .events(&[])
        .code(0)
        .outcomes("here", &[("check", "failed"), ("later", "failed")]);
}

/// The entries of a group that ended well are not failed by what failed beside it.
#[test]
fn a_group_whose_calls_were_all_ok_is_not_failed_by_its_sibling() {
    let scene = here(
        "
- id: a
  writes: []
  reads: [/a]
  exec.shell: sh {DIR}/await begun; echo $$ > {DIR}/t/pid; false
- id: b
  calls:
    - id: inner
      writes: []
      reads: [/b]
      exec.shell: touch {DIR}/t/begun; sh {DIR}/await pid; while kill -0 $(cat {DIR}/t/pid); do sleep 0.01; done; sleep 0.2
- { id: rescue, always: true, on_failure: [b], exec.shell: sh {DIR}/say rescue }
- { always: true, when: results.b.failed, exec.shell: sh {DIR}/say failed }",
    )
    .build();
    let ran = scene
        .events(&[])
        .code(2)
        .outcomes("here", &[("inner", "ok"), ("rescue", "skipped")]);
    assert_eq!(log(&scene), super::NOTHING, "{ran}");
    assert_eq!(told(&ran, "rescue").len(), 1, "{ran}");
}

#[test]
fn a_unit_and_a_nested_group_whose_calls_were_all_ok_are_not_failed_by_their_sibling() {
    let unit = "calls: [{ id: inner, writes: [], reads: [/b], exec.shell: 'touch {DIR}/t/begun; sh {DIR}/await pid; sleep 0.3' }]";
    let scene = here(
        "
- id: whole
  ignore_errors: true
  calls:
    - id: a
      writes: []
      reads: [/a]
      exec.shell: sh {DIR}/await begun; echo $$ > {DIR}/t/pid; false
    - { import: unit.yml, id: unit }
    - { id: nested, calls: [{ calls: [{ writes: [], reads: [/b], exec.shell: sh {DIR}/await pid; sleep 0.3 }] }] }
- exec.shell: sh {DIR}/say '{{ results.whole.failed }} {{ results.unit.failed }} {{ results.nested.failed }}'",
    )
    .file("unit.yml", unit)
    .build();
    let ran = scene.events(&[]).code(0);
    let said = log(&scene).concat().to_lowercase();
    assert_eq!(said, "true false false", "{ran}");
}
