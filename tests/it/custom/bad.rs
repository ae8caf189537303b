//! Executables that do not do what they should: each has a failure of its own, which names the tool.

use std::fmt::Write as _;

use super::site;
use crate::support::{Fixture, Sshd};

/// What it does by its method, and what is said of that.
const BAD: &[(&str, &str, &str)] = &[
    (
        "nothing",
        "exit 0",
        "invalid: the answer of `own.nothing` is empty",
    ),
    (
        "words",
        "echo hello",
        "invalid: the answer of `own.words` is not JSON: expected value at line 1 column 1",
    ),
    (
        "two",
        "echo '{} {}'",
        "invalid: the answer of `own.two` is not JSON: trailing characters",
    ),
    (
        "half",
        "printf '{\"n\":'",
        "invalid: the answer of `own.half` is not JSON: EOF",
    ),
    (
        "list",
        "echo '[1]'",
        "invalid: the answer of `own.list` is not an object in JSON, but list",
    ),
    (
        "bytes",
        "printf '{\"n\":\"\\377\"}'",
        "invalid: the answer of `own.bytes` is not JSON: it is not UTF-8",
    ),
    (
        "missing",
        "echo '{}'",
        "invalid: the answer of `own.missing` is wrong in `n`: it is not there",
    ),
    (
        "null",
        "echo '{\"n\":null}'",
        "invalid: the answer of `own.null` is wrong in `n`: it is to be of type integer, not null",
    ),
    (
        "typed",
        "echo '{\"n\":\"7\"}'",
        "invalid: the answer of `own.typed` is wrong in `n`: it is to be of type integer, not string",
    ),
    (
        "float",
        "echo '{\"n\":7.5}'",
        "invalid: the answer of `own.float` is wrong in `n`: it is to be of type integer, not number",
    ),
    (
        "changed",
        "echo '{\"n\":1,\"changed\":\"yes\"}'",
        "invalid: the answer of `own.changed` is wrong in `changed`: it is to be a boolean, not string",
    ),
    (
        "diff",
        "echo '{\"n\":1,\"diff\":\"x\"}'",
        "invalid: the answer of `own.diff` is wrong in `diff`: it is to be an object of two strings",
    ),
    (
        "error",
        "echo '{\"error\":\"disk is full\"}'",
        "command_failed: `own.error` failed: disk is full",
    ),
    (
        "fails",
        "echo '{\"error\":\"no such disk\"}'; echo why >&2; exit 1",
        "command_failed: `own.fails` ended with exit code 1: no such disk",
    ),
    (
        "message",
        "echo '{\"message\":\"not today\"}'; exit 4",
        "command_failed: `own.message` ended with exit code 4: not today",
    ),
    (
        "plain",
        "echo oops; echo first >&2; echo last >&2; exit 3",
        "command_failed: `own.plain` ended with exit code 3: last",
    ),
    (
        "silent",
        "exit 9",
        "command_failed: `own.silent` ended with exit code 9",
    ),
    (
        "killed",
        "kill -9 $$",
        "command_failed: `own.killed` was ended by signal 9",
    ),
    (
        "deep",
        "yes '[' | head -n 100000 | tr -d '\\n'",
        "invalid: the answer of `own.deep` is not JSON: recursion limit",
    ),
];

fn methods() -> (String, String, String) {
    let (mut methods, mut calls, mut script) =
        (String::new(), String::new(), "#!/bin/sh\ncase $1 in\n".to_owned());
    for (name, does, _) in BAD {
        let _ = writeln!(methods, "      \"{name}\": {{ returns: {{ n: integer }} }}");
        let _ = writeln!(
            calls,
            "      - {{ id: {name}_, own.{name}: , ignore_errors: true }}"
        );
        let _ = writeln!(script, "{name}) {does} ;;");
    }
    (methods, calls, script + "esac\n")
}

#[test]
fn each_has_a_failure_of_its_own() {
    let (methods, calls, script) = methods();
    let scene = site(&methods, &calls).file("tools/own", script).build();
    let ran = scene.events(&[]).code(0);
    let mut wrong = Vec::new();
    for (name, _, said) in BAD {
        let error = &ran.end("web", &format!("{name}_"))["error"];
        let found = format!(
            "{}: {}",
            error["kind"].as_str().unwrap(),
            error["message"].as_str().unwrap()
        );
        if !found.starts_with(said) {
            wrong.push(format!("{name}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let plain = &ran.end("web", "plain_")["error"];
    assert_eq!(
        (plain["exit_code"].as_i64(), plain["stderr"].as_str()),
        (Some(3), Some("first\nlast"))
    );
    assert_eq!(ran.end("web", "fails_")["error"]["stderr"], "why");
    assert_eq!(ran.end("web", "killed_")["error"]["exit_code"], 137);
}

#[test]
fn what_it_gives_beyond_its_declaration_is_left_out_with_a_warning() {
    let scene = site(
        "\n      more: { returns: { n: integer } }\n",
        "\n      - { id: it, own.more: }\n",
    )
    .file("tools/own", "#!/bin/sh\necho '{\"n\":1,\"debug\":\"x\"}'\n")
    .build();
    let ran = scene.events(&[]).code(0);
    let end = ran.end("web", "it");
    assert_eq!(end["result"], serde_json::json!({ "n": 1 }));
    let warning = end["warnings"][0].as_str().unwrap();
    assert!(warning.contains("`own.more` answered with `debug`"), "{warning}");
}

#[test]
fn an_answer_without_end_is_ended_in_bounded_memory() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(
        "
hosts: [web]
tools:
  own: { src: own, methods: { flood: { returns: { n: string } }, large: { returns: { n: string } } } }
rounds:
  - name: one
    hosts: web
    calls:
      - { id: large, own.large: }
      - { id: flood, own.flood: }
",
    )
    .file(
        "own",
        "#!/bin/sh
case $1 in
flood) trap '' PIPE TERM; yes 'x' ;;
large) printf '{\"n\":\"'; head -c 10000000 /dev/zero | tr '\\0' x; printf '\"}' ;;
esac
",
    )
    .host("web", &sshd)
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(ran.outcome("web", "large"), "changed");
    let failure = ran.failure("web", "flood");
    assert_eq!(
        failure,
        "`own.flood` answered with more than 16 MiB, which is too much"
    );
    let peak = sshd.peak_memory();
    assert!(peak < 200 << 20, "{peak} bytes");
}

#[test]
fn a_million_records_are_few_and_hold_nothing_up() {
    let scene = site(
        "\n      talk: { writes: [] }\n",
        "\n      - { id: talk, own.talk: }\n      - { id: after, log.log: done }\n",
    )
    .file(
        "tools/own",
        "#!/bin/sh\ncat > /dev/null\nyes 'a line of some length' | head -n 1000000 >&2\necho '{}'\n",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    let records = ran.all("call_log");
    assert!(records.len() < 20_000, "{}", records.len());
    let said = |it: &&serde_json::Value| it["message"].as_str().unwrap().contains("not shown]");
    assert!(records.iter().any(said), "{}", records.len());
    assert_eq!(ran.outcome("web", "after"), "ok");
}

#[test]
fn an_interpreter_that_is_not_there_is_named() {
    let scene = site("\n      run: {}\n", "\n      - { id: it, own.run: }\n")
        .file("tools/own", "#!/no/such/python -u\n")
        .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(
        ran.failure("web", "it"),
        "`own.run` is for `/no/such/python`, which this host does not have"
    );
    scene.write("tools/own", b"#!/usr/bin/env no-such-python\n");
    let ran = scene.events(&[]).code(2);
    let failure = ran.failure("web", "it");
    assert!(
        failure.contains("exit code 127") && failure.contains("no-such-python"),
        "{failure}"
    );
}

#[test]
fn nothing_is_begun_after_a_wrong_answer() {
    let scene = site(
        "\n      wrong: { returns: { n: integer }, writes: [/a] }\n",
        "
      - { id: wrong, own.wrong: }
      - { id: after, exec.shell: 'touch {DIR}/t/after' }
",
    )
    .file("tools/own", "#!/bin/sh\necho '{\"n\":\"x\"}'\n")
    .build();
    scene.events(&[]).code(2).outcomes("web", &[("wrong", "failed")]);
    assert!(!scene.path("t/after").exists());
}
