//! `run_once`: one host does it for all; its failure is everyone's, and what it changed is everyone's change.

use super::{log, round, rounds, told};
use crate::support::{Ran, Scene};

const HOSTS: &[&str] = &["a", "b", "c"];

fn run(keys: &str, entries: &str) -> (Scene, Ran) {
    let scene = rounds(HOSTS, &round("one", "all", keys, entries)).build();
    let ran = scene.events(&[]);
    (scene, ran)
}

fn sorted(scene: &Scene) -> Vec<String> {
    let mut log = log(scene);
    log.sort();
    log
}

#[test]
fn nothing_runs_behind_a_failed_run_once_call_on_any_host() {
    let (scene, ran) = run(
        "",
        "
- { run_once: true, exec.shell: 'false' }
- { ignore_errors: true, exec.shell: sh {DIR}/say danger-too }
- { loop: [a, b], exec.shell: sh {DIR}/say danger-in-loop }
- exec.shell: sh {DIR}/say danger",
    );
    let ran = ran.code(2);
    assert_eq!(log(&scene), super::NOTHING, "{ran}");
    assert_eq!(
        HOSTS.iter().map(|it| ran.host(it)).collect::<Vec<_>>(),
        ["failed"; 3]
    );
}

#[test]
fn nothing_runs_behind_a_run_once_loop_with_a_failed_item_on_any_host() {
    let (scene, ran) = run(
        "",
        "
- run_once: true
  loop: [1, 2]
  calls: [{ loop: [x, y], exec.shell: 'test {{ item }} = y' }]
- exec.shell: sh {DIR}/say danger",
    );
    let ran = ran.code(2);
    assert_eq!(log(&scene), super::NOTHING, "{ran}");
}

#[test]
fn a_failure_of_a_run_once_group_is_ignored_or_rescued_by_each_host_alike() {
    let (scene, ran) = run(
        "",
        "
- { run_once: true, ignore_errors: true, calls: [{ exec.shell: 'false' }, { exec.shell: sh {DIR}/say never }] }
- { id: region, run_once: true, calls: [{ exec.shell: 'true' }, { exec.shell: 'false' }] }
- { on_failure: [region], exec.shell: 'sh {DIR}/say rescue-{{ host.name }}' }
- { on_change: [region], exec.shell: 'sh {DIR}/say handler-{{ host.name }}' }",
    );
    let ran = ran.code(0);
    let wanted = [
        "handler-a",
        "handler-b",
        "handler-c",
        "rescue-a",
        "rescue-b",
        "rescue-c",
    ];
    assert_eq!(sorted(&scene), wanted, "{ran}");
}

#[test]
fn handlers_of_what_was_done_once_run_on_every_host_though_results_are_read() {
    let (scene, ran) = run(
        "",
        "
- { id: config, run_once: true, exec.shell: 'true' }
- { id: migrate, exec.shell: sleep 0.1 }
- { on_change: [config], exec.shell: 'sh {DIR}/say handler-{{ host.name }}' }
- { exec.shell: 'sh {DIR}/say {{ results.config.status }}' }",
    );
    let ran = ran.code(0);
    let wanted = [
        "changed",
        "changed",
        "changed",
        "handler-a",
        "handler-b",
        "handler-c",
    ];
    assert_eq!(sorted(&scene), wanted, "{ran}");
}

#[test]
fn a_change_in_an_earlier_attempt_of_a_run_once_call_counts_for_handlers_of_every_host() {
    let (scene, ran) = run(
        "",
        "
- id: start
  run_once: true
  exec.shell: 'test -e {DIR}/t/flag || { touch {DIR}/t/flag; echo new; }'
  until: result.stdout == ''
  changed_when: result.stdout != ''
  delay: 10ms
- { on_change: [start], exec.shell: 'sh {DIR}/say {{ host.name }}' }",
    );
    let ran = ran.code(0);
    assert_eq!(sorted(&scene), ["a", "b", "c"], "{ran}");
}

/// It is done by the first host whose gates hold, also when those before it failed on their way to it.
#[test]
fn a_run_once_entry_is_done_by_the_next_host_when_the_first_ones_have_failed() {
    let (scene, ran) = run(
        "",
        "
- exec.shell: test {{ host.name }} != a
- { ignore_errors: true, exec.shell: 'true' }
- { id: once, run_once: true, exec.shell: 'sh {DIR}/say once-{{ host.name }}' }
- exec.shell: sh {DIR}/say {{ host.name }}",
    );
    let ran = ran.code(2);
    assert_eq!(sorted(&scene), ["b", "c", "once-b"], "{ran}");
}

/// A host that fails while it is to do it either has done it or leaves it to the next one.
#[test]
fn a_run_once_entry_is_done_exactly_once_though_its_first_host_fails_meanwhile() {
    let (scene, ran) = run(
        "",
        "
- { writes: [], reads: [/x], exec.shell: 'test {{ host.name }} != a || { sleep 0.1; false; }' }
- { run_once: true, writes: [/w], reads: [], exec.shell: sh {DIR}/say once }
- exec.shell: sh {DIR}/say {{ host.name }}",
    );
    let ran = ran.code(2);
    assert_eq!(sorted(&scene), ["b", "c", "once"], "{ran}");
}

#[test]
fn later_batches_have_the_results_of_what_was_done_in_a_loop_in_the_first() {
    let (scene, ran) = run(
        "serial: 1",
        "
- run_once: true
  loop: [x, y]
  calls: [{ id: inner, exec.shell: 'sh {DIR}/say {{ item }}', changed_when: item == 'x' }]
- { on_change: [inner], exec.shell: 'sh {DIR}/say {{ host.name }}' }",
    );
    let ran = ran.code(0);
    assert_eq!(log(&scene), ["x", "y", "a", "b", "c"], "{ran}");
}

/// Its items and its attempts are one after the other, and nobody goes on meanwhile.
#[test]
fn every_host_waits_for_all_attempts_of_a_run_once_call() {
    let (scene, ran) = run(
        "",
        "
- { run_once: true, loop: [x, y], exec.shell: 'sh {DIR}/nth {{ item }} 2', until: not result.failed, delay: 10ms }
- exec.shell: sh {DIR}/say next",
    );
    let ran = ran.code(0);
    assert_eq!(log(&scene), ["x", "x", "y", "y", "next", "next", "next"], "{ran}");
}

/// Left out by everybody, it is told to everybody, each by its own gates.
#[test]
fn a_run_once_entry_that_nobody_may_do_ends_for_each_by_its_own_gates() {
    let (_, ran) = run(
        "",
        "
- { id: never, run_once: true, when: host.name == 'd', exec.shell: 'true' }
- { id: after, when: results.never.skipped, exec.shell: 'true' }",
    );
    let ran = ran.code(0);
    assert_eq!(told(&ran, "never"), [(None, "skipped"); 3], "{ran}");
    assert_eq!(told(&ran, "after"), [(None, "changed"); 3], "{ran}");
}
