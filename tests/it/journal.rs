//! Runs are recorded, and told again.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use rustix::process::Signal;

use crate::support::{Fixture, Scene};

const SITE: &str = "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - id: say
        exec.command: [echo, hello]
        writes: []
      - exec.shell: 'false'
        ignore_errors: true
      - no_log: true
        exec.command: [echo, canary-of-the-secret]
        writes: []
";

fn journals(scene: &Scene) -> Vec<PathBuf> {
    let folder = fs::read_dir(scene.path("home/state/rmote-play/runs"));
    let entries = folder.into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.collect();
    found.sort();
    found
}

#[test]
fn what_may_change_something_is_on_record_before_it_starts() {
    // Each of them waits for the one before.
    let chain = (1..300).map(|n| {
        let before = n - 1;
        format!(
            "      - id: c{n}\n        when: results.c{before}.exit_code == 0\n        exec.shell: echo {n} >> \"$HOME/done\"\n"
        )
    });
    let first = "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: a
    calls:
      - id: c0
        exec.shell: echo 0 >> \"$HOME/done\"
";
    let site = format!("{first}{}", chain.collect::<String>());
    for after in [1, 30, 90, 170, 250] {
        let scene = Fixture::new(site.as_str()).build();
        let running = scene.start(&["-q"]);
        let lines = || fs::read_to_string(scene.path("home/done")).map_or(0, |it| it.lines().count());
        while lines() < after {
            thread::yield_now();
        }
        running.signal(Signal::KILL);
        drop(running);
        let done = lines();
        let [journal] = &journals(&scene)[..] else {
            panic!("{:?}", journals(&scene))
        };
        let recorded = fs::read_to_string(journal).unwrap();
        let started = recorded.matches("\"event\":\"call_started\"").count();
        assert!(done <= started, "{done} have run, and {started} are on record");
    }
}

/// Lines without what differs from time to time.
fn steady(text: &str) -> String {
    let times = regex::Regex::new(r"\d+(\.\d+)?(ms|s)\b").unwrap();
    times.replace_all(text, "TIME").into_owned()
}

#[test]
fn a_run_is_told_again_as_it_was_told_and_as_events() {
    let scene = Fixture::new(SITE).build();
    let first = scene.run(&[]).code(0);
    let [journal] = &journals(&scene)[..] else {
        panic!("{:?}", journals(&scene))
    };
    let again = scene.rmote_play(&["report", "last"]).code(0);
    assert_eq!(steady(&again.stdout), steady(&first.stdout));
    let id = journal.file_stem().unwrap().to_str().unwrap();
    let events = scene
        .rmote_play(&["report", "--output", "json", &id[..id.len() - 2]])
        .code(0);
    let recorded = fs::read_to_string(journal).unwrap();
    let (head, lines) = recorded.split_once('\n').unwrap();
    assert!(
        head.contains("\"journal\":1") && head.contains("site.yml"),
        "{head}"
    );
    assert_eq!(events.stdout.trim_end(), lines.trim_end());
    assert!(!recorded.contains("canary-of-the-secret"), "{recorded}");
    let file = ["report", "last", "-q", "--report", "junit:report.xml"];
    scene.rmote_play(&file).code(0);
    assert!(scene.read("report.xml").contains("<testsuite"));
    let list = scene.rmote_play(&["report"]).code(0);
    list.says(id).says("1 ok").says("site.yml");
    scene
        .rmote_play(&["report", "nosuch"])
        .code(1)
        .says("no run `nosuch` is recorded");
    // The stream of events is what it is without a journal.
    scene.events(&["--no-journal"]).code(0);
    assert_eq!(journals(&scene).len(), 1);
}

#[test]
fn a_journal_that_is_cut_off_is_told_as_far_as_it_goes() {
    let scene = Fixture::new(SITE).build();
    scene.run(&[]).code(0);
    let journal = &journals(&scene)[0];
    let text = fs::read_to_string(journal).unwrap();
    fs::write(journal, &text[..text.len() / 2]).unwrap();
    scene
        .rmote_play(&["report", "last"])
        .code(0)
        .says("the run was cut off");
    scene.run(&["-l", "@failed"]).code(0);
    fs::write(journal, text.replacen("\"journal\":1", "\"journal\":9", 1)).unwrap();
    let path = journal.to_str().unwrap();
    scene
        .rmote_play(&["report", path])
        .code(1)
        .says("written by a newer version");
}

#[test]
fn a_run_goes_on_where_its_journal_cannot_and_says_so() {
    let scene = Fixture::new(SITE.replace("hello", &"x".repeat(20_000))).build();
    fs::write(scene.path("home/state"), "").unwrap();
    scene.run(&[]).code(0).says("the run is not recorded");
    fs::remove_file(scene.path("home/state")).unwrap();
    // Files may have 8 blocks of 512 bytes and no more: as on a disk that is full.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" --persist 0s site.yml";
    let output = Command::new("/bin/sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_rmote-play")])
        .current_dir(scene.dir())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", scene.path("home"))
        .env("XDG_STATE_HOME", scene.path("home/state"))
        .env("XDG_RUNTIME_DIR", scene.path("run"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(70), "{stderr}");
    assert!(stderr.contains("the journal of the run broke off"), "{stderr}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 host ok"));
}

#[test]
fn the_list_of_runs_says_what_was_typed_and_no_value_that_may_be_secret() {
    let scene = Fixture::new(format!(
        "inputs: {{ word: {{ type: string }} }}\n{}",
        SITE.trim_start()
    ))
    .build();
    scene
        .run(&["-C", "-e", "word=hunter2hunter2", "-t", "all"])
        .code(0);
    let call = [
        "call",
        "localhost",
        "exec.command",
        "echo hunter2hunter2",
        "--persist",
        "0s",
    ];
    scene.rmote_play(&call).code(0);
    let list = scene.rmote_play(&["report"]).code(0);
    let lines: Vec<_> = list.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[0].starts_with("RUN (its time in UTC)"), "{list}");
    assert!(
        lines[1].contains("s  apply  1 ok   call localhost exec.command … --persist 0s"),
        "{list}"
    );
    assert!(
        lines[2].contains("s  check  1 ok   site.yml -C -t all -e word=…"),
        "{list}"
    );
    for journal in journals(&scene) {
        let head = fs::read_to_string(journal)
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .to_owned();
        assert!(!head.contains("hunter2"), "{head}");
    }
}
