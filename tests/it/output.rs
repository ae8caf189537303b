//! What people and programs see of a run.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Fixture, Sshd, filters, program, skip, violations};

const SITE: &str = "
name: demo
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: quiet, writes: [], exec.shell: echo same }
      - { id: change, exec.shell: 'true' }
      - { id: odd, when: host.name == 'a', exec.shell: 'echo why >&2; exit 3' }
";

#[test]
fn every_event_keeps_to_the_committed_schema() {
    let Some(sshd) = Sshd::start() else { return };
    let schema: Value = {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/event.schema.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let scene = Fixture::new(SITE.replace("b: { transport: local }", "b: {}, gone: { address: x.invalid }"))
        .host("b", &sshd)
        .build();
    let ran = scene.events(&["-D"]).code(6);
    for event in &ran.events {
        let broken = violations(&schema, event);
        assert!(broken.is_empty(), "{event}\n{}", broken.join("\n"));
    }
    let kinds: std::collections::BTreeSet<_> = ran
        .events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert!(kinds.len() >= 8, "{kinds:?}");
}

#[test]
fn events_are_numbered_begin_with_the_run_and_end_with_the_recap() {
    let ran = Fixture::new(SITE).events(&[]).code(2);
    for (number, event) in ran.events.iter().enumerate() {
        assert_eq!(event["seq"], number, "{event}");
    }
    assert_eq!(ran.events[0]["event"], "run_started");
    let last = ran.events.last().unwrap();
    assert_eq!(last["event"], "run_ended");
    let hosts: Vec<_> = last["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["host"].clone())
        .collect();
    assert_eq!(hosts, ["a", "b"]);
    assert_eq!(
        ran.stderr, "",
        "programs read standard output; nothing else is said"
    );
}

#[test]
fn the_recap_counts_every_host_once() {
    let ran = Fixture::new(SITE).events(&[]).code(2);
    let count = |host: &str, key: &str| ran.recap(host)[key].as_u64().unwrap();
    assert_eq!(
        (count("a", "changed"), count("a", "failed"), count("a", "skipped")),
        (1, 1, 0),
        "{ran}"
    );
    assert_eq!(
        (count("b", "changed"), count("b", "failed"), count("b", "skipped")),
        (1, 0, 1),
        "{ran}"
    );
}

#[test]
fn the_view_for_people_is_stable_where_it_is_no_terminal() {
    let scene = Fixture::new(SITE).build();
    let first = scene.run(&[]).code(2);
    let second = scene.run(&[]).code(2);
    let first = filters::stable(&first.stdout, scene.dir());
    assert_eq!(first, filters::stable(&second.stdout, scene.dir()));
    assert!(!first.contains('\u{1b}'), "no escape sequences: {first}");
    for word in ["one", "quiet", "change", "odd", "why", "site.yml:10"] {
        assert!(first.contains(word), "{word}:\n{first}");
    }
}

#[test]
fn quiet_shows_failures_only_and_verbose_shows_more() {
    let scene = Fixture::new(SITE).build();
    let quiet = scene.run(&["-q"]).code(2).says("odd").says("why");
    assert!(!quiet.stdout.contains("  quiet "), "{quiet}");
    quiet.says("recap").says("1 failed of 2 hosts");
    let plain = scene.run(&[]).code(2);
    let verbose = scene.run(&["-vv"]).code(2).says("stdout: same");
    assert!(plain.stdout.len() < verbose.stdout.len());
}

#[test]
fn escape_sequences_of_hosts_reach_no_terminal() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: nasty, exec.shell: \"printf '\\\\033]0;owned\\\\007\\\\033[31mred\\\\r\\\\n' >&2; exit 1\" }
",
    )
    .run(&["-vv"])
    .code(2)
    .says("red");
    for byte in ['\u{1b}', '\u{7}'] {
        assert!(
            !ran.stdout.contains(byte) && !ran.stderr.contains(byte),
            "{ran:?}"
        );
    }
}

#[test]
fn commands_for_ci_in_the_output_of_hosts_are_made_harmless() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: nasty, exec.shell: 'echo \"::set-env name=PATH::/evil\" >&2; exit 1' }
",
    )
    .env("GITHUB_ACTIONS", "true")
    .run(&["-vv"])
    .code(2);
    let all = format!("{}\n{}", ran.stdout, ran.stderr);
    assert!(
        !all.lines().any(|line| line.trim_start().starts_with("::")),
        "{ran}"
    );
}

#[test]
fn no_log_hides_arguments_results_and_errors() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: hidden
        no_log: true
        exec.shell: echo canary-value; echo canary-value >&2; exit 1
",
    )
    .build();
    scene.run(&["-vv", "-D"]).code(2).never_says("canary-value");
    scene.events(&["-vv", "-D"]).code(2).never_says("canary-value");
}

#[test]
fn the_recap_names_the_command_that_runs_the_failed_hosts_again() {
    Fixture::new(SITE).run(&[]).code(2).says("--limit");
}

#[test]
fn colour_is_never_used_where_no_color_is_set() {
    let ran = Fixture::new(SITE)
        .env("NO_COLOR", "1")
        .env("CLICOLOR_FORCE", "1")
        .run(&[])
        .code(2);
    assert!(!ran.stdout.contains('\u{1b}'), "{ran}");
}

#[test]
fn a_terminal_is_drawn_on_and_left_as_it_was() {
    let Some(script) = program("script") else {
        return skip("`script`, which gives a command a terminal, is not installed");
    };
    let scene = Fixture::new(SITE).build();
    let command = format!("{} --persist 0s site.yml", env!("CARGO_BIN_EXE_rmote-play"));
    let output = Command::new(script)
        .args(["-qec", &command, "/dev/null"])
        .current_dir(scene.dir())
        .env("TERM", "xterm")
        .env("XDG_RUNTIME_DIR", scene.path("run"))
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("\u{1b}[") && text.contains("recap"), "{text}");
    let hidden = text.matches("\u{1b}[?25l").count();
    assert_eq!(
        hidden,
        text.matches("\u{1b}[?25h").count(),
        "the cursor is shown again: {text:?}"
    );
}

#[test]
fn arguments_are_shown_where_they_are_asked_for_and_only_there() {
    let scene = Fixture::new(
        r#"
hosts: { a: { transport: local }, b: { transport: local } }
secrets: { word: { env: WORD }, pin: { env: PIN } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: write, fs.write: { path: '{DIR}/t/{{ host.name }}', content: "a\n\e[31mb {{ secrets.word }} {{ 'x' * 300 }}{{ secrets.word }}" } }
      - { id: same, exec.shell: { script: 'true', env: { A: '1', W: '{{ secrets.word }}' } } }
      - { id: loop, loop: [1, 2], log.log: 'item {{ item }}' }
      - { id: hidden, no_log: true, exec.command: [echo, hidden-canary] }
      - { id: short, exec.command: { argv: [cat], stdin: '{{ secrets.pin }}' } }
"#,
    )
    .env("WORD", "argument-canary-4")
    .env("PIN", "q7~!")
    .build();
    let ran = scene.events(&[]).code(0).never_says("canary").never_says("q7~!");
    let started = |label: &str, host: &str| {
        let all = ran.all("call_started");
        let is_it = |event: &&&Value| event["call"]["label"] == label && event["host"] == host;
        all.iter().find(is_it).unwrap()["arguments"].clone()
    };
    let written = started("write", "a");
    let content = written["content"].as_str().unwrap();
    assert!(content.starts_with("a  [31mb *** xxx"), "{content}");
    assert_eq!(content.chars().count(), 201);
    assert_eq!(
        started("same", "b"),
        serde_json::json!({ "script": "true", "env": "{\"A\":\"1\",\"W\":\"***\"}" })
    );
    assert!(started("hidden", "a").is_null() && started("short", "a").is_null());
    let ran = scene
        .run(&["-vv"])
        .code(0)
        .never_says("canary")
        .never_says("q7~!");
    let ran = ran
        .says("with script=true env={\"A\":\"1\",\"W\":\"***\"}\n")
        .says("with (1) message=item 1");
    let line = ran
        .stdout
        .lines()
        .find(|line| line.contains("content=a  [31mb ***"))
        .unwrap();
    assert!(line.chars().count() < 240, "{line}");
    assert!(!ran.stdout.contains('\u{1b}'));
    for args in [&["-v"][..], &[], &["-q"]] {
        let ran = scene.run(args).code(0);
        assert!(!ran.stdout.contains("with script"), "{ran}");
    }
}

#[test]
fn what_a_command_writes_is_shown_while_it_runs() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - exec.shell: 'echo begun; until test -e {DIR}/t/go; do sleep 0.01; done; echo over'
",
    )
    .build();
    let mut running = scene.start(&["-l", "a"]);
    running.await_line(|line| line == "    begun");
    scene.write("t/go", b"");
    let ran = running.wait().code(0);
    assert!(
        ran.stdout
            .contains("    begun\n    over\n  exec.shell  1 changed"),
        "{ran}"
    );
    scene.run(&["--live"]).code(0).says("    b | begun");
    scene.run(&[]).code(0).never_says("begun");
    scene.run(&["-l", "a", "-q"]).code(0).never_says("begun");
}

#[test]
fn a_command_that_says_on_standard_output_why_it_fails_is_heard() {
    let scene = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - id: it
        ignore_errors: true
        exec.shell: 'echo here is why; exit 3'
      - id: other
        ignore_errors: true
        exec.shell: 'echo not this; echo but this >&2; exit 3'
      - assert.that: { that: [results.it.error.stdout == 'here is why', results.other.error.stderr == 'but this', results.other.error.stdout is not defined] }
",
    )
    .build();
    scene
        .run(&[])
        .code(0)
        .says("      here is why\n")
        .says("but this")
        .never_says("not this");
    let ran = scene
        .run(&["--report", "html:r.html", "--report", "junit:r.xml"])
        .code(0);
    assert!(scene.read("r.html").contains("here is why"), "{ran}");
}
