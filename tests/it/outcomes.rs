//! What templates know of how hosts and calls came out: `hosts[x].status`, `hosts[x].error`, and `failed` in a rescue.

use crate::support::{Fixture, Ran};

const HOSTS: &str = "
hosts:
  good: { transport: local }
  bad: { transport: local }
  gone: { address: 127.0.0.1, port: 1 }
  later: { transport: local }
";

fn logged(ran: &Ran) -> Vec<String> {
    let text = |it: &&serde_json::Value| it["message"].as_str().unwrap().to_owned();
    ran.all("call_log").iter().map(text).collect()
}

#[test]
fn a_later_round_reads_how_each_host_came_out_and_why() {
    let site = HOSTS.to_owned()
        + r#"
rounds:
  - name: work
    hosts: good,bad,gone
    calls:
      - { id: it, exec.shell: 'test {{ host.name }} = good || { echo no room >&2; exit 3; }' }
  - name: tell
    hosts: localhost
    calls:
      - loop: [good, bad, gone, later]
        log.log: "{{ item }} {{ hosts[item].status }} {{ hosts[item].error | default('-', true) }}"
      - log.log: "{{ hosts.bad.status ~ '/' ~ hosts['gone'].status }}"
"#;
    let ran = Fixture::new(site).events(&[]).code(6);
    let mut lines = logged(&ran);
    lines.sort();
    assert_eq!(
        lines[0], "bad failed it: `/bin/sh` ended with exit code 3: no room",
        "{ran}"
    );
    assert_eq!(lines[1], "failed/unreachable", "{ran}");
    assert!(
        lines[2].starts_with("gone unreachable ") && lines[2].contains("refused"),
        "{lines:?}"
    );
    assert_eq!(lines[3..], ["good ok -", "later not_started -"]);
}

#[test]
fn what_is_not_known_yet_is_an_error_before_the_run() {
    for (rounds, words) in [
        (
            "  - { name: one, hosts: all, calls: [ { log.log: '{{ hosts.good.status }}' } ] }\n",
            "`hosts['good'].status` is not known yet",
        ),
        (
            "  - { name: one, hosts: good, calls: [ { log.log: x } ] }\n  \
             - { name: two, hosts: bad, needs: [one], calls: [ { log.log: '{{ hosts.later.error }}' } ] }\n",
            "`hosts['later'].error` is not known yet",
        ),
        (
            "  - { name: one, hosts: good, calls: [ { log.log: x } ] }\n  \
             - { name: two, hosts: bad, barrier: false, calls: [ { log.log: '{{ hosts.good.error }}' } ] }\n",
            "barrier: false",
        ),
        (
            "  - { name: one, hosts: good, calls: [ { log.log: x } ] }\n  \
             - { name: two, hosts: bad, calls: [ { log.log: '{{ hosts.good.stauts }}' } ] }\n",
            "status",
        ),
        (
            "  - { name: one, hosts: good, calls: [ { log.log: '{{ failed.name }}' } ] }\n",
            "`failed` is not there",
        ),
        (
            "  - { name: one, hosts: good, calls: [ { id: a, log.log: x }, { on_failure: [a], log.log: '{{ failed.nmae }}' } ] }\n",
            "name",
        ),
        (
            "  - { name: one, hosts: good, calls: [ { id: a, log.log: x }, { on_failure: [a], log.log: '{{ failed.error.mesage }}' } ] }\n",
            "message",
        ),
        (
            "  - { name: one, hosts: good, calls: [ { id: a, log.log: x }, { on_failure: [a], exec.shell: 'echo {{ failed.error.stderr }}' } ] }\n",
            "unquoted",
        ),
    ] {
        let scene = Fixture::new(format!("{HOSTS}rounds:\n{rounds}")).build();
        scene
            .rmote_play(&["validate", "--strict", "site.yml"])
            .code(1)
            .says(words);
    }
}

#[test]
fn a_rescue_knows_which_call_failed() {
    let site = r#"
hosts: { a: { transport: local }, b: { transport: local }, c: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - id: app
        calls:
          - { id: build, name: build it, exec.shell: 'test {{ host.name }} != a' }
          - id: inner
            calls:
              - { exec.shell: 'test {{ host.name }} != b || { echo no >&2; exit 4; }' }
      - { id: health, exec.command: ['true'] }
      - on_failure: [app, health]
        calls:
          - log.log: "{{ host.name }}: {{ failed.id | default('none', true) }}, {{ failed.name }}, {{ failed.tool }}, {{ failed.error.exit_code }}"
"#;
    let ran = Fixture::new(site).events(&[]).code(0);
    let mut lines = logged(&ran);
    lines.sort();
    assert_eq!(
        lines,
        [
            "a: build, build it, exec.shell, 1",
            "b: none, exec.shell, exec.shell, 4"
        ],
        "{ran}"
    );
}

#[test]
fn a_rescue_in_check_mode_knows_no_more_than_the_failure() {
    let site = "hosts: { a: { transport: local } }\nrounds:\n  - name: one\n    hosts: all\n    calls:\n      \
                - { id: it, fail: 'not here' }\n      - { on_failure: [it], log.log: '{{ failed.name }}: {{ failed.error.message }}' }\n";
    for args in [&["-C"][..], &[]] {
        let ran = Fixture::new(site).events(args).code(0);
        assert_eq!(logged(&ran), ["it: not here"], "{ran}");
    }
}
