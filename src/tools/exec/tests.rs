//! Programs, their output and their end.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::failure::{Failure, Kind};
use crate::system::Stream;
use crate::tool::Served;
use crate::tools::testing::TestLink;
use crate::value::Value;

fn shell(link: &TestLink, script: &str) -> Result<Served, Failure> {
    link.call("exec.shell", json!({ "script": script }))
}

fn text<'a>(served: &'a Served, field: &str) -> &'a str {
    served.fields[field].as_str().unwrap()
}

#[test]
fn output_is_kept_and_streamed() {
    let link = TestLink::default();
    let served = shell(&link, "echo out; echo err >&2; exit 0").unwrap();
    assert_eq!(text(&served, "stdout"), "out");
    assert_eq!(text(&served, "stderr"), "err");
    assert_eq!(served.fields["exit_code"], Value::Int(0));
    let mut output = link.output.lock().unwrap().clone();
    output.sort_by_key(|(stream, _)| *stream == Stream::Stderr);
    assert_eq!(
        output,
        [
            (Stream::Stdout, b"out\n".to_vec()),
            (Stream::Stderr, b"err\n".to_vec())
        ]
    );
}

#[test]
fn a_failing_command_says_its_exit_code_and_the_end_of_its_errors() {
    let link = TestLink::default();
    let failure = shell(&link, "echo first >&2; echo last words >&2; exit 3").unwrap_err();
    assert_eq!(failure.kind, Kind::CommandFailed);
    assert_eq!(failure.message, "`/bin/sh` ended with exit code 3: last words");
    assert_eq!(failure.exit_code, Some(3));
    assert_eq!(failure.stderr.as_deref(), Some("first\nlast words"));
    let failure = shell(&link, "kill -9 $$").unwrap_err();
    assert_eq!(failure.exit_code, Some(137));
    let served = link
        .call("exec.shell", json!({ "script": "exit 3", "check": false }))
        .unwrap();
    assert_eq!(served.fields["exit_code"], Value::Int(3));
}

#[test]
fn variables_are_added_to_the_environment() {
    let link = TestLink::default();
    let args =
        json!({ "argv": ["/bin/sh", "-c", "echo $A $B; test -n \"$PATH\""], "env": { "A": "x y", "B": 7 } });
    assert_eq!(text(&link.call("exec.command", args).unwrap(), "stdout"), "x y 7");
    let bad = link
        .call("exec.command", json!({ "argv": "true", "env": { "A=B": "x" } }))
        .unwrap_err();
    assert_eq!(bad.kind, Kind::Invalid);
}

#[test]
fn a_program_that_does_not_exist_is_named() {
    let link = TestLink::default();
    let failure = link
        .call("exec.command", json!({ "argv": "no-such-program --x" }))
        .unwrap_err();
    assert_eq!(
        (failure.kind, &*failure.message),
        (Kind::NotFound, "there is no program `no-such-program`")
    );
    let failure = link
        .call("exec.command", json!({ "argv": "true", "cwd": "/no/such" }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::NotFound);
    assert!(failure.message.contains("`/no/such`"), "{failure}");
}

#[test]
fn a_program_that_is_open_for_writing_is_waited_for_and_named() {
    let link = TestLink::default();
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    fs::copy("/bin/sh", &program).unwrap();
    let writer = fs::File::options().append(true).open(&program).unwrap();
    let run = || link.call("exec.command", json!({ "argv": [program, "-c", "echo run"] }));
    let failure = run().unwrap_err();
    assert!(failure.message.contains("program`: text file busy"), "{failure}");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            drop(writer);
        });
        assert_eq!(text(&run().unwrap(), "stdout"), "run");
    });
}

#[test]
fn nothing_is_run_where_a_guard_finds_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().to_string_lossy().into_owned();
    let link = TestLink::default();
    for guard in [
        json!({ "creates": there }),
        json!({ "removes": format!("{there}/none") }),
        json!({ "unless": "true" }),
        json!({ "unless": ["test", "-d", there] }),
    ] {
        let mut args = json!({ "script": "exit 1" });
        args.as_object_mut()
            .unwrap()
            .extend(guard.as_object().unwrap().clone());
        let served = link.check("exec.shell", args).unwrap();
        assert!(!served.changed);
        assert_eq!(served.fields["ran"], Value::Bool(false));
        assert!(
            !served.fields.contains_key("stdout"),
            "what did not run has no output"
        );
    }
    assert!(
        link.check("exec.shell", json!({ "script": "true", "unless": "false" }))
            .unwrap()
            .changed
    );
    assert!(link.output.lock().unwrap().is_empty(), "guards are not shown");
}

#[test]
fn standard_input_is_what_was_given_or_nothing() {
    let link = TestLink::default();
    assert_eq!(text(&shell(&link, "cat; echo end").unwrap(), "stdout"), "end");
    let large = "0123456789".repeat(50_000);
    let args = json!({ "argv": ["wc", "-c"], "stdin": large });
    assert_eq!(
        text(&link.call("exec.command", args).unwrap(), "stdout").trim(),
        "500000"
    );
    let args = json!({ "argv": ["true"], "stdin": large });
    assert!(link.call("exec.command", args).is_ok(), "it need not be read");
}

#[test]
fn a_script_may_be_long_and_reads_its_own_input() {
    let link = TestLink::default();
    let script = format!("read a\n: {}\necho $a", "x".repeat(300_000));
    let served = link
        .call("exec.shell", json!({ "script": script, "stdin": "given\n" }))
        .unwrap();
    assert_eq!(text(&served, "stdout"), "given");
}

#[test]
fn a_script_stands_on_no_command_line() {
    let link = TestLink::default();
    let served = shell(&link, "tr '\\0' ' ' < /proc/$$/cmdline; : hidden-word").unwrap();
    assert!(!text(&served, "stdout").contains("hidden-word"), "{served:?}");
}

#[test]
fn a_daemon_that_keeps_the_pipes_does_not_keep_the_call() {
    let link = TestLink::default();
    let start = Instant::now();
    let served = shell(&link, "sleep 30 & echo $!").unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(link.warnings()[0].contains("keeps its output open"));
    let pid: i32 = text(&served, "stdout").parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it lives on");
}

#[test]
fn a_timeout_kills_the_whole_group_even_if_it_does_not_want_to() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let link = TestLink::default();
    link.cancel.start(Some(Duration::from_millis(200)));
    let script = format!(
        "trap '' TERM\n(trap '' TERM; sleep 31) & echo $! > {}\nwait",
        pid.display()
    );
    let start = Instant::now();
    let failure = shell(&link, &script).unwrap_err();
    assert_eq!(failure.kind, Kind::Timeout);
    assert_eq!(
        failure.message,
        "`/bin/sh` did not end within its timeout of 200ms"
    );
    assert!(start.elapsed() < Duration::from_secs(5));
    let pid: u32 = fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    // It has been killed, and is gone as soon as the kernel comes to it.
    let state = || fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    while !(state().is_empty() || state().contains(") Z ")) {
        assert!(start.elapsed() < Duration::from_secs(20), "{}", state());
        std::thread::yield_now();
    }
}

#[test]
fn a_cancel_wakes_the_call_at_once() {
    let link = TestLink::default();
    let cancel = link.cancel.clone();
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| cancel.cancel());
        assert_eq!(shell(&link, "sleep 32").unwrap_err().kind, Kind::Canceled);
    });
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_gigabyte_of_output_stays_small() {
    let link = TestLink::default();
    let served = shell(
        &link,
        "echo begin; head -c 1000000000 /dev/zero | tr '\\0' x; echo; echo end",
    )
    .unwrap();
    let stdout = text(&served, "stdout");
    assert!(stdout.len() <= (1 << 20) + 64);
    assert!(stdout.starts_with("begin\nxxx") && stdout.ends_with("xxx\nend"));
    assert_eq!(served.fields["truncated"], Value::Bool(true));
    let shown: usize = link
        .output
        .lock()
        .unwrap()
        .iter()
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert!(shown < 100 << 20, "the live view is bounded: {shown}");
}

#[test]
fn output_that_is_not_text_is_bytes() {
    let link = TestLink::default();
    let served = shell(&link, "printf '\\377\\n'").unwrap();
    assert_eq!(served.fields["stdout"], Value::Bytes(vec![0xFF, b'\n']));
}

#[test]
fn a_child_sees_no_descriptor_of_ours() {
    let link = TestLink::default();
    let open = tempfile::NamedTempFile::new().unwrap();
    let served = link
        .call("exec.command", json!({ "argv": ["ls", "-l", "/proc/self/fd"] }))
        .unwrap();
    let name = open.path().file_name().unwrap().to_str().unwrap();
    assert!(text(&served, "stdout").contains("/dev/null"));
    assert!(!text(&served, "stdout").contains(name), "{served:?}");
}

#[test]
fn what_failed_and_left_what_it_creates_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made");
    let link = TestLink::default();
    let args = json!({ "script": format!("touch {}; exit 3", made.display()), "creates": made });
    link.call("exec.shell", args).unwrap_err();
    let warnings = link.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("the next run will take it for done"),
        "{warnings:?}"
    );
    fs::remove_file(&made).unwrap();
    let args = json!({ "script": "exit 3", "creates": made });
    link.call("exec.shell", args).unwrap_err();
    assert_eq!(link.warnings(), Vec::<String>::new());
}
