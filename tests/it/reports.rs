//! Reports of real runs.

use serde_json::Value;

use crate::support::{Fixture, Scene};

fn scene() -> Scene {
    Fixture::new(
        "
rounds:
  - name: base
    hosts: localhost
    calls:
      - name: greeting
        fs.write: { path: '{DIR}/motd', content: \"hello\\n\" }
      - name: broken
        exec.shell: \"printf '\\\\033[2J]]><b>```\\\\n::set-env name=x::y\\\\n' >&2; exit 3\"
",
    )
    .build()
}

const ALL: &[&str] = &[
    "-D",
    "--report",
    "junit:r.xml",
    "--report",
    "markdown:r.md",
    "--report",
    "html:r.html",
    "--report",
    "trace:r.trace",
    "--report",
    "json:r.jsonl",
];

#[test]
fn every_report_of_a_run_is_written() {
    let scene = scene();
    scene.run(ALL).code(2);
    let junit = scene.read("r.xml");
    assert!(junit.contains("tests=\"3\" failures=\"1\""), "{junit}");
    assert!(junit.contains("]]&gt;&lt;b&gt;"), "{junit}");
    let markdown = scene.read("r.md");
    assert!(
        markdown.contains("1 of 1 host changed") && markdown.contains("````"),
        "{markdown}"
    );
    let html = scene.read("r.html");
    assert!(
        html.contains("+hello") && html.contains("]]&gt;&lt;b&gt;") && !html.contains("]]><b>"),
        "{html}"
    );
    let trace: Value = serde_json::from_str(&scene.read("r.trace")).unwrap();
    assert!(trace["traceEvents"].as_array().unwrap().len() >= 4);
    let events = scene.read("r.jsonl");
    let last: Value = serde_json::from_str(events.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "run_ended");
    for report in [junit, markdown, html] {
        assert!(!report.contains('\u{1b}'), "{report}");
    }
}

#[test]
fn a_dry_run_says_what_would_change_by_its_exit_code_if_it_is_asked_to() {
    let scene = Fixture::new(
        "
rounds:
  - name: base
    hosts: localhost
    calls: [{ fs.write: { path: '{DIR}/motd', content: hello } }]
",
    )
    .build();
    scene.run(&["-C"]).code(0);
    scene
        .run(&["-C", "--changes-exit", "3", "--report", "markdown:r.md"])
        .code(3);
    assert!(scene.read("r.md").contains("1 of 1 host would change"));
    scene.run(&[]).code(0);
    scene.run(&["-C", "--changes-exit", "3"]).code(0);
    scene.run(&["--changes-exit", "3"]).code(64);
    scene
        .run(&["-C", "--changes-exit", "2"])
        .code(64)
        .says("means something else");
}

#[test]
fn what_is_unknown_has_an_exit_code_of_its_own_if_it_is_asked_to() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: base
    hosts: here
    calls:
      - { exec.shell: 'true', changed_when: 'result.stdout != \"\"' }
",
    )
    .build();
    scene.run(&["-C"]).code(0);
    scene.run(&["-C", "--changes-exit", "3"]).code(0);
    scene
        .run(&["-C", "--changes-exit", "3", "--unknown-exit", "5"])
        .code(5);
    scene.run(&["--unknown-exit", "5"]).code(64);
}

#[test]
fn a_report_that_cannot_be_written_stops_the_run_before_it_begins() {
    let scene = scene();
    scene
        .run(&["--report", "junit:nowhere/r.xml"])
        .code(1)
        .says("the report `nowhere/r.xml` cannot be written");
    scene
        .run(&["--report", "pdf:x"])
        .code(64)
        .says("a report is one of junit");
    assert!(!scene.path("motd").exists());
}

#[test]
fn commands_of_ci_in_the_output_of_hosts_are_neutral_in_its_log() {
    let ran = Fixture::new(
        "
rounds:
  - name: base
    hosts: localhost
    calls: [{ exec.shell: \"printf 'one\\\\n::set-env name=x::y\\\\n' >&2; exit 3\" }]
",
    )
    .env("GITHUB_ACTIONS", "true")
    .run(&[])
    .code(2);
    let obeyed = |line: &&str| line.trim_start().starts_with("::");
    assert_eq!(ran.stdout.lines().find(obeyed), None, "{ran}");
    ran.says(": :set-env");
}

/// The time between attempts is time that the call took.
#[test]
fn a_call_that_was_made_again_is_shown_from_its_first_attempt_on() {
    let scene = Fixture::new(
        "
rounds:
  - name: base
    hosts: localhost
    calls:
      - id: before
        exec.shell: sleep 0.2
      - id: health
        exec.shell: \"echo >>'{DIR}/n'; test $(wc -l <'{DIR}/n') = 3\"
        until: not result.failed
        retries: 3
        delay: 300ms
",
    )
    .build();
    scene
        .run(&["--report", "trace:r.trace", "--report", "json:r.jsonl"])
        .code(0);
    let trace: Value = serde_json::from_str(&scene.read("r.trace")).unwrap();
    let bar = |name: &str| {
        let events = trace["traceEvents"].as_array().unwrap();
        let bar = events
            .iter()
            .find(|it| it["name"] == name && it["ph"] == "X")
            .unwrap();
        (bar["ts"].as_u64().unwrap(), bar["dur"].as_u64().unwrap())
    };
    let (before, health) = (bar("before"), bar("health"));
    assert!(health.1 >= 600_000, "{health:?}");
    assert!(health.0 >= before.0 + before.1, "{before:?} {health:?}");
}
