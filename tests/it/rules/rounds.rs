//! Rounds: when a host enters one, what a host is charged to, and the time of each host in it.

use super::{here, in_turn, log, round, rounds, told, with_scripts};
use crate::support::Fixture;

/// `needs` goes on through rounds that the host is not in.
#[test]
fn without_a_barrier_a_host_has_left_the_rounds_that_the_needed_one_comes_after() {
    let first = "- { delegate_to: h4, exec.shell: sh {DIR}/slow stop }";
    let scene = rounds(
        &["h2", "h4"],
        &(round("r1", "h4", "", first)
            + &round("r2", "h2", "", "- exec.shell: 'true'")
            + &round(
                "r3",
                "h2,h4",
                "barrier: false",
                "- exec.shell: sh {DIR}/say start-{{ host.name }}",
            )),
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let log: Vec<_> = log(&scene).into_iter().filter(|it| it != "start-h2").collect();
    assert_eq!(log, ["stop begins", "stop ends", "start-h4"], "{ran}");
}

/// The same by names that are given, over two rounds that it is not in.
#[test]
fn without_a_barrier_needs_go_on_through_several_rounds() {
    let scene = rounds(
        &["a", "b"],
        &(round(
            "r1",
            "a",
            "",
            "- { delegate_to: b, exec.shell: sh {DIR}/slow stop }",
        ) + &round(
            "r2",
            "b",
            "needs: [r1]",
            "- { delegate_to: a, exec.shell: 'true' }",
        ) + &round(
            "r3",
            "b",
            "needs: [r2]",
            "- { delegate_to: a, exec.shell: 'true' }",
        ) + &round(
            "r4",
            "a",
            "needs: [r3]\nbarrier: false",
            "- exec.shell: sh {DIR}/say start",
        )),
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(log(&scene), ["stop begins", "stop ends", "start"], "{ran}");
}

/// What must stay: a host does not wait for others.
#[test]
fn without_a_barrier_a_host_does_not_wait_for_hosts_that_are_still_in_the_needed_round() {
    let first = "- exec.shell: test {{ host.name }} = a || sh {DIR}/gate slow";
    let second = "- exec.shell: sh {DIR}/say {{ host.name }}; touch {DIR}/t/go";
    let scene = rounds(
        &["a", "b"],
        &(round("r1", "all", "", first) + &round("r2", "all", "barrier: false", second)),
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let log: Vec<_> = log(&scene).into_iter().filter(|it| it != "slow begins").collect();
    assert_eq!(log, ["a", "slow ends", "b"], "{ran}");
}

/// A host that is known to be unreachable does not count against a round that it could not have entered yet.
#[test]
fn an_unreachable_host_is_not_charged_to_a_round_before_it_could_have_entered_it() {
    let first = "
- { ignore_errors: true, delegate_to: gone, exec.shell: 'true' }
- exec.shell: sh {DIR}/slow one
- exec.shell: sh {DIR}/slow two";
    let scene = with_scripts(
        Fixture::new(format!(
            "hosts: {{ a: {{ transport: local }}, gone: {{}} }}\nrounds:\n{}{}",
            round("first", "a", "", first),
            round("second", "a,gone", "max_failures: 0", "- exec.shell: 'true'"),
        ))
        .ssh("Host gone\n  HostName 127.0.0.1\n  Port 1\n"),
    )
    .build();
    let ran = scene.events(&[]);
    assert_eq!(log(&scene), in_turn(&["one", "two"]), "{ran}");
    assert_eq!(ran.host("gone"), "unreachable", "{ran}");
}

/// The same for a host of a round beside, which is found to be unreachable on its way into that one.
#[test]
fn an_unreachable_host_of_a_round_beside_is_not_charged_to_later_rounds_at_once() {
    let scene = with_scripts(
        Fixture::new(format!(
            "hosts: {{ a: {{ transport: local }}, gone: {{}} }}\nrounds:\n{}{}{}",
            round("beside", "gone", "needs: []", "- exec.shell: 'true'"),
            round(
                "first",
                "a",
                "needs: []",
                "- exec.shell: sh {DIR}/gate one\n- exec.shell: sh {DIR}/slow two"
            ),
            round(
                "second",
                "a,gone",
                "needs: [first]\nmax_failures: 0",
                "- exec.shell: 'true'"
            ),
        ))
        .ssh("Host gone\n  HostName 127.0.0.1\n  Port 1\n"),
    )
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_event("unreachable");
    scene.write("t/go", b"");
    let ran = running.wait();
    assert_eq!(log(&scene), in_turn(&["one", "two"]), "{ran}");
}

/// Nor does one that was not reached in the first round, whether others wait for all or go on by themselves.
#[test]
fn an_unreachable_host_of_the_first_round_is_not_charged_to_later_rounds_at_once() {
    for barrier in ["true", "false"] {
        let first = "- exec.shell: sh {DIR}/gate one\n- exec.shell: sh {DIR}/slow two";
        let scene = with_scripts(
            Fixture::new(format!(
                "hosts: {{ a: {{ transport: local }}, b: {{ transport: local }}, gone: {{}} }}\nrounds:\n{}{}{}",
                round("first", "a,gone", "", first),
                round("second", "b", "", "- exec.shell: 'true'"),
                round(
                    "third",
                    "all",
                    &format!("barrier: {barrier}\nmax_failures: 0"),
                    "- exec.shell: 'true'"
                ),
            ))
            .ssh("Host gone\n  HostName 127.0.0.1\n  Port 1\n"),
        )
        .build();
        let mut running = scene.start(&["--output", "json"]);
        running.await_event("unreachable");
        scene.write("t/go", b"");
        let ran = running.wait();
        assert_eq!(log(&scene), in_turn(&["one", "two"]), "{ran}");
    }
}

/// A host leaves a round only after it has entered it.
#[test]
fn a_host_that_never_entered_a_round_is_not_told_to_have_left_it() {
    let ran = Fixture::new(format!(
        "hosts: {{ h1: {{ transport: local }}, h2: {{ transport: local }}, h3: {{}} }}\nrounds:\n{}",
        round(
            "one",
            "all",
            "serial: 1",
            "- { ignore_errors: true, delegate_to: h3, exec.shell: 'true' }"
        )
    ))
    .ssh("Host h3\n  HostName 127.0.0.1\n  Port 1\n")
    .events(&[])
    .code(4);
    let of = |kind: &str| {
        let mut hosts: Vec<_> = ran
            .all(kind)
            .iter()
            .map(|it| it["host"].as_str().unwrap())
            .collect();
        hosts.sort_unstable();
        hosts.join(" ")
    };
    assert_eq!(of("host_left"), of("host_entered"), "{ran}");
    assert_eq!(ran.host("h3"), "unreachable", "{ran}");
}

/// The timeout of a round is of each host for itself, and fails that host.
#[test]
fn the_timeout_of_a_round_is_per_host() {
    let entries = "
- exec.shell: test {{ host.name }} = quick || sleep 30
- exec.shell: sh {DIR}/say {{ host.name }}
- { always: true, exec.shell: 'sh {DIR}/say clean-{{ host.name }}' }";
    let scene = rounds(
        &["slow", "quick"],
        &(round("one", "all", "timeout: 1s", entries)
            + &round("two", "all", "", "- exec.shell: sh {DIR}/say two-{{ host.name }}")),
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let mut log = log(&scene);
    log.sort();
    assert_eq!(log, ["clean-quick", "clean-slow", "quick", "two-quick"], "{ran}");
    assert_eq!((ran.host("slow"), ran.host("quick")), ("failed", "ok"), "{ran}");
}

/// The timeout of one round fails the host in the round beside it as well, and there `always` entries run, too.
#[test]
fn the_timeout_of_a_round_stops_the_rounds_beside_it() {
    let timed = "- { writes: [/a], reads: [], exec.shell: sleep 30 }";
    let beside = "
- { id: first, writes: [/b], reads: [], exec.shell: sh {DIR}/gate first }
- { writes: [/b], reads: [], exec.shell: sh {DIR}/say never }
- { always: true, writes: [/b], reads: [], exec.shell: sh {DIR}/say clean }";
    let scene = rounds(
        &["here"],
        &(round("timed", "here", "timeout: 300ms", timed) + &round("beside", "here", "needs: []", beside)),
    )
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("host_left") || line.contains("call_ended"));
    scene.write("t/go", b"");
    let ran = running.wait().code(2);
    let log: Vec<_> = log(&scene)
        .into_iter()
        .filter(|it| it != "first begins")
        .collect();
    assert_eq!(log.last().map(String::as_str), Some("clean"), "{ran}");
    assert!(!log.iter().any(|it| it == "never"), "{ran}");
}

#[test]
fn a_host_whose_round_is_left_out_by_its_condition_goes_on_to_the_next() {
    let scene = rounds(
        &["a", "b"],
        &(round(
            "one",
            "all",
            "when: host.name == 'a'",
            "- { id: one, exec.shell: 'true' }",
        ) + &round(
            "two",
            "all",
            "",
            "- { exec.shell: 'sh {DIR}/say {{ host.name }}-{{ results.one.status }}' }",
        )),
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let mut log = log(&scene);
    log.sort();
    assert_eq!(log, ["a-changed", "b-skipped"], "{ran}");
    assert_eq!(told(&ran, "one").len(), 1, "{ran}");
}

/// A handled failure in one round does not keep the host from the next.
#[test]
fn a_rescued_host_enters_the_next_round_and_a_failed_one_does_not() {
    let entries = "
- { id: region, exec.shell: 'false' }
- { on_failure: [region], exec.shell: 'test {{ host.name }} = a' }";
    let scene = rounds(
        &["a", "b"],
        &(round("one", "all", "", entries)
            + &round("two", "all", "", "- exec.shell: sh {DIR}/say {{ host.name }}")),
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["a"], "{ran}");
}

/// Calls of rounds beside each other on one host keep out of each other's way by what they touch.
#[test]
fn conflicting_calls_of_rounds_beside_each_other_do_not_overlap() {
    let entries =
        |name: &str| format!("- {{ loop: [1, 2, 3], exec.shell: 'sh {{DIR}}/slow {name}{{{{ item }}}}' }}");
    let scene = rounds(
        &["here"],
        &(round("one", "here", "", &entries("a")) + &round("two", "here", "needs: []", &entries("b"))),
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let log = log(&scene);
    for pair in log.chunks(2) {
        let name = pair[0].split(' ').next().unwrap();
        assert_eq!(pair[1], format!("{name} ends"), "{log:?}\n{ran}");
    }
    assert_eq!(log.len(), 12, "{ran}");
}

/// `fail` and failed conditions fail the host like calls do.
#[test]
fn a_fail_that_is_begun_stops_its_host() {
    let scene = here(
        "
- { id: left, when: 'false', fail: not this one }
- exec.shell: sh {DIR}/say before
- { id: stop, fail: no more }
- exec.shell: sh {DIR}/say never
- { always: true, exec.shell: sh {DIR}/say clean }",
    )
    .build();
    let ran = scene
        .events(&[])
        .code(2)
        .outcomes("here", &[("left", "skipped"), ("stop", "failed")]);
    assert_eq!(log(&scene), ["before", "clean"], "{ran}");
}

/// A failure in one round stops the rounds beside it, but for what they do in any case, in groups that had begun as well.
#[test]
fn an_always_in_a_begun_group_runs_if_another_round_of_the_host_fails() {
    let fails = "
- exec.shell: sh {DIR}/await begun; false";
    let beside = "
- calls:
    - { writes: [], reads: [], exec.shell: touch {DIR}/t/begun }
    - exec.shell: sh {DIR}/say never
    - { always: true, exec.shell: sh {DIR}/say clean }";
    let scene = rounds(
        &["here"],
        &(round("one", "here", "", fails) + &round("beside", "here", "needs: []", beside)),
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(log(&scene), ["clean"], "{ran}");
}
