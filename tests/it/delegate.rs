//! Calls that are made on another host: whose variables they see, whose connection they use, and what they wait for.

use crate::support::{Fixture, Ran, Sshd};

const LOCAL: &str = "
hosts: { web1: { transport: local }, web2: { transport: local }, web3: { transport: local }, lb1: { transport: local, vars: { who: balancer } } }
groups: { web: { hosts: ['web*'], vars: { who: web } } }
";

fn delegates<'a>(ran: &'a Ran, event: &str, label: &str) -> Vec<(&'a str, &'a str)> {
    let fits = |it: &&&serde_json::Value| it["call"]["label"] == label && it["item"].is_null();
    let pair = |it: &&'a serde_json::Value| {
        (
            it["host"].as_str().unwrap(),
            it["delegate"].as_str().unwrap_or_default(),
        )
    };
    let mut found: Vec<_> = ran.all(event).iter().filter(fits).map(pair).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_delegated_call_sees_its_own_host_and_runs_on_the_other() {
    let (Some(web), Some(balancer)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let scene = Fixture::new(
        "
hosts: { web1: { vars: { who: web } }, lb1: { vars: { who: balancer } } }
rounds:
  - name: one
    hosts: web1
    vars: { mine: 'round of {{ host.name }}' }
    calls:
      - id: before
        exec.shell: echo of-{{ host.name }}
      - id: drain
        delegate_to: lb1
        exec.shell: 'echo {{ host.name }}/{{ who }}/{{ mine }}/{{ results.before.stdout | trim }} $SSH_CONNECTION'
      - id: after
        exec.shell: 'echo $SSH_CONNECTION; echo {{ results.drain.stdout | quote }}'
",
    )
    .host("web1", &web)
    .host("lb1", &balancer)
    .build();
    let ran = scene.events(&["-l", "web1"]).code(0);
    assert_eq!((web.logins(), balancer.logins()), (1, 1), "{ran}");
    let out = ran.end("web1", "drain")["result"]["stdout"].as_str().unwrap();
    assert!(out.starts_with("web1/web/round of web1/of-web1 "), "{out}");
    let other = ran.end("web1", "after")["result"]["stdout"].as_str().unwrap();
    let port = |text: &str| {
        text.lines()
            .next()
            .unwrap()
            .split(' ')
            .next_back()
            .unwrap()
            .to_owned()
    };
    assert_ne!(port(out), port(other), "another server: {ran}");
    assert_eq!(delegates(&ran, "call_started", "drain"), [("web1", "lb1")]);
    assert_eq!(delegates(&ran, "call_ended", "drain"), [("web1", "lb1")]);
    let recap = ran.events.last().unwrap()["hosts"].as_array().unwrap();
    assert_eq!(recap.len(), 1, "only the host that was asked for: {ran}");
}

#[test]
fn many_hosts_share_one_connection_and_take_turns_where_they_conflict() {
    let Some(balancer) = Sshd::start() else { return };
    let scene = Fixture::new(
        "
hosts:
  web[1:9]: { transport: local }
  lb1:
rounds:
  - name: one
    hosts: 'web*'
    calls:
      - delegate_to: lb1
        exec.shell: 'n=$(cat {DIR}/t/count 2>/dev/null || echo 0); sleep 0.02; echo $((n + 1)) > {DIR}/t/count'
",
    )
    .host("lb1", &balancer)
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(scene.read("t/count"), "9\n", "no update is lost: {ran}");
    assert_eq!(balancer.logins(), 1, "{ran}");
    assert_eq!(ran.recap("web9")["changed"], 1, "{ran}");
}

#[test]
fn a_delegates_own_calls_and_those_of_others_take_turns() {
    let scene = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: own
    hosts: lb1
    calls: [{{ exec.shell: 'n=$(cat {{DIR}}/t/count 2>/dev/null || echo 0); sleep 0.2; echo $((n + 1)) > {{DIR}}/t/count' }}]
  - name: others
    hosts: web
    needs: []
    calls:
      - delegate_to: lb1
        exec.shell: 'n=$(cat {{DIR}}/t/count 2>/dev/null || echo 0); sleep 0.02; echo $((n + 1)) > {{DIR}}/t/count'
"
    ))
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/count"), "4\n");
}

#[test]
fn delegated_reads_of_many_hosts_run_beside_each_other() {
    let scene = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web
    calls:
      - delegate_to: lb1
        writes: []
        exec.shell: 'touch {{DIR}}/t/{{{{ host.name }}}}; until test -e {{DIR}}/t/web1 -a -e {{DIR}}/t/web2 -a -e {{DIR}}/t/web3; do sleep 0.01; done'
        timeout: 20s
"
    ))
    .build();
    scene.run(&[]).code(0);
}

#[test]
fn a_delegated_call_is_a_fence() {
    let scene = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web1
    calls:
      - {{ writes: [/nowhere], exec.shell: 'sleep 0.3; echo before >> {{DIR}}/t/log' }}
      - {{ writes: [/elsewhere], delegate_to: lb1, exec.shell: 'echo drain >> {{DIR}}/t/log; sleep 0.2; echo drained >> {{DIR}}/t/log' }}
      - {{ writes: [/nowhere], exec.shell: 'echo after >> {{DIR}}/t/log' }}
"
    ))
    .build();
    scene.run(&[]).code(0);
    assert_eq!(scene.read("t/log"), "before\ndrain\ndrained\nafter\n");
}

#[test]
fn the_name_may_be_a_template_and_differ_by_item() {
    let scene = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web1
    calls:
      - id: tell
        loop: \"{{{{ groups.web }}}}\"
        delegate_to: '{{{{ item }}}}'
        exec.shell: 'echo {{{{ item }}}} >> {{DIR}}/t/{{{{ item }}}}'
      - id: grouped
        loop: {{ other: groups.web }}
        delegate_to: '{{{{ other }}}}'
        calls:
          - {{ id: inner, exec.shell: 'echo {{{{ host.name }}}} >> {{DIR}}/t/{{{{ other }}}}' }}
          - {{ id: named, delegate_to: lb1, exec.shell: 'true' }}
      - {{ id: here, delegate_to: localhost, exec.shell: 'true' }}
"
    ))
    .build();
    let ran = scene.events(&["-l", "web1"]).code(0);
    assert_eq!(scene.read("t/web2"), "web2\nweb1\n");
    let mut items: Vec<_> = ran
        .items("web1", "tell")
        .iter()
        .map(|it| it["delegate"].to_string())
        .collect();
    items.sort();
    assert_eq!(items, ["\"web1\"", "\"web2\"", "\"web3\""], "{ran}");
    let inner: Vec<_> = delegates(&ran, "call_ended", "inner");
    assert_eq!(
        inner,
        [("web1", "web1"), ("web1", "web2"), ("web1", "web3")],
        "{ran}"
    );
    assert_eq!(
        delegates(&ran, "call_ended", "named"),
        [("web1", "lb1"); 3],
        "{ran}"
    );
    assert_eq!(
        delegates(&ran, "call_ended", "here"),
        [("web1", "localhost")],
        "{ran}"
    );
}

#[test]
fn in_check_mode_what_comes_after_a_delegated_change_sees_it() {
    let scene = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web1
    calls:
      - {{ id: change, delegate_to: lb1, fs.write: {{ path: '{{DIR}}/t/new', content: x }} }}
      - {{ id: look, delegate_to: lb1, fs.stat: '{{DIR}}/t/new' }}
      - {{ id: said, assert.that: results.look.exists and results.look.size == 1 }}
"
    ))
    .build();
    let outcomes = [("change", "changed"), ("look", "ok"), ("said", "ok")];
    scene.events(&["-C"]).code(0).outcomes("web1", &outcomes);
    assert!(!scene.path("t/new").exists());
}

#[test]
fn on_change_sees_what_a_delegated_call_changed() {
    Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web1,web2
    calls:
      - {{ id: file, delegate_to: lb1, fs.write: {{ path: '{{DIR}}/t/f', content: x }} }}
      - {{ id: told, on_change: [file], exec.shell: 'true' }}
"
    ))
    .events(&["-l", "web1"])
    .code(0)
    .outcomes("web1", &[("told", "changed")]);
}

#[test]
fn people_see_where_a_delegated_call_was_made() {
    let scene = Fixture::new(format!(
        "{LOCAL}
rounds:
  - name: one
    hosts: web
    calls:
      - {{ id: drain, delegate_to: lb1, exec.shell: 'test {{{{ host.name }}}} != web2' }}
"
    ))
    .build();
    scene
        .run(&[])
        .code(2)
        .says("drain  2 changed · 1 failed  -> lb1")
        .says("web2 -> lb1: failed");
    scene
        .run(&["-v"])
        .code(2)
        .says("web1, web3 (2 hosts) -> lb1: changed in");
    scene
        .rmote_play(&["plan", "site.yml"])
        .code(0)
        .says("exec.shell drain [-> lb1]");
}
