//! `run_once`: one host of the round does it, every host waits for it and has its result.

use crate::support::{Fixture, Ran, Sshd};

const LOCAL: &str = "
hosts:
  web1: { transport: local }
  web2: { transport: local }
  web3: { transport: local }
  lb1: { transport: local }
groups: { web: ['web*'] }
";

fn shared<'a>(ran: &'a Ran, label: &str) -> Vec<(&'a str, &'a str)> {
    let fits = |it: &&'a serde_json::Value| it["call"]["label"] == label && it["item"].is_null();
    let by = |it: &'a serde_json::Value| {
        (
            it["host"].as_str().unwrap(),
            it["shared_by"].as_str().unwrap_or_default(),
        )
    };
    let mut found: Vec<_> = ran.ends().filter(fits).map(by).collect();
    found.sort_unstable();
    found
}

fn run(calls: &str) -> (crate::support::Scene, Ran) {
    let scene = Fixture::new(format!(
        "{LOCAL}\nrounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}"
    ))
    .build();
    let ran = scene.events(&[]);
    (scene, ran)
}

#[test]
fn one_host_does_it_and_all_have_its_result() {
    let (scene, ran) = run("
      - { exec.shell: 'test {{ host.name }} = web1 || sleep 0.2; echo before >> {DIR}/t/log' }
      - { id: migrate, run_once: true, exec.shell: 'echo migrated by {{ host.name }} | tee -a {DIR}/t/log' }
      - { id: after, exec.shell: 'echo after >> {DIR}/t/log; echo {{ results.migrate.stdout | trim | quote }} > {DIR}/t/{{ host.name }}' }
      - { id: told, on_change: [migrate], exec.shell: 'true' }
");
    let ran = ran
        .code(0)
        .outcomes("web3", &[("migrate", "changed"), ("told", "changed")]);
    let log = scene.read("t/log");
    let wanted = "before\nbefore\nbefore\nmigrated by web1\nafter\nafter\nafter\n";
    assert_eq!(log, wanted, "all wait for it: {ran}");
    assert_eq!(scene.read("t/web3"), "migrated by web1\n");
    assert_eq!(
        shared(&ran, "migrate"),
        [("web1", ""), ("web2", "web1"), ("web3", "web1")],
        "{ran}"
    );
    // One change, counted once.
    assert_eq!(
        (&ran.recap("web1")["changed"], &ran.recap("web2")["changed"]),
        (&4.into(), &3.into()),
        "{ran}"
    );
}

#[test]
fn it_is_the_first_host_for_which_when_holds() {
    let (scene, ran) = run("
      - { id: once, run_once: true, when: host.name != 'web1', exec.shell: 'echo {{ host.name }} >> {DIR}/t/log' }
      - { id: never, run_once: true, when: 'false', exec.shell: 'echo never >> {DIR}/t/log' }
");
    let ran = ran
        .code(0)
        .outcomes("web1", &[("once", "changed"), ("never", "skipped")]);
    assert_eq!(scene.read("t/log"), "web2\n", "{ran}");
    assert_eq!(shared(&ran, "once")[0], ("web1", "web2"), "{ran}");
    assert_eq!(shared(&ran, "never")[2], ("web3", ""), "{ran}");
}

#[test]
fn its_failure_is_everyones() {
    let (scene, ran) = run("
      - { id: migrate, run_once: true, exec.shell: 'echo x >> {DIR}/t/log; exit 3' }
      - { id: after, exec.shell: 'echo after >> {DIR}/t/log' }
");
    let ran = ran.code(2).outcomes("web3", &[("migrate", "failed")]);
    assert_eq!(scene.read("t/log"), "x\n");
    let hosts = ["web1", "web2", "web3"].map(|host| ran.host(host));
    assert_eq!(hosts, ["failed"; 3], "{ran}");
}

#[test]
fn a_failure_of_it_is_rescued_on_every_host() {
    let (scene, ran) = run("
      - { id: migrate, run_once: true, exec.shell: 'exit 3' }
      - { on_failure: [migrate], exec.shell: 'echo {{ results.migrate.error.exit_code }} > {DIR}/t/{{ host.name }}' }
");
    let ran = ran.code(0);
    assert_eq!(
        [scene.read("t/web1"), scene.read("t/web3")],
        ["3\n", "3\n"],
        "{ran}"
    );
}

#[test]
fn a_group_is_done_once_with_all_that_is_in_it() {
    let (scene, ran) = run("
      - id: release
        run_once: true
        calls:
          - { id: build, exec.shell: 'echo build >> {DIR}/t/log; echo 42' }
          - { run_once: true, exec.shell: 'echo publish {{ results.build.stdout | trim }} >> {DIR}/t/log' }
      - { exec.shell: 'echo {{ results.build.stdout | trim }} > {DIR}/t/{{ host.name }}' }
      - { id: told, on_change: [release], exec.shell: 'true' }
      - { id: inner, on_change: [build], exec.shell: 'true' }
");
    ran.code(0)
        .outcomes("web3", &[("told", "changed"), ("inner", "changed")]);
    assert_eq!(scene.read("t/log"), "build\npublish 42\n");
    assert_eq!(scene.read("t/web3"), "42\n");
}

#[test]
fn with_a_loop_and_another_host_all_items_are_done_once_there() {
    let (scene, ran) = run("
      - id: tell
        run_once: true
        delegate_to: lb1
        loop: [a, b]
        exec.shell: 'echo {{ host.name }}-{{ item }} >> {DIR}/t/{{ item }}'
      - { assert.that: \"results.tell['items'] | length == 2 and results.tell['items'][1].item == 'b'\" }
");
    let ran = ran.code(0);
    assert_eq!(
        [scene.read("t/a"), scene.read("t/b")],
        ["web1-a\n", "web1-b\n"],
        "{ran}"
    );
    assert_eq!(ran.end("web1", "tell")["delegate"], "lb1", "{ran}");
}

#[test]
fn under_serial_it_is_done_in_the_first_batch_and_later_ones_have_its_result() {
    let scene = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: roll
    hosts: web
    serial: 1
    calls:
      - {{ id: migrate, run_once: true, when: host.name != 'web1', exec.shell: 'echo migrate >> {{DIR}}/t/log; echo {{{{ host.name }}}}' }}
      - {{ exec.shell: 'echo {{{{ host.name }}}} {{{{ results.migrate.status }}}} >> {{DIR}}/t/log' }}
"
    ))
    .build();
    let ran = scene.events(&[]).code(0);
    // Nobody of the first batch may do it.
    let wanted = "web1 skipped\nmigrate\nweb2 changed\nweb3 changed\n";
    assert_eq!(scene.read("t/log"), wanted, "{ran}");
}

#[test]
fn hosts_that_fail_before_it_or_never_come_to_it_hold_nobody_up() {
    let (scene, ran) = run("
      - { exec.shell: 'test {{ host.name }} != web1' }
      - when: host.name != 'web2'
        calls:
          - { id: once, run_once: true, exec.shell: 'echo {{ host.name }} >> {DIR}/t/log' }
      - { id: after, exec.shell: 'true' }
");
    let ran = ran.code(2).outcomes("web2", &[("after", "changed")]);
    assert_eq!(scene.read("t/log"), "web3\n", "{ran}");
}

#[test]
fn an_unreachable_host_does_not_do_it() {
    let Some(sshd) = Sshd::start() else { return };
    let ran = Fixture::new(
        "
hosts: [gone, good]
rounds:
  - name: one
    hosts: all
    calls: [{ id: once, run_once: true, exec.shell: 'echo {{ host.name }}' }]
",
    )
    .ssh("Host gone\n  HostName 127.0.0.1\n  Port 1\n")
    .host("good", &sshd)
    .events(&[])
    .code(4);
    assert_eq!(ran.end("good", "once")["result"]["stdout"], "good", "{ran}");
}

#[test]
fn people_see_who_shares_it_and_a_plan_says_that_it_is_done_once() {
    let scene = Fixture::new(format!(
        "{LOCAL}\nrounds:\n  - name: one\n    hosts: web\n    calls:\n      - {{ id: once, run_once: true, exec.shell: 'true' }}\n"
    ))
    .build();
    scene.run(&[]).code(0).says("once  1 changed · 2 shared");
    scene
        .rmote_play(&["plan", "site.yml"])
        .code(0)
        .says("exec.shell once [run_once]");
}

#[test]
fn a_timeout_while_waiting_for_it_ends_the_wait() {
    let (_, ran) = run("
      - timeout: 400ms
        calls:
          - { exec.shell: 'test {{ host.name }} != web1 || sleep 30' }
          - { id: once, run_once: true, exec.shell: 'true' }
");
    let ran = ran.code(2);
    assert_eq!(ran.host("web1"), "failed", "{ran}");
}

#[test]
fn if_its_connection_breaks_with_nothing_at_stake_the_next_host_does_it() {
    let Some(sshd) = Sshd::start() else { return };
    let ran = Fixture::new(
        "
hosts: { weak: , strong: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: once, run_once: true, writes: [], exec.shell: 'test {{ host.name }} = strong || kill -9 $PPID; echo {{ host.name }}' }
",
    )
    .host("weak", &sshd)
    .events(&[])
    .code(4);
    assert_eq!(ran.end("strong", "once")["result"]["stdout"], "strong", "{ran}");
    assert_eq!(
        (ran.host("weak"), ran.host("strong")),
        ("unreachable", "ok"),
        "{ran}"
    );
}

#[test]
fn if_it_may_have_happened_when_the_connection_broke_that_is_everyones_failure() {
    let Some(sshd) = Sshd::start() else { return };
    let ran = Fixture::new(
        "
hosts: { weak: , strong: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: once, run_once: true, exec.shell: 'kill -9 $PPID' }
",
    )
    .host("weak", &sshd)
    .events(&[])
    .code(2);
    assert_eq!(ran.outcome("strong", "once"), "lost", "{ran}");
    assert_eq!(
        (ran.host("weak"), ran.host("strong")),
        ("failed", "failed"),
        "{ran}"
    );
}
