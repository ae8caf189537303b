//! What must hold whatever happens: nothing is left behind, nothing is shown, nothing foreign is run.

use std::time::Duration;

use super::fixture;
use crate::support::{Fixture, Lab};

const READY: &str = "until [ -e /tmp/ready ]; do sleep 0.05; done";

#[test]
fn what_kills_the_first_agent_takes_the_second_and_its_children() {
    let Some(lab) = Lab::start() else { return };
    for (name, settings) in [("plain", ""), ("pty", "Defaults use_pty, requiretty\n")] {
        let machine = lab.debian(name);
        machine.write("/etc/sudoers.d/more", settings);
        machine.says("chmod 440 /etc/sudoers.d/more");
        let calls = "      - { id: it, exec.shell: 'touch /tmp/ready; sleep 1234' }\n";
        let scene = fixture(&machine, calls).build();
        let running = scene.start(&[]);
        machine.says(READY);
        machine.says("pkill -9 -u bob -f '[a]gent [0-9a-f]'");
        machine.says("while pgrep -f '[s]leep 1234|[d]eputy'; do sleep 0.05; done");
        drop(running);
    }
}

#[test]
fn an_agent_that_is_killed_loses_what_it_did_and_repeats_what_is_safe() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let kill = "pkill -9 -f 'agent [0-9a-f]+ [d]eputy'";
    let calls = "      - { id: opaque, exec.shell: 'touch /tmp/ready; sleep 1234' }\n";
    let running = fixture(&machine, calls).build();
    let running = running.start(&["--output", "json"]);
    machine.says(READY);
    machine.says(kill);
    let ran = running.wait().code(2);
    let end = ran.end("web", "opaque");
    assert_eq!(end["outcome"], "failed", "{ran}");
    assert_eq!(end["error"]["kind"], "lost", "{ran}");
    let message = end["error"]["message"].as_str().unwrap();
    assert!(message.contains("the agent as `root` has ended"), "{ran}");
    machine.says("rm -f /tmp/ready");
    let calls = "
      - { id: read, writes: [], exec.shell: 'touch /tmp/ready; until [ -e /tmp/go ]; do sleep 0.05; done; echo well' }
";
    let scene = fixture(&machine, calls).build();
    let running = scene.start(&["--output", "json"]);
    machine.says(READY);
    machine.says(kill);
    machine.says("touch /tmp/go");
    let ran = running.wait().code(0);
    assert_eq!(ran.end("web", "read")["result"]["stdout"], "well", "{ran}");
    assert_eq!(ran.all("call_retried").len(), 1, "{ran}");
}

#[test]
fn a_password_is_nowhere_to_be_seen() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let playbook = "
hosts: { web: { user: alice } }
rounds:
  - name: one
    hosts: all
    become: true
    calls:
      - { id: it, exec.shell: 'touch /tmp/ready; until [ -e /tmp/go ]; do sleep 0.05; done' }
";
    let scene = Fixture::new(playbook)
        .machine("web", &machine)
        .file("pw", "pw-alice\n")
        .build();
    let running = scene.start(&["-vv", "-D", "--become-password-file", "pw"]);
    machine.says(READY);
    let seen = machine.says("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n'");
    assert!(seen.contains("deputy") && !seen.contains("pw-alice"), "{seen}");
    machine.says("touch /tmp/go");
    let ran = running.wait().code(0);
    assert!(!ran.to_string().contains("pw-alice"), "{ran}");
    let kept = machine.sh("grep -rl pw-alice /var/log /home /root /tmp /run 2>/dev/null");
    assert_eq!(String::from_utf8_lossy(&kept.stdout), "");
}

#[test]
fn root_runs_no_file_of_another_user() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let calls = "      - { id: it, exec.shell: id -un }\n";
    fixture(&machine, calls).run(&[]).code(0);
    // The account that logged in lays traps under the very name that is looked for.
    machine.says(
        "set -e; build=$(ls /home/bob/.cache/rmote-play | head -n 1)
        printf '#!/bin/sh\\ntouch /tmp/owned\\n' > /tmp/trap; chmod 755 /tmp/trap
        for d in /var/tmp/rmote-play-0 /dev/shm/rmote-play-0; do mkdir $d; cp /tmp/trap $d/$build; chown -R bob $d; done
        umount /root/.cache; rm -rf /root/.cache; ln -s /home/bob/.cache /root/.cache",
    );
    let ran = fixture(&machine, calls)
        .limit(Duration::from_mins(2))
        .events(&[])
        .code(2);
    assert!(!machine.path("/tmp/owned").exists(), "{ran}");
    let message = &ran.end("web", "it")["error"]["message"];
    let message = message.as_str().unwrap();
    assert!(
        message.contains("no directory on the host takes the agent"),
        "{message}"
    );
}
