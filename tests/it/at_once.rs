//! Many calls under way at once on one connection: each has its own answer, its own failure and its own output.

use std::fmt::Write as _;

use crate::support::{Fixture, Ran, Sshd};

/// A script that goes on when as many others have come as far.
fn meet(number: usize, of: usize) -> String {
    format!(
        "touch {{DIR}}/t/{of}-{number}; until [ $(ls {{DIR}}/t | grep -c ^{of}-) = {of} ]; do sleep 0.05; done;"
    )
}

fn web(calls: &str) -> Fixture {
    Fixture::new(format!(
        "hosts: [web]\nrounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}"
    ))
}

/// What was shown of the output of a call.
fn shown(ran: &Ran, label: &str) -> String {
    let of_it = |event: &&serde_json::Value| event["call"]["label"] == label;
    let text = |event: &serde_json::Value| event["text"].as_str().unwrap().to_owned();
    ran.all("call_output")
        .into_iter()
        .filter(of_it)
        .map(text)
        .collect()
}

#[test]
fn ten_and_fifty_calls_have_each_their_own_answer() {
    let Some(sshd) = Sshd::start() else { return };
    for of in [10, 50] {
        let mut calls = String::new();
        for n in 0..of {
            let meet = meet(n, of);
            let _ = writeln!(
                calls,
                "      - {{ id: c{n}, writes: [], exec.shell: '{meet} echo answer {n}' }}"
            );
        }
        let ran = web(&calls).host("web", &sshd).events(&[]).code(0);
        for n in 0..of {
            let label = format!("c{n}");
            let answer = format!("answer {n}");
            assert_eq!(ran.end("web", &label)["result"]["stdout"], answer, "{ran}");
            assert_eq!(shown(&ran, &label).trim(), answer);
        }
    }
}

#[test]
fn calls_of_three_tools_take_no_answer_of_each_other() {
    let Some(sshd) = Sshd::start() else { return };
    let mut calls = String::new();
    for n in 0..12 {
        let meet = meet(n, 12);
        let _ = writeln!(
            calls,
            "      - {{ id: run{n}, writes: [], exec.shell: '{meet} echo {n}' }}\n      \
             - {{ id: read{n}, fs.read_str: '{{DIR}}/f{n}' }}\n      - {{ id: own{n}, own.back: {{ value: {n} }} }}"
        );
    }
    let playbook = format!(
        "hosts: [web]\ntools:\n  own: {{ src: own, methods: {{ back: {{ args: {{ value: any }}, returns: {{ value: integer }}, writes: [] }} }} }}\n\
         rounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}"
    );
    let mut fixture = Fixture::new(playbook).host("web", &sshd).file(
        "own",
        "#!/bin/sh\nread line\necho \"heard $line\" >&2\necho \"$line\"\n",
    );
    for n in 0..12 {
        fixture = fixture.file(&format!("f{n}"), format!("content {n}"));
    }
    let ran = fixture.events(&[]).code(0);
    for n in 0..12 {
        let result = |label: String| ran.end("web", &label)["result"].clone();
        assert_eq!(result(format!("run{n}"))["stdout"], n.to_string(), "{ran}");
        assert_eq!(
            result(format!("read{n}"))["content"],
            format!("content {n}"),
            "{ran}"
        );
        assert_eq!(result(format!("own{n}"))["value"], n, "{ran}");
    }
    for record in ran.all("call_log") {
        let label = record["call"]["label"].as_str().unwrap();
        let said = record["message"].as_str().unwrap();
        assert_eq!(
            said,
            format!("heard {{\"value\":{}}}", label.trim_start_matches("own"))
        );
    }
    assert_eq!(ran.all("call_log").len(), 12);
}

#[test]
fn ten_failures_keep_each_its_own_words_and_disturb_nobody() {
    let Some(sshd) = Sshd::start() else { return };
    let mut calls = String::new();
    for n in 0..20 {
        let meet = meet(n, 20);
        let end = if n % 2 == 0 {
            format!("echo why {n} >&2; exit {}", 10 + n)
        } else {
            format!("echo fine {n}")
        };
        let _ = writeln!(
            calls,
            "      - {{ id: c{n}, writes: [], ignore_errors: true, exec.shell: '{meet} {end}' }}"
        );
    }
    // Failures of other kinds beside them.
    calls.push_str(
        "      - { id: absent, ignore_errors: true, fs.read_str: /no/such }
      - { id: folder, ignore_errors: true, fs.read_str: '{DIR}/t' }
      - { id: late, ignore_errors: true, timeout: 300ms, writes: [], exec.shell: sleep 30 }
      - { id: after, exec.shell: echo still here }
",
    );
    let ran = web(&calls).host("web", &sshd).events(&[]).code(0);
    for n in 0..20 {
        let end = ran.end("web", &format!("c{n}"));
        if n % 2 == 0 {
            let message = format!("`/bin/sh` ended with exit code {}: why {n}", 10 + n);
            assert_eq!(end["error"]["message"], message, "{ran}");
            assert_eq!(end["error"]["stderr"], format!("why {n}"));
        } else {
            assert_eq!(end["result"]["stdout"], format!("fine {n}"), "{ran}");
        }
    }
    for (label, kind) in [
        ("absent", "not_found"),
        ("folder", "conflict"),
        ("late", "timeout"),
    ] {
        assert_eq!(ran.end("web", label)["error"]["kind"], kind, "{ran}");
    }
    assert_eq!(ran.end("web", "after")["result"]["stdout"], "still here");
}

#[test]
fn five_that_write_to_every_descriptor_leave_the_connection_usable() {
    let Some(sshd) = Sshd::start() else { return };
    let mut calls = String::new();
    for n in 0..5 {
        let meet = meet(n, 5);
        let _ = writeln!(
            calls,
            "      - id: c{n}
        writes: []
        exec.shell: |
          {meet}
          for round in 1 2 3 4 5 6 7 8 9 10; do
            for fd in 0 1 2 3 4 5 6 7 8 9; do
              printf '\\0\\0\\377\\377 raw %s' $fd >&$fd
              printf 'by name %s' $fd >/dev/fd/$fd
            done
          done 2>/dev/null
          echo >/dev/tty
          exit 0"
        );
    }
    calls.push_str("      - { id: after, exec.shell: 'cat; echo still here' }\n");
    for host in ["hosts: [web]", "hosts: { web: { transport: local } }"] {
        let playbook = format!("{host}\nrounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}");
        let ran = Fixture::new(playbook).host("web", &sshd).events(&[]).code(0);
        assert_eq!(
            ran.end("web", "after")["result"]["stdout"],
            "still here",
            "{host}: {ran}"
        );
    }
}
