//! What they get, what they give, and in which mode they run.

use std::process::Command;

use super::site;
use crate::support::{Fixture, Lab, Ran, Sshd, is_gone};

const METHODS: &str = "
      say: { args: { answer: string, n: { type: integer, default: 7 }, list: { type: list, required: false } }, returns: { word: string, more: { type: integer, required: false } }, check: true }
      look: { args: { answer: string }, returns: { word: string }, writes: [] }
      act: { args: { answer: { type: string, default: '{}' } }, reads: [], writes: [/nowhere] }
";

fn logs(ran: &Ran) -> Vec<String> {
    let of = |event: &&serde_json::Value| event["message"].as_str().unwrap().to_owned();
    ran.all("call_log").iter().map(of).collect()
}

#[test]
fn arguments_come_as_json_and_results_are_typed_fields() {
    let scene = site(
        METHODS,
        r#"
      - { id: whole, own.say: { answer: "{'word':'a b','more':3,'changed':false}", n: 2, list: [1, x] }, env: { GREETING: hello } }
      - { id: short, own.say: "{'word':'x'}" }
      - { id: plain, own.act: }
      - { id: loop, loop: [a, b], own.look: { answer: "{'word':'{{ item }}'}" } }
      - assert.that:
          - results.whole.word == 'a b'
          - results.whole.more + 1 == 4
          - results.short.more is not defined
          - results.loop.items[1].word == 'b'
"#,
    )
    .build();
    let ran = scene.events(&[]).code(0).outcomes(
        "web",
        &[
            ("whole", "ok"),
            ("short", "changed"),
            ("plain", "changed"),
            ("loop", "ok"),
        ],
    );
    let logs = logs(&ran);
    assert_eq!(
        logs[0],
        r#"say {"answer":"{'word':'a b','more':3,'changed':false}","n":2,"list":[1,"x"]} check=no env=hello"#
    );
    assert_eq!(logs[1], r#"say {"answer":"{'word':'x'}","n":7} check=no env="#);
    assert_eq!(logs[2], r#"act {"answer":"{}"} check=no env="#);
    assert_eq!(logs.len(), 5, "{logs:?}");
}

#[test]
fn in_check_mode_it_runs_where_it_says_that_it_can() {
    let scene = site(
        METHODS,
        r#"
      - { id: look, own.look: "{'word':'seen','changed':true}" }
      - { id: settled, own.say: "{'word':'x','changed':false}" }
      - { id: would, own.say: "{'changed':true,'diff':{'before':'a','after':'b'}}" }
      - { id: act, own.act: }
      - { id: behind, log.log: "{{ results.would.word }}" }
"#,
    )
    .build();
    let ran = scene.events(&["-C", "-D"]).code(0).outcomes(
        "web",
        &[
            ("look", "ok"),
            ("settled", "ok"),
            ("would", "changed"),
            ("act", "unknown"),
            ("behind", "unknown"),
        ],
    );
    let text = ran.end("web", "would")["change"]["diff"][0]["text"]
        .as_str()
        .unwrap();
    assert!(text.contains("-a") && text.contains("+b"), "{text}");
    let because = ran.end("web", "act")["because"].as_str().unwrap();
    assert!(because.contains("no `check: true`"), "{because}");
    let logs = logs(&ran);
    assert_eq!(logs.len(), 3, "`act` did not run: {logs:?}");
    assert!(
        logs[1].contains("check=1") && logs[2].contains("check=1"),
        "{logs:?}"
    );
    // And with nothing but a diff to show, it is not shown where nobody asks.
    let ran = scene.events(&[]).code(2);
    assert!(ran.failure("web", "would").contains("`word`"), "{ran}");
}

#[test]
fn records_are_live() {
    let scene = site("\n      wait: {}\n", "\n      - { own.wait: , timeout: 50s }\n")
        .file(
            "tools/own",
            "#!/bin/sh\necho begun >&2\nwhile [ ! -e '{DIR}/t/go' ]; do sleep 0.05; done\necho '{}'\n",
        )
        .build();
    let mut running = scene.start(&["--output", "json"]);
    let record = running.await_event("call_log");
    assert_eq!(record["message"], "begun");
    assert_eq!(record["level"], "info");
    scene.write("t/go", b"");
    running.wait().code(0);
}

#[test]
fn a_timeout_kills_all_that_it_started() {
    let scene = site(
        "\n      wait: {}\n",
        "\n      - { id: wait, own.wait: , timeout: 500ms }\n",
    )
    .file(
        "tools/own",
        "#!/bin/sh\nsleep 60 & echo $! > '{DIR}/t/pid'\necho last words >&2\nwait\n",
    )
    .build();
    let ran = scene.events(&[]).code(2);
    let failure = ran.failure("web", "wait");
    assert_eq!(failure, "`own.wait` did not end within its timeout of 500ms");
    let pid = scene.read("t/pid").trim().parse().unwrap();
    assert!(is_gone(pid), "{pid}");
}

#[test]
fn it_sees_no_descriptor_but_its_own() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(
        "
hosts: [web]
tools:
  own: { src: own, methods: { fds: { writes: [] } } }
rounds:
  - name: one
    hosts: web
    calls:
      - { id: it, own.fds: }
",
    )
    .file(
        "own",
        "#!/bin/sh\nls -l /proc/self/fd > '{DIR}/t/fds'\necho '{}'\n",
    )
    .host("web", &sshd)
    .build();
    scene.events(&[]).code(0);
    let fds = scene.read("t/fds");
    let is_own = |to: &&str| to.ends_with("t/fds") || to.contains("memfd:") || to.starts_with("/proc/");
    let others: Vec<_> = (fds.lines())
        .filter_map(|line| line.split(" -> ").nth(1))
        .filter(|to| !is_own(to))
        .collect();
    // Its input and its errors.
    assert_eq!(others.len(), 2, "{fds}");
    assert!(others.iter().all(|to| to.starts_with("pipe:")), "{fds}");
}

#[test]
fn it_runs_on_the_delegate_and_its_answer_is_checked_at_home() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(
        "
hosts: { here: { transport: local }, far: }
tools:
  own:
    src: own
    methods:
      where: { returns: { shell: string } }
      wrong: { returns: { shell: integer } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: it, own.where: , delegate_to: far }
      - { id: wrong, own.wrong: , delegate_to: far, ignore_errors: true }
      - { id: once, own.where: , run_once: true, when: results.it.shell != '' }
",
    )
    .file(
        "own",
        "#!/bin/sh\necho on the way >&2\necho \"{\\\"shell\\\":\\\"$SSH_CONNECTION \\\"}\"\n",
    )
    .host("far", &sshd)
    .build();
    let ran = scene.events(&[]).code(0);
    assert!(
        !ran.end("here", "it")["result"]["shell"]
            .as_str()
            .unwrap()
            .trim()
            .is_empty(),
        "{ran}"
    );
    assert_eq!(ran.end("here", "it")["delegate"], "far");
    assert!(ran.failure("here", "wrong").contains("in `shell`"), "{ran}");
    assert_eq!(ran.all("call_log")[0]["delegate"], "far");
}

#[test]
fn another_user_runs_it_from_a_place_of_its_own() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let scene = Fixture::new(
        "
hosts: { web: { user: bob } }
tools:
  own: { src: own, methods: { who: { args: { n: { type: integer, default: 0 } }, returns: { who: string }, writes: [] } } }
rounds:
  - name: one
    hosts: web
    calls:
      - { id: alice, own.who: , become: alice }
      - { id: root, own.who: , become: true }
",
    )
    .file("own", "#!/bin/sh\necho \"{\\\"who\\\":\\\"$(id -un) $HOME\\\"}\"\n")
    .machine("web", &machine)
    .build();
    let ran = scene.events(&[]).code(0);
    for (id, said) in [("alice", "alice /home/alice"), ("root", "root /root")] {
        assert_eq!(ran.end("web", id)["result"]["who"], said, "{ran}");
    }
    let kept =
        machine.says("stat -c '%U %a' /root/.cache/rmote-play/tool-* /home/alice/.cache/rmote-play/tool-*");
    assert_eq!(kept.trim(), "root 600\nalice 600");
}

#[test]
fn secrets_in_arguments_are_nowhere_but_on_its_standard_input() {
    let scene = Fixture::new(
        "
hosts: { web: { transport: local } }
secrets: { key: { file: key } }
tools:
  own: { src: own, methods: { use: { args: { key: string, tries: { type: integer, default: 1 } }, returns: { back: string, args: string, env: string } } } }
rounds:
  - name: one
    hosts: web
    calls:
      - { id: it, own.use: '{{ secrets.key }}' }
      - { id: fails, own.use: { key: '{{ secrets.key }}', tries: 2 }, ignore_errors: true }
      - { id: hidden, own.use: '{{ secrets.key }}', no_log: true }
",
    )
    .file(
        "own",
        "#!/bin/sh
input=$(cat)
echo \"given $input\" >&2
printf '%s' \"$input\" > '{DIR}/t/given'
case $input in *2}) echo \"{\\\"error\\\":\\\"no $(echo \"$input\" | cut -c9-25)\\\"}\"; exit 1 ;; esac
a=$(tr '\\0' ' ' < /proc/$$/cmdline | grep -c hunter) e=$(env | grep -v PWD | grep -c hunter)
echo \"{\\\"back\\\":\\\"$(echo \"$input\" | cut -c9-25)\\\",\\\"args\\\":\\\"$a\\\",\\\"env\\\":\\\"$e\\\",\\\"diff\\\":{\\\"before\\\":\\\"\\\",\\\"after\\\":\\\"hunter2-canary-99\\\"}}\"
",
    )
    .file("key", "hunter2-canary-99\n")
    .build();
    for args in [&["-D", "-vv"][..], &["-D", "--output", "json"]] {
        let ran = scene.run(args).code(0).never_says("hunter2-canary");
        assert!(ran.stdout.contains("given {"), "{ran}");
        assert!(ran.stdout.contains("***"), "{ran}");
    }
    assert!(scene.read("t/given").contains("hunter2-canary-99"));
    let ran = scene.events(&[]).code(0);
    let result = &ran.end("web", "it")["result"];
    assert_eq!(
        (result["args"].as_str(), result["env"].as_str()),
        (Some("0"), Some("0")),
        "{result}"
    );
    assert_eq!(ran.all("call_log").len(), 2, "`no_log` hides records, too");
    let kept = |word: &str| {
        let found = Command::new("grep")
            .args(["-rqF", word])
            .arg(scene.path("home/state"))
            .status();
        found.unwrap().success()
    };
    assert!(
        kept("given {") && !kept("hunter2-canary"),
        "the journal is masked"
    );
}
