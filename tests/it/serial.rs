//! Rounds in batches, and runs that stop when too many hosts have failed.

use crate::support::{Fixture, Ran, Sshd};

fn local(names: &[&str]) -> String {
    let hosts: Vec<_> = names
        .iter()
        .map(|name| format!("{name}: {{ transport: local }}"))
        .collect();
    format!("hosts: {{ {} }}\n", hosts.join(", "))
}

/// The hosts of each batch, as the events tell them.
fn batches(ran: &Ran) -> Vec<String> {
    let hosts = |event: &&serde_json::Value| {
        let names: Vec<_> = event["hosts"].as_array().unwrap().iter().collect();
        let names: Vec<_> = names.iter().map(|it| it.as_str().unwrap()).collect();
        format!("{}/{}: {}", event["batch"], event["of"], names.join(" "))
    };
    ran.all("batch_started").iter().map(hosts).collect()
}

/// Where lines stand in a log.
fn places(log: &str, wanted: &[&str]) -> Vec<usize> {
    let find = |text: &&str| {
        let place = log.lines().position(|line| line == *text);
        place.unwrap_or_else(|| panic!("`{text}` is not in the log:\n{log}"))
    };
    wanted.iter().map(find).collect()
}

const FIVE: &[&str] = &["a", "b", "c", "d", "e"];

#[test]
fn batches_run_the_whole_round_one_after_another() {
    let scene = Fixture::new(
        local(FIVE)
            + "
rounds:
  - name: roll
    hosts: all
    serial: [1, 50%]
    calls:
      - exec.shell: 'echo 1-{{ host.name }} >> {DIR}/t/log'
      - exec.shell: 'sleep 0.05; echo 2-{{ host.name }} >> {DIR}/t/log'
  - name: after
    hosts: a
    calls: [{ exec.shell: 'echo after >> {DIR}/t/log' }]
",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(batches(&ran), ["1/3: a", "2/3: b c", "3/3: d e"], "{ran}");
    let log = scene.read("t/log");
    let firsts = places(&log, &["1-a", "1-b", "1-c", "1-d", "1-e"]);
    let lasts = places(&log, &["2-a", "2-b", "2-c", "2-d", "2-e"]);
    assert!(lasts[0] < firsts[1] && lasts[0] < firsts[2], "{log}");
    assert!(lasts[1].max(lasts[2]) < firsts[3].min(firsts[4]), "{log}");
    assert_eq!(log.lines().last(), Some("after"), "{log}");
}

#[test]
fn people_see_which_batch_runs() {
    Fixture::new(
        local(&["a", "b", "c"])
            + "
rounds:
  - name: roll
    hosts: all
    serial: 2
    calls: [{ id: work, exec.shell: 'true' }]
",
    )
    .run(&[])
    .code(0)
    .says("roll (batch 1 of 2: a, b (2 hosts))\n  work  2 changed")
    .says("roll (batch 2 of 2: c)\n  work  1 changed");
}

#[test]
fn percentages_are_of_the_hosts_that_a_limit_leaves() {
    let scene = Fixture::new(
        local(FIVE)
            + "
rounds:
  - name: roll
    hosts: all
    serial: 50%
    calls: [{ exec.shell: 'true' }]
",
    )
    .build();
    assert_eq!(
        batches(&scene.events(&["-l", "a,b,c,d"]).code(0)),
        ["1/2: a b", "2/2: c d"]
    );
    assert_eq!(
        batches(&scene.events(&["-l", "e"]).code(0)),
        ["1/1: e"],
        "one host at least"
    );
}

#[test]
fn hosts_that_failed_before_are_in_no_batch() {
    let scene = Fixture::new(
        local(&["a", "b", "c"])
            + "
rounds:
  - name: first
    hosts: all
    calls: [{ exec.shell: 'test {{ host.name }} != a' }]
  - name: roll
    hosts: all
    serial: 1
    max_failures: 0
    calls: [{ exec.shell: 'true' }]
",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(batches(&ran), ["1/2: b", "2/2: c"], "{ran}");
    assert_eq!((ran.host("b"), ran.host("c")), ("ok", "ok"), "{ran}");
}

#[test]
fn a_batch_that_failed_whole_goes_on() {
    let ran = Fixture::new(
        local(&["a", "b"])
            + "
rounds:
  - name: roll
    hosts: all
    serial: 1
    calls: [{ exec.shell: 'test {{ host.name }} = b' }]
",
    )
    .events(&[])
    .code(2);
    assert_eq!((ran.host("a"), ran.host("b")), ("failed", "ok"), "{ran}");
    assert!(ran.all("stopped").is_empty(), "{ran}");
}

#[test]
fn past_max_failures_nothing_new_starts() {
    let ran = Fixture::new(
        local(FIVE)
            + "
rounds:
  - name: roll
    hosts: all
    serial: 1
    max_failures: 1
    calls: [{ id: work, exec.shell: 'test {{ host.name }} = c' }]
  - name: later
    hosts: all
    calls: [{ id: later, exec.shell: 'true' }]
",
    )
    .events(&[])
    .code(2);
    let hosts = ["a", "b", "c", "d", "e"].map(|host| ran.host(host));
    // One failure is allowed; with `d` there are three too many to go on.
    assert_eq!(hosts[..2], ["failed", "failed"], "{ran}");
    assert_eq!(hosts[2..], ["not_started"; 3], "{ran}");
    let stopped = ran.all("stopped");
    assert_eq!(stopped.len(), 1, "{ran}");
    assert_eq!(
        (&stopped[0]["failures"], &stopped[0]["of"]),
        (&2.into(), &5.into()),
        "{ran}"
    );
    assert_eq!(ran.events.last().unwrap()["outcome"]["stopped"], true, "{ran}");
}

#[test]
fn strictly_more_than_max_failures_stops_and_no_fewer() {
    let playbook = |allowed: &str| {
        local(&["a", "b", "c", "d"])
            + &format!(
                "
rounds:
  - name: roll
    hosts: all
    serial: 1
    max_failures: {allowed}
    calls: [{{ exec.shell: 'test {{{{ host.name }}}} = d -o {{{{ host.name }}}} = b' }}]
"
            )
    };
    for (allowed, last) in [
        ("2", "ok"),
        ("50%", "ok"),
        ("1", "not_started"),
        ("49%", "not_started"),
    ] {
        let ran = Fixture::new(playbook(allowed)).events(&[]).code(2);
        assert_eq!(ran.host("d"), last, "{allowed}: {ran}");
    }
}

#[test]
fn failures_stop_other_rounds_too_and_what_runs_may_end() {
    let scene = Fixture::new(
        local(&["a", "b", "c"])
            + "
rounds:
  - name: strict
    hosts: a
    max_failures: 0
    calls:
      - exec.shell: 'until test -e {DIR}/t/begun; do sleep 0.01; done; exit 1'
        timeout: 20s
  - name: beside
    hosts: b
    needs: []
    calls:
      - id: runs
        exec.shell: 'touch {DIR}/t/begun; sleep 0.5; echo ended > {DIR}/t/ended'
      - { id: next, exec.shell: 'true' }
      - { id: clean, always: true, exec.shell: 'echo cleaned > {DIR}/t/cleaned' }
  - name: last
    hosts: b,c
    needs: [beside]
    calls: [{ id: last, exec.shell: 'true' }]
",
    )
    .build();
    let ran = scene.events(&[]).code(2).outcomes(
        "b",
        &[("runs", "changed"), ("next", "canceled"), ("clean", "changed")],
    );
    assert_eq!(scene.read("t/ended"), "ended\n");
    assert_eq!(scene.read("t/cleaned"), "cleaned\n");
    assert_eq!(
        [ran.host("a"), ran.host("b"), ran.host("c")],
        ["failed", "aborted", "not_started"],
        "{ran}"
    );
}

#[test]
fn hosts_that_wait_for_their_next_round_are_aborted() {
    let ran = Fixture::new(
        local(&["a", "b"])
            + "
rounds:
  - name: first
    hosts: b
    calls: [{ exec.shell: 'true' }]
  - name: roll
    hosts: all
    serial: 1
    max_failures: 0
    calls: [{ exec.shell: 'test {{ host.name }} = b' }]
",
    )
    .events(&[])
    .code(2);
    assert_eq!((ran.host("a"), ran.host("b")), ("failed", "aborted"), "{ran}");
}

#[test]
fn an_unreachable_host_counts() {
    let Some(sshd) = Sshd::start() else { return };
    let ran = Fixture::new(
        "
hosts: [gone, good]
connection: { connect_timeout: 5s }
rounds:
  - name: roll
    hosts: all
    serial: 1
    max_failures: 0
    calls: [{ exec.shell: 'true' }]
",
    )
    .ssh("Host gone\n  HostName 127.0.0.1\n  Port 1\n")
    .host("good", &sshd)
    .events(&[])
    .code(6);
    assert_eq!(
        (ran.host("gone"), ran.host("good")),
        ("unreachable", "not_started"),
        "{ran}"
    );
    assert_eq!(sshd.logins(), 0);
}

#[test]
fn a_rescued_host_does_not_count_and_a_rescue_that_fails_does() {
    let playbook = |end: &str| {
        local(&["a", "b"])
            + &format!(
                "
rounds:
  - name: roll
    hosts: all
    serial: 1
    max_failures: 0
    calls:
      - id: switch
        calls: [{{ exec.shell: 'test {{{{ host.name }}}} = b' }}]
      - on_failure: [switch]
        calls:
          - {{ id: undo, exec.shell: 'echo {{{{ host.name }}}} >> {{DIR}}/t/undone' }}
{end}"
            )
    };
    let rescued = Fixture::new(playbook("")).build();
    let ran = rescued.events(&[]).code(0);
    assert_eq!((ran.host("a"), ran.host("b")), ("ok", "ok"), "{ran}");
    assert_eq!(rescued.read("t/undone"), "a\n");
    let failing = Fixture::new(playbook("          - fail: rolled back\n")).build();
    let ran = failing.events(&[]).code(2);
    assert_eq!((ran.host("a"), ran.host("b")), ("failed", "not_started"), "{ran}");
    assert_eq!(failing.read("t/undone"), "a\n");
}

#[test]
fn people_read_why_the_run_stopped() {
    Fixture::new(
        local(&["a", "b"])
            + "
rounds:
  - name: roll
    hosts: all
    serial: 1
    max_failures: 0
    calls: [{ exec.shell: exit 1 }]
",
    )
    .run(&[])
    .code(2)
    .says("stopped: 1 of 2 hosts of `roll` failed, and `max_failures` is 0: nothing new is started")
    .says("b : failed=0  NOT STARTED");
}

#[test]
fn without_a_barrier_a_batch_waits_for_its_own_hosts_only() {
    let scene = Fixture::new(
        local(&["a", "b", "c"])
            + "
rounds:
  - name: first
    hosts: all
    calls:
      - exec.shell: 'test {{ host.name }} != c || until test -e {DIR}/t/go; do sleep 0.01; done'
        timeout: 20s
  - name: roll
    hosts: all
    serial: 1
    barrier: false
    calls: [{ exec.shell: 'echo {{ host.name }} >> {DIR}/t/log; test {{ host.name }} != b || touch {DIR}/t/go' }]
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/log"), "a\nb\nc\n");
}

#[test]
fn a_plan_shows_batches() {
    let scene = Fixture::new(
        local(FIVE)
            + "
rounds:
  - name: roll
    hosts: all
    serial: [1, 50%]
    max_failures: 20%
    calls: [{ exec.shell: 'true' }]
",
    )
    .build();
    scene
        .rmote_play(&["plan", "site.yml"])
        .code(0)
        .says("roll (all: 5 hosts in batches of 1, 2, 2, 20% may fail)");
    scene
        .rmote_play(&["plan", "--format", "json", "site.yml"])
        .code(0)
        .says("\"max_failures\": \"20%\"");
}
