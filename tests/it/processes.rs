//! Children of calls: their descriptors, their input, their end, and what they leave running.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::{Fixture, Sshd, is_gone};

/// One host over a real connection, where the frames go through the descriptors that children must not have.
fn web(calls: &str) -> String {
    format!("hosts: [web]\nrounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}")
}

#[test]
fn children_that_write_everywhere_do_not_harm_the_connection() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - id: loud
        exec.shell: |
          for fd in 1 2 3 4 5 6 7 8 9; do
            printf 'garbage\\377\\0\\1\\2 to %s' $fd >&$fd
          done 2>/dev/null
          cat /dev/zero 2>/dev/null | head -c 100000 >&2
          exit 0
      - id: reads
        exec.shell: cat
      - id: after
        exec.shell: echo still here
      - assert.that: results.after.stdout | trim == 'still here' and results.reads.stdout == ''
";
    Fixture::new(web(calls))
        .host("web", &sshd)
        .events(&[])
        .code(0)
        .outcomes("web", &[("after", "changed")]);
}

#[test]
fn children_have_no_descriptors_but_the_three() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - id: open
        exec.command: [ls, /proc/self/fd]
      - assert.that: results.open.stdout | trim | split('\\n') | length == 4
";
    Fixture::new(web(calls)).host("web", &sshd).run(&[]).code(0);
}

#[test]
fn standard_input_is_given_and_ends() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - id: copy
        exec.command: { argv: [cat], stdin: \"line one\\nline two\" }
      - assert.that: \"results.copy.stdout == 'line one\\nline two'\"
";
    Fixture::new(web(calls)).host("web", &sshd).run(&[]).code(0);
}

#[test]
fn a_timeout_kills_the_whole_process_group() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - id: endless
        timeout: 500ms
        exec.shell: 'sleep 300 & echo $! > {DIR}/t/child; wait; wait; sleep 300'
      - id: never
        exec.shell: touch {DIR}/t/never
";
    let scene = Fixture::new(web(calls))
        .host("web", &sshd)
        .limit(Duration::from_secs(30))
        .build();
    let ran = scene
        .events(&[])
        .code(2)
        .outcomes("web", &[("endless", "failed")]);
    assert_eq!(ran.end("web", "endless")["error"]["kind"], "timeout", "{ran}");
    let child: u32 = scene.read("t/child").trim().parse().unwrap();
    assert!(is_gone(child), "process {child} still runs");
    assert!(!scene.path("t/never").exists());
}

#[test]
fn a_call_ends_with_its_child_even_if_a_daemon_keeps_the_pipes() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - id: start
        exec.shell: 'setsid sleep 20 & echo $! > {DIR}/t/daemon; echo started'
      - { id: next, exec.shell: 'true' }
";
    let scene = Fixture::new(web(calls)).host("web", &sshd).build();
    let begun = Instant::now();
    scene
        .events(&[])
        .code(0)
        .outcomes("web", &[("start", "changed"), ("next", "changed")]);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let daemon: i32 = scene.read("t/daemon").trim().parse().unwrap();
    if let Some(pid) = rustix::process::Pid::from_raw(daemon) {
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
    }
}

#[test]
fn exit_codes_and_signals_are_told() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - { id: code, ignore_errors: true, exec.shell: exit 42 }
      - { id: signal, ignore_errors: true, exec.shell: 'kill -9 $$' }
      - { id: missing, ignore_errors: true, exec.command: [/no/such/program] }
";
    let ran = Fixture::new(web(calls)).host("web", &sshd).events(&[]).code(0);
    assert_eq!(ran.end("web", "code")["error"]["exit_code"], 42, "{ran}");
    assert_eq!(ran.end("web", "signal")["error"]["exit_code"], 137, "{ran}");
    assert_eq!(ran.end("web", "missing")["error"]["kind"], "not_found", "{ran}");
    assert!(
        ran.failure("web", "missing").contains("/no/such/program"),
        "{ran}"
    );
}

#[test]
fn arguments_reach_a_command_as_they_are() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - id: said
        exec.command: [printf, '%s|', 'a b', '$HOME', \"it's\", '*', '', 'ä']
      - assert.that: \"results.said.stdout == \\\"a b|$HOME|it's|*||ä|\\\"\"
";
    Fixture::new(web(calls)).host("web", &sshd).run(&[]).code(0);
}

#[test]
fn environment_and_folder_are_set_beside_what_is_there() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - id: env
        env: { GREETING: 'hello {{ host.name }}' }
        exec.shell: { script: 'echo \"$GREETING in $(pwd)\"; test -n \"$PATH\"', cwd: /usr }
      - assert.that: results.env.stdout | trim == 'hello web in /usr'
";
    Fixture::new(web(calls)).host("web", &sshd).run(&[]).code(0);
}

#[test]
fn guarded_commands_run_once() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: creates, writes: ['{DIR}/t/made'], exec.shell: { script: 'touch {DIR}/t/made', creates: '{DIR}/t/made' } }
      - { id: removes, writes: ['{DIR}/t/old'], exec.shell: { script: 'rm {DIR}/t/old', removes: '{DIR}/t/old' } }
      - { id: unless, reads: ['{DIR}/t/flag'], writes: ['{DIR}/t/flag'], exec.shell: { script: 'touch {DIR}/t/flag', unless: 'test -e {DIR}/t/flag' } }
",
    )
    .file("t/old", "")
    .build();
    let all = |outcome| [("creates", outcome), ("removes", outcome), ("unless", outcome)];
    scene.events(&["-C"]).code(0).outcomes("here", &all("changed"));
    assert!(scene.path("t/old").exists() && !scene.path("t/made").exists());
    scene.events(&[]).code(0).outcomes("here", &all("changed"));
    scene.events(&[]).code(0).outcomes("here", &all("ok"));
    scene.events(&["-C"]).code(0).outcomes("here", &all("ok"));
}

#[test]
fn output_is_seen_while_a_call_still_runs() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - id: slow
        timeout: 30s
        exec.shell: 'echo early; until test -e {DIR}/t/go; do sleep 0.01; done; echo late'
";
    let scene = Fixture::new(web(calls)).host("web", &sshd).build();
    let mut running = scene.start(&["--output", "json"]);
    running.await_line(|line| line.contains("call_output") && line.contains("early"));
    fs::write(scene.path("t/go"), "").unwrap();
    running.wait().code(0);
}

#[test]
fn log_records_of_hosts_arrive_with_their_level() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - log.log: { level: warning, message: 'low on {{ host.name }}' }
",
    )
    .events(&[])
    .code(0);
    let logs = ran.all("call_log");
    assert_eq!(logs.len(), 1, "{ran}");
    assert_eq!(
        (&logs[0]["level"], &logs[0]["message"]),
        (&"warning".into(), &"low on here".into()),
        "{ran}"
    );
}

#[test]
fn each_level_of_a_record_arrives_unless_it_is_below_the_one_that_is_set() {
    let levels = ["trace", "debug", "info", "warning", "error", "critical"];
    let mut calls = String::new();
    for set in levels {
        calls.extend(["      - log.set_level: ", set, "\n"]);
        for level in levels {
            calls.extend([
                "      - log.log: { level: ",
                level,
                ", message: '",
                set,
                " {{ 1 + 1 }}' }\n",
            ]);
        }
    }
    let head = "hosts: { here: { transport: local } }\nrounds:\n  - name: one\n    hosts: here\n    calls:\n";
    let ran = Fixture::new(format!("{head}{calls}")).events(&[]).code(0);
    let logs = ran.all("call_log");
    let found: Vec<_> = logs
        .iter()
        .map(|it| {
            format!(
                "{}: {}",
                it["level"].as_str().unwrap(),
                it["message"].as_str().unwrap()
            )
        })
        .collect();
    let mut wanted = Vec::new();
    for (index, set) in levels.iter().enumerate() {
        wanted.extend(levels[index..].iter().map(|level| format!("{level}: {set} 2")));
    }
    assert_eq!(found, wanted);
    for call in ["log.set_level: loud", "log.log: { level: loud, message: x }"] {
        let ran = Fixture::new(format!("{head}      - {call}\n")).run(&[]).code(1);
        assert!(ran.stderr.contains("loud"), "{ran}");
    }
}

#[test]
fn nothing_that_ended_stays_behind_as_a_zombie() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - { exec.shell: 'true & true | true; (sleep 0.01 &) ; exit 0' }
      - { exec.shell: 'exit 3', ignore_errors: true }
      - { exec.shell: 'sleep 30 & sleep 30', timeout: 200ms, ignore_errors: true }
      - { exec.command: [/no/such/program], ignore_errors: true }
      - id: agent
        exec.shell: echo $PPID
      - id: zombies
        writes: []
        exec.shell: |
          sed 's/.*) //' /proc/[0-9]*/stat 2>/dev/null | while read state parent rest; do
            [ $parent != {{ results.agent.stdout }} ] || echo $state
          done
      - assert.that: \"'Z' not in results.zombies.stdout and results.zombies.stdout != ''\"
";
    let ran = Fixture::new(web(calls)).host("web", &sshd).events(&[]).code(0);
    let agent = ran.end("web", "agent")["result"]["stdout"].as_str().unwrap();
    assert!(is_gone(agent.parse().unwrap()), "the agent ends with the run");
}

#[test]
fn what_comes_after_the_end_of_an_agent_is_made_on_a_new_connection() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - { id: before, exec.shell: echo $PPID }
      - { agent.quit: {} }
      - { id: after, exec.shell: echo $PPID }
      - assert.that: results.before.stdout != results.after.stdout
";
    let ran = Fixture::new(web(calls)).host("web", &sshd).events(&[]).code(0);
    assert_eq!(ran.all("connected").len(), 2, "{ran}");
    // One that is killed answers nothing more: its call is lost, and nothing that was sent ahead waits for ever.
    let calls = "
      - { id: kill, exec.shell: 'kill -9 $PPID; sleep 60' }
      - { id: after, exec.shell: 'true' }
      - { id: read, fs.stat: / }
";
    let ran = Fixture::new(web(calls))
        .host("web", &sshd)
        .limit(Duration::from_secs(30))
        .events(&[])
        .code(2);
    assert_eq!(ran.outcome("web", "kill"), "lost", "{ran}");
    assert_eq!(ran.host("web"), "failed", "{ran}");
}

#[test]
fn agent_quit_ends_the_host_in_good_order() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: before, exec.shell: 'true' }
      - { id: bye, agent.quit: {} }
",
    )
    .limit(Duration::from_secs(30))
    .events(&[])
    .code(0)
    .outcomes("here", &[("before", "changed")]);
    assert_eq!(ran.host("here"), "ok", "{ran}");
}
