//! Calls that are made on another host: failures, losses, and what ends them.

use crate::support::{Fixture, Sshd};

const LOCAL: &str = "
hosts: { web1: { transport: local }, web2: { transport: local }, web3: { transport: local }, lb1: { transport: local, vars: { who: balancer } } }
groups: { web: { hosts: ['web*'], vars: { who: web } } }
";

#[test]
fn a_failed_delegated_call_is_its_own_hosts_failure_and_nobody_elses() {
    let ran = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web,lb1
    calls:
      - {{ id: ask, delegate_to: lb1, exec.shell: 'test {{{{ host.name }}}} != web2' }}
"
    ))
    .events(&[])
    .code(2);
    let hosts = ["web1", "web2", "web3", "lb1"].map(|host| ran.host(host));
    assert_eq!(hosts, ["ok", "failed", "ok", "ok"], "{ran}");
}

#[test]
fn an_unreachable_delegate_fails_the_call_and_not_the_host() {
    let scene = Fixture::new(
        "
hosts: { web1: { transport: local }, web2: { transport: local }, lb1: }
rounds:
  - name: one
    hosts: 'web*'
    calls:
      - id: drain
        delegate_to: lb1
        exec.shell: 'true'
      - on_failure: [drain]
        id: mend
        exec.shell: 'echo {{ results.drain.error.kind }} > {DIR}/t/{{ host.name }}'
",
    )
    .ssh("Host lb1\n  HostName 127.0.0.1\n  Port 1\n")
    .build();
    let ran = scene.events(&[]).code(0).outcomes("web2", &[("drain", "failed")]);
    assert_eq!(ran.host("web1"), "ok", "{ran}");
    assert_eq!(scene.read("t/web1"), "unreachable\n");
    assert_eq!(ran.end("web1", "drain")["error"]["kind"], "unreachable", "{ran}");
    assert_eq!(ran.end("web1", "drain")["rescued"], true, "{ran}");
    assert_eq!(
        ran.all("connecting")
            .iter()
            .filter(|it| it["host"] == "lb1")
            .count(),
        1,
        "{ran}"
    );
}

#[test]
fn a_delegated_always_runs_even_if_its_host_is_lost() {
    let Some(web) = Sshd::start() else { return };
    let scene = Fixture::new(
        "
hosts: { web1: , lb1: { transport: local } }
rounds:
  - name: one
    hosts: web1
    calls:
      - { delegate_to: lb1, exec.shell: 'echo drain >> {DIR}/t/log' }
      - { id: dies, exec.shell: 'kill -9 $PPID' }
      - { id: mine, always: true, exec.shell: 'echo mine >> {DIR}/t/log' }
      - id: undrain
        always: true
        delegate_to: lb1
        calls: [{ exec.shell: 'echo undrain {{ host.name }} >> {DIR}/t/log' }]
",
    )
    .host("web1", &web)
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(scene.read("t/log"), "drain\nundrain web1\n", "{ran}");
    assert_eq!(ran.outcome("web1", "dies"), "lost", "{ran}");
    assert_eq!(ran.host("web1"), "failed", "{ran}");
}

#[test]
fn a_delegate_that_is_lost_fails_the_call_as_lost() {
    let Some(balancer) = Sshd::start() else { return };
    let ran = Fixture::new(
        "
hosts: { web1: { transport: local }, lb1: }
rounds:
  - name: one
    hosts: web1
    calls:
      - id: region
        calls: [{ id: dies, delegate_to: lb1, exec.shell: 'kill -9 $PPID' }]
      - { id: mend, on_failure: [region], exec.shell: 'test {{ results.region.error.kind }} = lost' }
",
    )
    .host("lb1", &balancer)
    .events(&[])
    .code(0)
    .outcomes("web1", &[("dies", "lost"), ("mend", "changed")]);
    assert_eq!(ran.host("web1"), "ok", "{ran}");
}

#[test]
fn a_template_that_gives_no_host_fails_the_call() {
    let ran = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web1
    calls:
      - {{ id: ask, delegate_to: '{{{{ host.name }}}}{{{{ facts.hostname[:0] }}}}x', exec.shell: 'true' }}
"
    ))
    .events(&[])
    .code(2);
    assert_eq!(
        ran.failure("web1", "ask"),
        "`delegate_to` gives `web1x`, and there is no such host",
        "{ran}"
    );
}

#[test]
fn until_repeats_a_delegated_call() {
    let ran = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web1
    calls:
      - id: ask
        delegate_to: lb1
        exec.shell: 'echo x >> {{DIR}}/t/tries; test $(wc -l < {{DIR}}/t/tries) -ge 3'
        until: not result.failed
        delay: 10ms
"
    ))
    .events(&[])
    .code(0);
    assert_eq!(ran.end("web1", "ask")["attempts"], 3, "{ran}");
    assert_eq!(ran.all("call_retried")[0]["delegate"], "lb1", "{ran}");
}

#[test]
fn an_interrupt_ends_a_delegated_call() {
    let scene = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web1
    calls:
      - {{ id: long, delegate_to: lb1, exec.shell: 'sleep 60' }}
"
    ))
    .build();
    let mut run = scene.start(&["--output", "json"]);
    run.await_event("call_started");
    run.signal(rustix::process::Signal::INT);
    run.await_event("interrupted");
    run.signal(rustix::process::Signal::INT);
    let ran = run.wait().code(130);
    assert_eq!(ran.outcome("web1", "long"), "canceled", "{ran}");
}

#[test]
fn a_timeout_of_a_group_ends_a_delegated_call_in_it() {
    let ran = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web1
    calls:
      - timeout: 300ms
        calls:
          - {{ id: long, delegate_to: lb1, exec.shell: 'sleep 60' }}
"
    ))
    .events(&[])
    .code(2);
    assert_eq!(ran.host("web1"), "failed", "{ran}");
}
