//! Calls on other hosts' connections: their order there, and their meaning at home.

use super::{in_turn, log, round, rounds};

const HOSTS: &[&str] = &["h1", "h2", "lb"];

#[test]
fn nothing_runs_behind_a_failed_delegated_call_of_its_host() {
    let entries = "
- { delegate_to: lb, exec.shell: 'test {{ host.name }} = h1' }
- { delegate_to: lb, ignore_errors: true, exec.shell: 'sh {DIR}/say one-{{ host.name }}' }
- { delegate_to: lb, loop: [a, b], exec.shell: 'sh {DIR}/say {{ item }}-{{ host.name }}' }
- exec.shell: sh {DIR}/say own-{{ host.name }}";
    let scene = rounds(HOSTS, &round("one", "h*", "", entries)).build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["one-h1", "a-h1", "b-h1", "own-h1"], "{ran}");
    assert_eq!((ran.host("h1"), ran.host("h2")), ("ok", "failed"), "{ran}");
}

#[test]
fn items_of_a_delegated_loop_stay_in_order_when_another_host_fails() {
    let entries = "
- { delegate_to: lb, writes: [/lb], reads: [], loop: [a, b, c], exec.shell: 'sh {DIR}/slow {{ host.name }}{{ item }}' }
- { when: host.name == 'h1', exec.shell: 'false' }
- { delegate_to: lb, writes: [/lb], reads: [], exec.shell: 'sh {DIR}/slow {{ host.name }}' }";
    let scene = rounds(HOSTS, &round("one", "h*", "", entries)).build();
    let ran = scene.events(&[]).code(2);
    let all = log(&scene);
    for (host, names) in [
        ("h1", &["h1a", "h1b", "h1c"][..]),
        ("h2", &["h2a", "h2b", "h2c", "h2"]),
    ] {
        let own: Vec<_> = all
            .iter()
            .filter(|line| line.starts_with(host))
            .cloned()
            .collect();
        assert_eq!(own, in_turn(names), "{ran}");
    }
    for pair in all.chunks(2) {
        assert_eq!(pair[0].replace("begins", "ends"), pair[1], "{all:?}\n{ran}");
    }
}

/// What is written in a group with `delegate_to` keeps its order over there, and stops there as at home.
#[test]
fn a_delegated_group_stops_at_its_first_failure() {
    let entries = "
- id: region
  delegate_to: lb
  calls:
    - exec.shell: sh {DIR}/slow drain
    - { loop: [bad, good], exec.shell: 'test {{ item }} = good' }
    - { ignore_errors: true, exec.shell: sh {DIR}/say danger }
    - { always: true, exec.shell: sh {DIR}/slow undrain }
- on_failure: [region]
  exec.shell: sh {DIR}/slow rescue";
    let scene = rounds(&["h1", "lb"], &round("one", "h1", "", entries)).build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), in_turn(&["drain", "undrain", "rescue"]), "{ran}");
}

#[test]
fn a_handler_of_a_delegated_call_runs_though_a_later_entry_reads_a_result() {
    let entries = "
- { id: config, delegate_to: lb, exec.shell: 'true' }
- { id: migrate, exec.shell: sleep 0.1 }
- { on_change: [config], delegate_to: lb, exec.shell: 'sh {DIR}/say far-{{ host.name }}' }
- { id: own, exec.shell: 'true' }
- { id: slow, delegate_to: lb, exec.shell: sleep 0.1 }
- { on_change: [own], exec.shell: 'sh {DIR}/say near-{{ host.name }}' }
- { exec.shell: 'echo {{ results.config.status }} {{ results.own.status }}' }";
    let scene = rounds(&["h1", "lb"], &round("one", "h1", "", entries)).build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["far-h1", "near-h1"], "{ran}");
}

/// It may have changed something over there before it was killed.
#[test]
fn a_delegated_call_killed_by_its_timeout_counts_as_changed_for_its_handler() {
    let entries = "
- { id: change, delegate_to: lb, timeout: 200ms, ignore_errors: true, exec.shell: sleep 30 }
- { on_change: [change], exec.shell: sh {DIR}/say handler }";
    let scene = rounds(&["h1", "lb"], &round("one", "h1", "", entries)).build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["handler"], "{ran}");
}

/// A delegated `always` gives back what was taken, on every host that failed.
#[test]
fn a_delegated_always_runs_for_each_host_that_failed() {
    let entries = "
- { delegate_to: lb, exec.shell: 'sh {DIR}/say drain-{{ host.name }}' }
- { id: deploy, exec.shell: 'false' }
- { id: verify, when: results.deploy.changed, exec.shell: 'true' }
- { always: true, delegate_to: lb, when: not results.verify.changed, exec.shell: 'sh {DIR}/say undrain-{{ host.name }}' }";
    let scene = rounds(HOSTS, &round("one", "h*", "", entries)).build();
    let ran = scene.events(&[]).code(2);
    let mut log = log(&scene);
    log.sort();
    assert_eq!(log, ["drain-h1", "drain-h2", "undrain-h1", "undrain-h2"], "{ran}");
}

/// What a host that failed takes back on a delegate starts nothing there before its turn, of whichever host.
#[test]
fn calls_on_a_delegate_stay_in_turn_when_a_host_that_has_some_there_fails() {
    let pool = "
- { delegate_to: lb, loop: [1, 2, 3, 4], exec.shell: 'sh {DIR}/slow {{ host.name }}-{{ item }}' }";
    let beside = "
- { writes: [], reads: [], exec.shell: 'until grep -q h1-1 {DIR}/t/log; do sleep 0.005; done; false' }";
    let scene = rounds(
        HOSTS,
        &(round("pool", "h*", "", pool) + &round("beside", "h1", "needs: []", beside)),
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let all = log(&scene);
    for pair in all.chunks(2) {
        assert_eq!(pair[0].replace("begins", "ends"), pair[1], "{all:?}\n{ran}");
    }
    let own: Vec<_> = all
        .iter()
        .filter(|line| line.starts_with("h2"))
        .cloned()
        .collect();
    assert_eq!(own, in_turn(&["h2-1", "h2-2", "h2-3", "h2-4"]), "{ran}");
    assert_eq!((ran.host("h1"), ran.host("h2")), ("failed", "ok"), "{ran}");
}
