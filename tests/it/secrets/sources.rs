//! Where secrets come from: each once, when it is first read, and with a clear error where it cannot be had.

use std::process::{Command, Stdio};

use super::at_a_terminal;
use crate::support::{Fixture, program, skip};

#[test]
fn each_source_is_read_and_trimmed() {
    let scene = Fixture::new(
        r#"
secrets:
  a: { env: FROM_ENV }
  b: { file: b.txt }
  c: { command: [cat, b.txt] }
  d: { command: [sh, -c, "echo from-command; echo noise >&2"] }
rounds:
  - name: one
    hosts: localhost
    calls:
      - fs.write: { path: "{DIR}/t/all", content: "{{ secrets.a }}|{{ secrets.b }}|{{ secrets['c'] }}|{{ secrets.d }}" }
"#,
    )
    .env("FROM_ENV", "from-env\n")
    .file("b.txt", "two\nlines\n\n")
    .build();
    scene.run(&[]).code(0).never_says("noise");
    assert_eq!(
        scene.read("t/all"),
        "from-env\n|two\nlines|two\nlines|from-command"
    );
}

#[test]
fn a_command_runs_once_and_only_where_its_secret_is_read() {
    let playbook = r#"
hosts: { a: { transport: local }, b: { transport: local }, c: { transport: local } }
secrets:
  used: { command: [sh, -c, "echo x >> {DIR}/t/used; echo used-secret"] }
  unread: { command: [sh, -c, "echo x >> {DIR}/t/unread; echo unread-secret"] }
  skipped: { command: [sh, -c, "echo x >> {DIR}/t/skipped; echo skipped-secret"] }
vars: { lazy: "{{ secrets.unread }}", through: "{{ secrets.used }}" }
rounds:
  - name: one
    hosts: all
    calls:
      - loop: [1, 2, 3]
        exec.command: { argv: [cat], stdin: "{{ through }}{{ item }}" }
      - when: host.name == 'nobody'
        log.log: "{{ secrets.skipped }}"
      - tags: [other]
        log.log: "{{ lazy }}"
"#;
    let scene = Fixture::new(playbook).build();
    scene.rmote_play(&["validate", "site.yml"]).code(0);
    scene.rmote_play(&["plan", "site.yml"]).code(0);
    for file in ["used", "unread", "skipped"] {
        assert!(
            !scene.path("t").join(file).exists(),
            "{file} was got without a run"
        );
    }
    scene.run(&["--skip-tags", "other"]).code(0);
    assert_eq!(scene.read("t/used"), "x\n");
    assert!(!scene.path("t/unread").exists() && !scene.path("t/skipped").exists());
}

#[test]
fn what_cannot_be_had_fails_the_call_that_reads_it_and_says_why() {
    let scene = Fixture::new(
        r#"
secrets:
  unset: { env: NOT_SET_AT_ALL }
  empty: { env: EMPTY }
  missing: { file: not-there.txt }
  failing: { command: [sh, -c, "echo half-a-secret; echo no such entry >&2; exit 3"] }
  nothing: { command: [not-a-program] }
rounds:
  - name: one
    hosts: localhost
    calls:
      - { name: unset, ignore_errors: true, log.log: "{{ secrets.unset }}" }
      - { name: guarded, ignore_errors: true, log.log: "{{ secrets.unset | default('x') }}" }
      - { name: empty, ignore_errors: true, log.log: "{{ secrets.empty }}" }
      - { name: missing, ignore_errors: true, log.log: "{{ secrets.missing }}" }
      - { name: failing, ignore_errors: true, log.log: "{{ secrets.failing }}" }
      - { name: nothing, ignore_errors: true, log.log: "{{ secrets.nothing }}" }
"#,
    )
    .env("EMPTY", "")
    .build();
    let ran = scene.events(&[]).code(0);
    for (label, why) in [
        (
            "unset",
            "the secret `unset` is not available: the environment variable `NOT_SET_AT_ALL` is not set",
        ),
        ("guarded", "`NOT_SET_AT_ALL` is not set"),
        ("empty", "it is empty"),
        ("missing", "not-there.txt` cannot be read: it does not exist"),
        (
            "failing",
            "its command `sh`: `sh` ended with exit code 3: no such entry",
        ),
        ("nothing", "there is no program `not-a-program`"),
    ] {
        let end = ran.end("localhost", label);
        assert_eq!(end["outcome"], "failed", "{ran}");
        let message = end["error"]["message"].as_str().unwrap();
        assert!(message.contains(why), "{label}: {message}");
        assert!(message.contains("site.yml:"), "{message}");
    }
    ran.never_says("half-a-secret");
}

#[test]
fn a_secret_that_is_not_there_ends_the_run_before_anything_is_done() {
    for (source, why) in [
        (
            "env: NOT_SET_AT_ALL",
            "the environment variable `NOT_SET_AT_ALL` is not set",
        ),
        (
            "file: not-there.txt",
            "not-there.txt` cannot be read: it does not exist",
        ),
    ] {
        let scene = Fixture::new(format!(
            r#"
secrets:
  token: {{ {source} }}
rounds:
  - name: one
    hosts: localhost
    calls:
      - fs.write: {{ path: "{{DIR}}/t/first", content: done }}
      - {{ id: read, log.log: "{{{{ secrets.token }}}}" }}
"#
        ))
        .build();
        scene.run(&[]).code(1).says(why).says("nothing was done yet");
        assert!(!scene.path("t/first").exists());
        // What is not run needs none.
        scene.run(&["--start-at", "read", "-C"]).code(1).says(why);
        let guarded = scene
            .read("site.yml")
            .replace("id: read,", "id: read, when: false,");
        scene.write("site.yml", guarded.as_bytes());
        scene.run(&[]).code(0);
        assert_eq!(scene.read("t/first"), "done");
    }
}

#[test]
fn a_short_secret_hides_the_whole_call_and_is_warned_of_once() {
    let ran = Fixture::new(
        r#"
secrets: { pin: { env: PIN } }
rounds:
  - name: one
    hosts: localhost
    calls:
      - id: out
        exec.command: { argv: [cat], stdin: "pin {{ secrets.pin }}" }
      - id: bad
        ignore_errors: true
        exec.command: { argv: [sh, -c, "cat >&2; exit 4"], stdin: "pin {{ secrets.pin }}" }
      - { id: said, log.log: "pin {{ secrets.pin }}" }
      - { id: read, log.log: "then {{ results.out.stdout }}" }
      - { id: length, log.log: "{{ 'long enough' if secrets.pin | length > 3 else 'short' }}" }
      - { id: holds, when: "secrets.pin == 'q7~!'", log.log: the right one }
      - fail: "no {{ secrets.pin }}"
"#,
    )
    .env("PIN", "q7~!")
    .events(&["-D"])
    .code(2)
    .never_says("q7~!");
    let warnings: Vec<_> = ran
        .all("warning")
        .iter()
        .map(|it| it["message"].to_string())
        .collect();
    assert_eq!(warnings.len(), 1, "{ran}");
    assert!(
        warnings[0].contains("`pin` has fewer than 6 characters"),
        "{warnings:?}"
    );
    assert!(ran.end("localhost", "out")["result"].is_null(), "{ran}");
    let failure = &ran.end("localhost", "bad")["error"];
    assert_eq!(
        (&failure["kind"], &failure["exit_code"]),
        (&"command_failed".into(), &4.into())
    );
    assert!(
        failure["message"].as_str().unwrap().contains("too short"),
        "{failure}"
    );
    assert!(ran.stdout.contains("the right one"), "{ran}");
}

#[test]
fn a_secret_that_reaches_a_command_only_at_run_time_fails_there() {
    let ran = Fixture::new(
        r#"
hosts: { here: { transport: local, vars: { login: "{{ secrets.token }}" } } }
secrets: { token: { env: TOKEN } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: dynamic
        ignore_errors: true
        exec.command: [echo, "{{ hosts[host.name].vars.login }}"]
      - { id: found, no_log: true, exec.command: [echo, "a-hidden-result"] }
      - id: hidden
        ignore_errors: true
        exec.shell: "echo {{ results.found.stdout }}"
"#,
    )
    .env("TOKEN", "token-canary-1")
    .events(&[])
    .code(0)
    .never_says("token-canary")
    .never_says("a-hidden-result");
    for label in ["dynamic", "hidden"] {
        let message = ran.end("here", label)["error"]["message"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            message.contains("would hold a secret") && message.contains("`stdin`"),
            "{message}"
        );
    }
}

const ASKED: &str = r#"
secrets: { word: { prompt: "The magic word" }, never: { prompt: Never asked } }
rounds:
  - name: one
    hosts: localhost
    calls:
      - exec.command: { argv: [tee, "{DIR}/t/word"], stdin: "{{ secrets.word }}" }
      - { tags: [never], log.log: "{{ secrets.never }}" }
"#;

#[test]
fn without_a_terminal_a_question_is_an_error_before_anything_runs() {
    let Some(setsid) = program("setsid") else {
        skip("setsid is not installed");
        return;
    };
    let scene = Fixture::new(ASKED).build();
    let ran = Command::new(setsid)
        .args([
            "-w",
            env!("CARGO_BIN_EXE_rmote-play"),
            "--persist",
            "0s",
            "--skip-tags",
            "never",
            "site.yml",
        ])
        .current_dir(scene.dir())
        .env("HOME", scene.path("home"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the secret `word` is not available: there is no terminal to ask at"),
        "{said}"
    );
    assert!(!scene.path("t/word").exists());
}

#[test]
fn a_question_is_asked_at_the_terminal_and_its_answer_is_not_shown() {
    let scene = Fixture::new(ASKED).build();
    let typed = "wrong\u{15}abra-cadabrx\u{7f}\u{e4}\u{7f}a\r";
    let args = "--skip-tags never -vv site.yml";
    let Some((code, shown)) = at_a_terminal(&scene, args, &[("The magic word: ", typed)]) else {
        return;
    };
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("cadabr") && !shown.contains("wrong"), "{shown}");
    assert_eq!(scene.read("t/word"), "abra-cadabra");
}
