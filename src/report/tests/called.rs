//! One call without a playbook.

use std::sync::Arc;

use crate::event::{
    CallRef, Event, HostOutcome, Kind, Outcome, Recap, RoundRef, RunOutcome, SCHEMA_VERSION, Sink as _,
    Written,
};
use crate::failure::{Failure, Kind as FailureKind};
use crate::protocol::Mode;
use crate::report::called::{Called, Form};
use crate::report::look::{Detail, Look};
use crate::report::tests::host;
use crate::source::Location;
use crate::value::Map;

/// What a host does: its outcome, what it wrote, what else it wrote.
type Did<'a> = (&'a str, Outcome, &'a str, &'a str);

/// What is written to standard output, and next to it.
fn call(did: &[Did<'_>], form: Form, is_raw: bool, look: Look) -> (String, String) {
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let mut called = Called::new(&mut out, &mut notes, look, form, is_raw, None);
    let mut tell = |kind| {
        called.event(&Event {
            seq: 0,
            at: 0.0,
            kind,
        });
    };
    let hosts: Vec<_> = did.iter().map(|it| host(it.0)).collect();
    let it = Arc::new(CallRef {
        path: "call/exec.command#1".into(),
        entry: 0,
        round: "call".into(),
        label: "exec.command".into(),
        tool: "exec.command".into(),
        location: Location {
            path: "call".into(),
            line: 1,
            column: 1,
        },
        written: Written::default(),
    });
    tell(Kind::RunStarted {
        schema: SCHEMA_VERSION,
        version: "0".into(),
        run: "r".into(),
        time: String::new(),
        playbook: "call".into(),
        mode: Mode::Apply,
        diff: false,
        hosts,
        rounds: vec![RoundRef::default()],
    });
    for (name, outcome, stdout, stderr) in did {
        let has_failed = *outcome == Outcome::Failed;
        let result: Map = serde_json::from_value(serde_json::json!({
            "ran": true, "exit_code": 0, "stdout": stdout, "stderr": stderr, "truncated": false
        }))
        .unwrap();
        let failure = Failure {
            exit_code: Some(127),
            stdout: (!stdout.is_empty()).then(|| (*stdout).to_owned()),
            stderr: (!stderr.is_empty()).then(|| (*stderr).to_owned()),
            ..Failure::new(FailureKind::CommandFailed, "`x` ended with exit code 127")
        };
        tell(Kind::CallEnded {
            call: Arc::clone(&it),
            delegate: None,
            shared_by: None,
            host: host(name),
            outcome: *outcome,
            item: None,
            change: None,
            error: has_failed.then_some(failure),
            ignored: false,
            rescued: false,
            warnings: Vec::new(),
            because: None,
            attempts: 1,
            result: if has_failed { Map::new() } else { result },
            number: None,
            digest: None,
            iterations: Vec::new(),
            partial: false,
            from_run: None,
            took: 0.1,
        });
    }
    let recap = |(name, outcome, ..): &Did<'_>| Recap {
        ok: 1,
        changed: 1,
        ..Recap::of(
            host(name),
            match outcome {
                Outcome::Failed => HostOutcome::Failed,
                _ => HostOutcome::Ok,
            },
        )
    };
    tell(Kind::RunEnded {
        outcome: RunOutcome::default(),
        hosts: did.iter().map(recap).collect(),
        took: 1.0,
    });
    drop(called);
    (String::from_utf8(out).unwrap(), String::from_utf8(notes).unwrap())
}

#[test]
fn hosts_that_answer_the_same_are_together_and_those_that_failed_come_last() {
    let did = [
        ("web1", Outcome::Failed, "", "x: not found"),
        ("web2", Outcome::Changed, "5.10", ""),
        ("web3", Outcome::Changed, "6.1\nsmp", ""),
        ("web4", Outcome::Changed, "6.1\nsmp", ""),
        ("web5", Outcome::Changed, "6.1\nsmp", ""),
        ("web6", Outcome::Failed, "it says why on standard output", ""),
    ];
    let (out, notes) = call(&did, Form::Groups, true, Look::default());
    insta::assert_snapshot!(out, @r#"
    web3..web5 (3 hosts)  changed
      6.1
      smp
    web2  changed
      5.10
    web1  FAILED  `x` ended with exit code 127
      stderr: x: not found
    web6  FAILED  `x` ended with exit code 127
      it says why on standard output

    2 failed of 6 hosts in 1.0s
    "#);
    assert_eq!(notes, "");
}

#[test]
fn one_host_is_its_answer_and_nothing_else() {
    let odd = "\u{1b}[31mred\u{1b}[0m\tand\nmore";
    let did = [("web1", Outcome::Changed, odd, "beside")];
    let (out, notes) = call(&did, Form::Groups, true, Look::default());
    assert_eq!(
        (out.as_str(), notes.as_str()),
        (format!("{odd}\n").as_str(), "beside\n")
    );
    // A terminal obeys nothing that a host says, and neither does a log.
    let (out, _) = call(&did, Form::Groups, false, Look::default());
    assert_eq!(out, "red\tand\nmore\n");
    let github = Look {
        github: true,
        ..Look::default()
    };
    let commands = [("web1", Outcome::Changed, "::set-env name=x::y", "")];
    let (out, _) = call(&commands, Form::Groups, true, github);
    assert_eq!(out, ": :set-env name=x::y\n");
    let silent = [("web1", Outcome::Changed, "", "")];
    let (out, notes) = call(&silent, Form::Groups, true, Look::default());
    assert_eq!((out.as_str(), notes.as_str()), ("", "web1 changed\n"));
    let quiet = Look {
        detail: Detail::Quiet,
        ..Look::default()
    };
    assert_eq!(
        call(&silent, Form::Groups, true, quiet),
        (String::new(), String::new())
    );
}

#[test]
fn one_line_is_one_line_whatever_a_host_says() {
    let did = [
        ("web2", Outcome::Changed, "a\nb\t| c\r\u{1b}[2J", ""),
        ("web1", Outcome::Failed, "", "why\nnot"),
    ];
    let (out, _) = call(&did, Form::Lines, true, Look::default());
    assert_eq!(
        out,
        "web2 | changed | exit_code=0 | a\\nb | c\nweb1 | FAILED | `x` ended with exit code 127 | why\\nnot\n"
    );
}

#[test]
fn a_thousand_different_answers_are_a_thousand_groups() {
    let names: Vec<_> = (0..1_000).map(|n| format!("web{n}")).collect();
    let texts: Vec<_> = (0..1_000)
        .map(|n| format!("{n}{}", "x".repeat(100_000)))
        .collect();
    let did: Vec<Did<'_>> = (names.iter().zip(&texts))
        .map(|(name, text)| (name.as_str(), Outcome::Failed, text.as_str(), ""))
        .collect();
    let (out, _) = call(&did, Form::Groups, true, Look::default());
    assert_eq!(out.matches("FAILED").count(), 1_000);
    assert!(out.len() < 70_000_000, "each is cut: {}", out.len());
    assert!(out.contains("1000 failed of 1000 hosts"));
}
