//! Rounds over real servers: one login for each host, barriers, order by `needs`, and hosts kept apart.

use crate::support::{Fixture, Sshd};

#[test]
fn five_rounds_cost_each_host_one_login() {
    let (Some(one), Some(two)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let rounds = (1..=5)
        .map(|n| format!("  - name: r{n}\n    hosts: all\n    calls: [{{ exec.shell: echo {n} }}]\n"))
        .collect::<Vec<_>>()
        .concat();
    let ran = Fixture::new(format!("hosts: [one, two]\nrounds:\n{rounds}"))
        .host("one", &one)
        .host("two", &two)
        .events(&[])
        .code(0);
    assert_eq!((one.logins(), two.logins()), (1, 1), "{ran}");
    assert_eq!(ran.all("connected").len(), 2, "{ran}");
    assert_eq!(ran.recap("two")["changed"], 5, "{ran}");
}

const ORDERED: &str = "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: first
    hosts: all
    calls:
      - exec.shell: 'test {{ host.name }} = a || sleep 0.3; echo first-{{ host.name }} >> {DIR}/t/log'
  - name: second
    hosts: all
BARRIER    calls:
      - exec.shell: 'echo second-{{ host.name }} >> {DIR}/t/log'
";

#[test]
fn a_barrier_holds_every_host_until_the_last_has_ended_the_round_before() {
    let scene = Fixture::new(ORDERED.replace("BARRIER", "")).build();
    scene.run(&[]).code(0);
    let log = scene.read("t/log");
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines[..2], ["first-a", "first-b"], "{log}");
}

#[test]
fn without_a_barrier_a_host_goes_on_as_soon_as_it_is_ready() {
    let scene = Fixture::new(ORDERED.replace("BARRIER", "    barrier: false\n")).build();
    scene.run(&[]).code(0);
    let log = scene.read("t/log");
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines[..2], ["first-a", "second-a"], "{log}");
}

#[test]
fn a_round_that_needs_nothing_runs_beside_others() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: waits
    hosts: a
    calls:
      - exec.shell: 'until test -e {DIR}/t/go; do sleep 0.01; done'
        timeout: 20s
  - name: beside
    hosts: b
    needs: []
    calls:
      - exec.shell: touch {DIR}/t/go
",
    )
    .build();
    scene.run(&[]).code(0);
}

#[test]
fn a_round_waits_for_all_that_it_needs_and_for_no_other() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local }, c: { transport: local } }
rounds:
  - name: slow
    hosts: a
    calls:
      - exec.shell: 'until test -e {DIR}/t/go; do sleep 0.01; done; echo slow >> {DIR}/t/log'
        timeout: 20s
  - name: quick
    hosts: b
    needs: []
    calls: [{ exec.shell: 'echo quick >> {DIR}/t/log' }]
  - name: after quick
    hosts: c
    needs: [quick]
    calls: [{ exec.shell: 'echo after >> {DIR}/t/log; touch {DIR}/t/go' }]
  - name: last
    hosts: c
    needs: [slow, after quick]
    calls: [{ exec.shell: 'echo last >> {DIR}/t/log' }]
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/log"), "quick\nafter\nslow\nlast\n");
}

#[test]
fn a_failed_host_is_in_no_later_round_and_the_others_finish() {
    let (Some(one), Some(two)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let ran = Fixture::new(
        "
hosts: [good, bad]
rounds:
  - name: first
    hosts: all
    calls: [{ id: check, exec.shell: 'test {{ host.name }} = good' }]
  - name: second
    hosts: all
    calls: [{ id: later, exec.shell: 'true' }]
",
    )
    .host("good", &one)
    .host("bad", &two)
    .events(&[])
    .code(2)
    .outcomes("good", &[("check", "changed"), ("later", "changed")])
    .outcomes("bad", &[("check", "failed")]);
    assert!(
        !ran.all("call_ended")
            .iter()
            .any(|end| end["host"] == "bad" && end["call"]["label"] == "later"),
        "{ran}"
    );
}

#[test]
fn results_of_other_hosts_and_earlier_rounds_can_be_read() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local } }
groups: { both: [a, b] }
rounds:
  - name: ask
    hosts: all
    calls:
      - { id: token, exec.shell: 'echo token-{{ host.name }}' }
  - name: tell
    hosts: a
    calls:
      - fs.write:
          path: '{DIR}/t/out'
          content: \"{% for name in groups.both %}{{ hosts[name].results.token.stdout }}{% endfor %}\"
      - assert.that: results.token.stdout | trim == 'token-a'
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/out"), "token-atoken-b");
}

#[test]
fn group_and_host_variables_have_their_order() {
    let scene = Fixture::new(
        "
hosts:
  a: { transport: local, vars: { level: host } }
  b: { transport: local }
  c: { transport: local }
groups:
  inner: { hosts: [b], vars: { level: group } }
vars: { level: playbook }
rounds:
  - name: one
    hosts: all
    calls:
      - exec.shell: 'echo {{ level }} > {DIR}/t/{{ host.name }}'
",
    )
    .build();
    scene.run(&[]).code(0);
    assert_eq!(
        [scene.read("t/a"), scene.read("t/b"), scene.read("t/c")],
        ["host\n", "group\n", "playbook\n"]
    );
}

#[test]
fn facts_come_with_the_connection() {
    let Some(sshd) = Sshd::start() else { return };
    Fixture::new(
        "
hosts: [web]
rounds:
  - name: one
    hosts: web
    calls:
      - assert.that:
          that:
            - facts.kernel != ''
            - facts.architecture == facts.architecture | trim
            - facts.user.uid is number
            - facts.os.id is defined
",
    )
    .host("web", &sshd)
    .run(&[])
    .code(0);
}
