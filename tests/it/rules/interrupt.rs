//! Interruption: once lets what runs end and gives back what was taken (`always`); twice ends everything.

use rustix::process::Signal;

use super::{here, in_turn, log, round, rounds, told};
use crate::support::{Fixture, Ran, Running, Scene};

/// Starts the scene, waits until `name` has begun, and interrupts it.
pub(super) fn interrupt(scene: &Scene, name: &str, signal: Signal) -> Running {
    let mut running = scene.start(&["--output", "json"]);
    let begun = format!("begun {name}");
    running.await_line(|line| line.contains("call_output") && line.contains(&begun));
    running.signal(signal);
    running.await_event("interrupted");
    running
}

/// The same for a scene whose first call is `gate`, which ends afterwards.
fn once(fixture: Fixture, name: &str) -> (Scene, Ran) {
    let scene = fixture.build();
    let running = interrupt(&scene, name, Signal::INT);
    scene.write("t/go", b"");
    let ran = running.wait().code(130);
    (scene, ran)
}

/// The signals that interrupt a run. What `nohup` starts ignores SIGHUP, as do the runs that it starts in turn.
fn signals() -> Vec<Signal> {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    let bit = 1 << (Signal::HUP.as_raw() - 1);
    let mut signals = vec![Signal::INT, Signal::TERM];
    signals.extend((ignored.expect("it is a mask") & bit == 0).then_some(Signal::HUP));
    signals
}

const CLEAN: &str = "
- { id: long, exec.shell: sh {DIR}/gate long }
- { id: next, exec.shell: sh {DIR}/say next }
- calls: [{ exec.shell: sh {DIR}/say body }, { always: true, exec.shell: sh {DIR}/say not-begun }]
- { id: clean, always: true, exec.shell: sh {DIR}/say clean }
- { always: true, calls: [{ exec.shell: sh {DIR}/say group }, { exec.shell: sh {DIR}/say whole }] }";

#[test]
fn at_the_first_interrupt_always_entries_of_begun_blocks_run_and_nothing_else_starts() {
    for signal in signals() {
        let scene = here(CLEAN).build();
        let running = interrupt(&scene, "long", signal);
        scene.write("t/go", b"");
        let ran = running.wait().code(130);
        let wanted = ["long begins", "long ends", "clean", "group", "whole"];
        assert_eq!(log(&scene), wanted, "{signal:?}\n{ran}");
        assert_eq!(told(&ran, "next"), [(None, "canceled")], "{ran}");
        assert_eq!(ran.host("here"), "aborted", "{ran}");
    }
}

#[test]
fn at_the_second_interrupt_nothing_more_starts_and_what_runs_is_killed() {
    let scene = here(CLEAN).build();
    let running = interrupt(&scene, "long", Signal::INT);
    running.signal(Signal::INT);
    let ran = running.wait().code(130);
    assert_eq!(log(&scene), ["long begins"], "{ran}");
    assert_eq!(ran.outcome("here", "long"), "canceled", "{ran}");
}

#[test]
fn at_the_second_interrupt_an_always_that_runs_is_killed_and_no_other_starts() {
    let scene = here(
        "
- { id: long, exec.shell: echo begun long; sh {DIR}/await go; sh {DIR}/say long }
- { id: clean, always: true, exec.shell: echo begun clean; sh {DIR}/say clean; sleep 30; sh {DIR}/say never }
- { always: true, exec.shell: sh {DIR}/say never }",
    )
    .build();
    let mut running = interrupt(&scene, "long", Signal::INT);
    scene.write("t/go", b"");
    running.await_line(|line| line.contains("call_output") && line.contains("begun clean"));
    running.signal(Signal::INT);
    let ran = running.wait().code(130);
    // The second one may come before the first line is said.
    let log = log(&scene);
    assert!(log == ["long"] || log == ["long", "clean"], "{log:?}\n{ran}");
}

/// Every block that was begun has its own.
#[test]
fn at_the_first_interrupt_always_entries_of_nested_blocks_run_from_inside_out() {
    let (scene, ran) = once(
        here(
            "
- calls:
    - import: unit.yml
    - exec.shell: sh {DIR}/say never
    - { always: true, exec.shell: sh {DIR}/say middle }
- calls: [{ always: true, exec.shell: sh {DIR}/say not-begun }]
- { always: true, exec.shell: sh {DIR}/say outer }",
        )
        .file(
            "unit.yml",
            "
calls:
  - exec.shell: sh {DIR}/gate long
  - exec.shell: sh {DIR}/say never
  - { always: true, exec.shell: sh {DIR}/say inner }
",
        ),
        "long",
    );
    let wanted = ["long begins", "long ends", "inner", "middle", "outer"];
    assert_eq!(log(&scene), wanted, "{ran}");
}

#[test]
fn at_the_first_interrupt_the_next_iteration_is_not_begun() {
    let (scene, ran) = once(
        here(
            "
- loop: [a, b, c]
  calls:
    - exec.shell: sh {DIR}/gate {{ item }}
    - exec.shell: sh {DIR}/say never
    - { always: true, exec.shell: 'sh {DIR}/say clean-{{ item }}' }
- { always: true, exec.shell: sh {DIR}/say outer }",
        ),
        "a",
    );
    assert_eq!(log(&scene), ["a begins", "a ends", "clean-a", "outer"], "{ran}");
}

/// Nothing new of a loop starts, and never two at a time.
#[test]
fn an_interrupt_in_a_loop_starts_no_item() {
    let (scene, ran) = once(
        here("\n- { id: nodes, loop: [a, b, c, d, e, f], exec.shell: 'sh {DIR}/gate {{ item }}' }"),
        "a",
    );
    // The next one may have begun before the host heard of it.
    let log = log(&scene);
    let all = in_turn(&["a", "b", "c", "d", "e", "f"]);
    assert!(all.starts_with(&log) && log.len() <= 4, "{log:?}\n{ran}");
}

#[test]
fn an_interrupt_starts_nothing_that_waits_for_what_is_taken_back() {
    let (scene, ran) = once(
        here(
            "
- { ignore_errors: true, exec.shell: sh {DIR}/gate stop }
- { ignore_errors: true, exec.shell: sh {DIR}/gate migrate }
- { ignore_errors: true, exec.shell: sh {DIR}/gate start }
- { delegate_to: localhost, exec.shell: sh {DIR}/gate other }",
        ),
        "stop",
    );
    let log = log(&scene);
    let all = in_turn(&["stop", "migrate", "start"]);
    assert!(all.starts_with(&log) && log.len() <= 4, "{log:?}\n{ran}");
}

/// Items that were not begun are canceled and told, and the loop is, too; what it has changed counts.
#[test]
fn items_that_were_not_begun_are_told_and_the_changes_of_the_others_counted() {
    let (_, ran) = once(
        here(
            "
- id: many
  loop: [a, b, c, d, e, f, g, h]
  exec.shell: test {{ item }} = a || sh {DIR}/gate {{ item }}",
        ),
        "b",
    );
    let told = told(&ran, "many");
    assert_eq!(told.len(), 9, "{ran}");
    assert_eq!(told.last(), Some(&(None, "canceled")), "{ran}");
    let changed = told.iter().filter(|it| it.1 == "changed").count();
    assert!((2..=3).contains(&changed), "{ran}");
    assert_eq!(ran.recap("here")["changed"], 1, "{ran}");
    assert_eq!(ran.recap("here")["ok"], 0, "{ran}");
}

#[test]
fn the_delay_between_attempts_ends_with_an_interrupt() {
    let scene = here(
        "
- { id: wait, exec.shell: 'sh {DIR}/say attempt; false', until: not result.failed, retries: 9, delay: 40s }
- { always: true, exec.shell: sh {DIR}/say clean }",
    )
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_event("call_retried");
    running.signal(Signal::INT);
    let ran = running.wait().code(130).outcomes("here", &[("wait", "canceled")]);
    assert_eq!(log(&scene), ["attempt", "clean"], "{ran}");
    assert_eq!(ran.host("here"), "aborted", "{ran}");
}

/// An attempt that ends after the interrupt and does not come true is the last one, and the call has not changed.
#[test]
fn a_call_that_did_not_come_true_before_an_interrupt_is_canceled() {
    let (scene, ran) = once(
        here(
            "
- { id: wait, exec.shell: 'sh {DIR}/gate wait', until: result.stdout == 'x', retries: 9, delay: 10ms }",
        ),
        "wait",
    );
    assert_eq!(log(&scene), in_turn(&["wait"]), "{ran}");
    assert_eq!(ran.outcome("here", "wait"), "canceled", "{ran}");
    assert_eq!(ran.all("call_started").len(), 1, "{ran}");
}

#[test]
fn a_call_that_comes_true_after_an_interrupt_has_done_its_work() {
    let (scene, ran) = once(
        here(
            "
- { id: wait, exec.shell: 'sh {DIR}/gate wait', until: not result.failed, retries: 9, delay: 10ms }",
        ),
        "wait",
    );
    assert_eq!(log(&scene), in_turn(&["wait"]), "{ran}");
    assert_eq!(ran.outcome("here", "wait"), "changed", "{ran}");
}

/// Giving back may take several attempts.
#[test]
fn until_works_inside_an_always_after_an_interrupt() {
    let (scene, ran) = once(
        here(
            "
- exec.shell: sh {DIR}/gate long
- { id: heal, always: true, exec.shell: 'sh {DIR}/nth heal 3', until: not result.failed, delay: 10ms }
- { always: true, loop: [a, b], delegate_to: localhost, exec.shell: 'sh {DIR}/say {{ item }}' }",
        ),
        "long",
    );
    let wanted = ["long begins", "long ends", "heal", "heal", "heal", "a", "b"];
    assert_eq!(log(&scene), wanted, "{ran}");
    assert_eq!(ran.outcome("here", "heal"), "changed", "{ran}");
}

/// A failure that comes after it is the host's outcome; the exit code says that it was interrupted.
#[test]
fn a_failure_after_an_interrupt_fails_its_host() {
    let (scene, ran) = once(
        here(
            "
- exec.shell: sh {DIR}/gate long; false
- { always: true, exec.shell: sh {DIR}/say clean }",
        ),
        "long",
    );
    assert_eq!(log(&scene), ["long begins", "long ends", "clean"], "{ran}");
    assert_eq!(ran.host("here"), "failed", "{ran}");
}

/// What runs may end, with all that belongs to it: its expressions are asked.
#[test]
fn expressions_are_asked_of_a_call_that_ends_after_an_interrupt() {
    let (_, ran) = once(
        here("\n- { id: quiet, exec.shell: sh {DIR}/gate quiet, changed_when: result.stdout == '' }"),
        "quiet",
    );
    assert_eq!(ran.outcome("here", "quiet"), "ok", "{ran}");
    let (_, ran) = once(
        here(
            "\n- { id: judged, exec.shell: sh {DIR}/gate judged, failed_when: \"'judged' in result.stdout\" }",
        ),
        "judged",
    );
    assert_eq!(ran.outcome("here", "judged"), "failed", "{ran}");
    assert_eq!(ran.host("here"), "failed", "{ran}");
}

/// Items on another host's connection as well.
#[test]
fn an_interrupt_in_a_delegated_loop_starts_no_item() {
    let entries = "
- { delegate_to: lb, loop: [a, b, c, d, e, f], exec.shell: 'sh {DIR}/gate {{ item }}' }
- { always: true, delegate_to: lb, exec.shell: sh {DIR}/say clean }";
    let (scene, ran) = once(rounds(&["h", "lb"], &round("one", "h", "", entries)), "a");
    let mut log = log(&scene);
    assert_eq!(log.pop().as_deref(), Some("clean"), "{ran}");
    let all = in_turn(&["a", "b", "c", "d", "e", "f"]);
    assert!(all.starts_with(&log) && log.len() <= 4, "{log:?}\n{ran}");
}

/// Hosts of later batches and rounds are not started, and nothing of theirs runs.
#[test]
fn an_interrupt_begins_no_batch_and_no_round() {
    let entries = "
- exec.shell: sh {DIR}/gate {{ host.name }}
- { always: true, exec.shell: 'sh {DIR}/say clean-{{ host.name }}' }";
    let (scene, ran) = once(
        rounds(
            &["a", "b", "c"],
            &(round("one", "a,b", "serial: 1", entries)
                + &round(
                    "two",
                    "all",
                    "",
                    "- { always: true, exec.shell: sh {DIR}/say never }",
                )),
        ),
        "a",
    );
    assert_eq!(log(&scene), ["a begins", "a ends", "clean-a"], "{ran}");
    let hosts = ["a", "b", "c"].map(|host| ran.host(host));
    assert_eq!(hosts, ["aborted", "not_started", "not_started"], "{ran}");
}

#[test]
fn an_interrupt_runs_the_always_entries_of_all_rounds_that_a_host_is_in() {
    let one = "
- { writes: [/a], reads: [], exec.shell: sh {DIR}/gate one }
- { writes: [/a], reads: [], exec.shell: sh {DIR}/say never }
- { always: true, writes: [/a], reads: [], exec.shell: sh {DIR}/say clean-one }";
    let two = "
- { writes: [/b], reads: [], exec.shell: 'until grep -q \"one begins\" {DIR}/t/log; do sleep 0.01; done; sh {DIR}/gate two' }
- { writes: [/b], reads: [], exec.shell: sh {DIR}/say never }
- { always: true, writes: [/b], reads: [], exec.shell: sh {DIR}/say clean-two }";
    let (scene, ran) = once(
        rounds(
            &["here"],
            &(round("one", "here", "", one) + &round("two", "here", "needs: []", two)),
        ),
        "two",
    );
    let mut log = log(&scene);
    log.sort();
    let wanted = [
        "clean-one",
        "clean-two",
        "one begins",
        "one ends",
        "two begins",
        "two ends",
    ];
    assert_eq!(log, wanted, "{ran}");
}

/// A failure that was handled before the interrupt stays handled; its rescue is not begun any more.
#[test]
fn an_interrupt_starts_no_handler_and_no_rescue() {
    let (scene, ran) = once(
        here(
            "
- { id: config, exec.shell: 'true' }
- { id: region, exec.shell: 'false' }
- exec.shell: sh {DIR}/gate long
- { id: handler, on_change: [config], exec.shell: sh {DIR}/say handler }
- { id: rescue, on_failure: [region], exec.shell: sh {DIR}/say rescue }
- { always: true, on_change: [config], exec.shell: sh {DIR}/say clean }",
        ),
        "long",
    );
    assert_eq!(log(&scene), ["long begins", "long ends", "clean"], "{ran}");
}

/// Not even on another host, where it waits for the attempts of others.
#[test]
fn an_interrupt_begins_no_call_that_waits_on_a_delegate() {
    let entries = "
- { delegate_to: lb, exec.shell: 'echo begun drain; sh {DIR}/say drain; false', until: not result.failed, delay: 60s }";
    let scene = rounds(&["h1", "h2", "h3", "lb"], &round("one", "h*", "", entries)).build();
    let ran = interrupt(&scene, "drain", Signal::INT).wait().code(130);
    assert_eq!(log(&scene), ["drain"], "{ran}");
}

/// Nothing of it is left to be done, so that it is no host for a rerun.
#[test]
fn a_host_on_which_everything_was_done_when_the_run_stopped_is_ok() {
    let (_, ran) = once(here("- { id: last, exec.shell: sh {DIR}/gate last }"), "last");
    assert_eq!(ran.host("here"), "ok", "{ran}");
    let (_, ran) = once(
        rounds(
            &["a", "b"],
            &(round("one", "all", "", "- { id: last, exec.shell: sh {DIR}/gate last }")
                + &round("two", "b", "", "- exec.shell: sh {DIR}/say never")),
        ),
        "last",
    );
    assert_eq!((ran.host("a"), ran.host("b")), ("ok", "aborted"), "{ran}");
}
