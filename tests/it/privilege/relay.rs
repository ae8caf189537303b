//! What goes through the first agent to the second, and back.

use super::{agents, events, fixture};
use crate::support::Lab;

#[test]
fn calls_of_several_users_keep_their_order_and_their_handlers() {
    let calls = "
      - { id: first, exec.shell: 'sleep 0.2; echo root >> /tmp/log; chmod 666 /tmp/log' }
      - { id: second, exec.shell: 'echo bob >> /tmp/log', become: false }
      - { id: third, exec.shell: 'echo carol >> /tmp/log', become: carol }
      - { id: write, fs.write: { path: /root/it, content: x } }
      - { on_change: [write], become: false, exec.shell: 'echo handler >> /tmp/log' }
      - { id: same, fs.write: { path: /root/it, content: x } }
      - { on_change: [same], exec.shell: 'echo never >> /tmp/log' }
      - { id: bad, exec.shell: exit 3, become: carol }
      - { exec.shell: 'echo dropped >> /tmp/log' }
";
    let Some((_lab, machine, ran)) = events(calls, &[]) else {
        return;
    };
    let ran = ran.code(2);
    assert_eq!(machine.read("/tmp/log"), "root\nbob\ncarol\nhandler\n", "{ran}");
}

#[test]
fn content_output_and_large_results_pass() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let calls = "
      - fs.copy: { src: tree/, dest: /root/tree/ }
      - { id: read, fs.read_str: { path: /root/tree/large } }
      - { id: noisy, exec.shell: 'echo hello; seq 1 50000' }
      - log.log: done
";
    let large = "0123456789abcdef\n".repeat(200_000);
    let fixture = fixture(&machine, calls)
        .file("tree/large", large.clone())
        .file("tree/a/b", "small");
    let ran = fixture.events(&[]).code(0);
    assert_eq!(machine.says("stat -c %U /root/tree/a/b").trim_end(), "root");
    assert_eq!(machine.read("/root/tree/large"), large);
    let read = ran.end("web", "read");
    assert_eq!(
        read["result"]["content"].as_str().map(str::len),
        Some(large.len())
    );
    let said = ran.all("call_output");
    let said: String = said.iter().filter_map(|it| it["text"].as_str()).collect();
    assert!(
        said.starts_with("hello\n1\n2\n") && said.ends_with("50000\n"),
        "{}",
        said.len()
    );
}

#[test]
fn a_large_file_comes_and_goes_as_another_user() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let calls = "
      - fs.copy: { src: large, dest: /root/large, mode: '0600' }
      - { id: fetch, fs.fetch: { src: /root/large, dest: fetched, flat: true } }
      - { id: back, fs.sync: { path: /root/folder, local: back/, direction: pull } }
";
    let mut large = vec![0; 40 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut large);
    machine.says("mkdir -m 700 /root/folder && head -c 20000000 /dev/urandom >/root/folder/random");
    let scene = fixture(&machine, calls).file("large", large.clone()).build();
    let ran = scene.events(&[]).code(0);
    assert!(
        std::fs::read(machine.path("/root/large")).unwrap() == large,
        "{ran}"
    );
    assert_eq!(machine.says("stat -c '%U %a' /root/large"), "root 600\n");
    assert!(std::fs::read(scene.path("fetched")).unwrap() == large, "{ran}");
    let random = std::fs::read(machine.path("/root/folder/random")).unwrap();
    assert!(
        std::fs::read(scene.path("back/random")).unwrap() == random,
        "{ran}"
    );
    scene
        .events(&[])
        .code(0)
        .outcomes("web", &[("fetch", "ok"), ("back", "ok")]);
}

#[test]
fn one_agent_serves_each_user_and_all_end_with_the_run() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let calls = "
      - { id: a, writes: [], exec.shell: 'sleep 0.3; id -un' }
      - { id: b, writes: [], exec.shell: 'sleep 0.3; id -un' }
      - { id: c, writes: [], exec.shell: 'sleep 0.3; id -un', become: carol }
      - { id: d, writes: [], exec.shell: 'sleep 0.3; id -un', become: false }
      - { exec.shell: 'touch /tmp/ready; until [ -e /tmp/go ]; do sleep 0.05; done' }
";
    let scene = fixture(&machine, calls).build();
    let running = scene.start(&[]);
    machine.says("until [ -e /tmp/ready ]; do sleep 0.05; done");
    assert_eq!(agents(&machine), "bob carol root\n");
    let files = machine.says("for p in $(pgrep -f '[d]eputy'); do readlink /proc/$p/exe; done");
    assert!(
        files.contains("/root/.cache/rmote-play/") && files.contains("/home/carol/.cache/rmote-play/"),
        "{files}"
    );
    machine.says("touch /tmp/go");
    running.wait().code(0);
    machine.says("while pgrep -f '[d]eputy'; do sleep 0.05; done");
}

#[test]
fn a_timeout_ends_what_runs_as_another_user() {
    let calls = "      - { id: it, exec.shell: 'sleep 1234 & sleep 1234', timeout: 1s }\n";
    let Some((_lab, machine, ran)) = events(calls, &[]) else {
        return;
    };
    let ran = ran.code(2);
    assert_eq!(ran.end("web", "it")["error"]["kind"], "timeout", "{ran}");
    assert!(!machine.sh("pgrep -f '[s]leep 1234'").status.success());
}

#[test]
fn check_mode_looks_as_the_other_user_and_changes_nothing() {
    let calls = "
      - { id: shadow, fs.read_str: /etc/shadow }
      - { id: write, fs.write: { path: /root/it, content: x } }
      - { id: behind, fs.read_str: /root/it }
      - { id: later, exec.command: [id], become: nosuch }
";
    let Some((_lab, machine, ran)) = events(calls, &["-C"]) else {
        return;
    };
    let ran = ran.code(0);
    for (id, outcome) in [
        ("shadow", "ok"),
        ("write", "changed"),
        ("behind", "ok"),
        ("later", "unknown"),
    ] {
        assert_eq!(ran.end("web", id)["outcome"], outcome, "{id}: {ran}");
    }
    assert!(!machine.path("/root/it").exists());
}

#[test]
fn the_next_run_takes_the_connection_over() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let scene = fixture(&machine, "      - { id: it, exec.shell: id -un }\n")
        .persist()
        .build();
    for reused in [false, true] {
        let ran = scene.events(&["--persist", "20s"]).code(0);
        assert_eq!(ran.end("web", "it")["result"]["stdout"], "root", "{ran}");
        assert_eq!(ran.all("connected")[0]["reused"], reused, "{ran}");
    }
}
