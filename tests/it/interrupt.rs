//! Ctrl-C: once lets what runs end, twice kills it; either way the run ends with 130 and says what it left.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Fixture, Scene, is_gone};

fn scene(keys: &str) -> Scene {
    Fixture::new(format!(
        "
hosts: {{ here: {{ transport: local }} }}
rounds:
  - name: one
    hosts: here
    calls:
      - id: long
        exec.shell: 'echo begun; {keys}; echo end >> {{DIR}}/t/log'
      - id: next
        exec.shell: echo next >> {{DIR}}/t/log
"
    ))
    .limit(Duration::from_secs(45))
    .build()
}

#[test]
fn once_lets_the_running_call_end_and_starts_nothing_new() {
    let scene = scene("until test -e {DIR}/t/go; do sleep 0.01; done");
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("call_output") && line.contains("begun"));
    running.signal(Signal::INT);
    // The host has it, too: what had been sent to it ahead has come back.
    running.await_line(|line| line.contains("\"call_ended\"") && line.contains("\"one/next\""));
    scene.write("t/go", b"");
    let ran = running.wait().code(130);
    assert_eq!(scene.read("t/log"), "end\n", "{ran}");
    assert_eq!(ran.events.last().unwrap()["event"], "run_ended", "{ran}");
    assert_eq!(
        ran.events.last().unwrap()["outcome"]["interrupted"],
        true,
        "{ran}"
    );
}

#[test]
fn twice_kills_what_runs() {
    let scene = scene("sleep 300");
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("call_output") && line.contains("begun"));
    running.signal(Signal::INT);
    running.await_event("interrupted");
    running.signal(Signal::INT);
    let ran = running.wait().code(130);
    assert!(!scene.path("t/log").exists(), "{ran}");
}

/// A template is stopped after so many steps, and nobody need wait for that.
#[test]
fn three_times_ends_the_run_even_while_it_computes() {
    let hosts: Vec<String> = (0..200)
        .map(|n| format!("h{n}: {{ transport: local }}"))
        .collect();
    let hosts = hosts.join(", ");
    let loops = "{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}";
    let scene = Fixture::new(format!(
        "hosts: {{ {hosts} }}\nrounds:\n  - name: one\n    hosts: all\n    calls:\n      - log.log: \"{loops}\"\n"
    ))
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_event("host_entered");
    let ran = loop {
        running.signal(Signal::INT);
        match running.ends_within(Duration::from_millis(50)) {
            Ok(ran) => break ran.code(130),
            Err(still) => running = still,
        }
    };
    assert!(ran.stderr.contains("by the third interrupt"), "{ran}");
}

#[test]
fn a_controller_that_is_killed_takes_what_runs_on_hosts_with_it() {
    let scene = scene("echo $$ > {DIR}/t/pid; echo written; sleep 300");
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("call_output") && line.contains("written"));
    let child: u32 = scene.read("t/pid").trim().parse().unwrap();
    running.signal(Signal::KILL);
    running.wait();
    assert!(is_gone(child), "process {child} still runs");
    assert!(!scene.path("t/log").exists());
}

#[test]
fn a_request_to_terminate_is_as_ctrl_c_once() {
    let scene = scene("until test -e {DIR}/t/go; do sleep 0.01; done");
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("call_output") && line.contains("begun"));
    running.signal(Signal::TERM);
    running.await_event("interrupted");
    scene.write("t/go", b"");
    running.wait().code(130);
    assert_eq!(scene.read("t/log"), "end\n");
}

#[test]
fn a_reader_that_goes_away_does_not_make_it_crash() {
    let scene = scene("true");
    let command = format!(
        "{} --persist 0s --output json site.yml | head -n 1",
        env!("CARGO_BIN_EXE_rmote-play")
    );
    let out = std::process::Command::new("sh")
        .args(["-c", &command])
        .current_dir(scene.dir())
        .env("HOME", scene.path("home"))
        .env("XDG_RUNTIME_DIR", scene.path("run"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&out.stdout).lines().count(), 1);
}

#[test]
fn a_host_that_was_done_before_is_not_aborted() {
    let scene = Fixture::new(
        "
hosts: { quick: { transport: local }, slow: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - exec.shell: 'echo {{ host.name }}; test {{ host.name }} = quick || until test -e {DIR}/t/go; do sleep 0.01; done'
      - exec.shell: echo next
",
    )
    .build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("host_left") && line.contains("quick"));
    running.signal(Signal::INT);
    running.await_event("interrupted");
    scene.write("t/go", b"");
    let ran = running.wait().code(130);
    assert_eq!((ran.host("quick"), ran.host("slow")), ("ok", "aborted"), "{ran}");
}
