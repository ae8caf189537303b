//! Connecting anew, and hosts that restart.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Fixture, Kind, Lab};

#[test]
fn new_groups_count_after_a_reset() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let playbook = "
hosts: { web: { user: bob } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: join, exec.shell: 'groupadd crew && usermod -aG crew bob', become: true }
      - { id: before, exec.shell: id -Gn }
      - agent.reset: {}
      - { id: after, exec.shell: id -Gn }
";
    let scene = Fixture::new(playbook).machine("web", &machine).persist().build();
    let ran = scene.events(&["--persist", "20s"]).code(0);
    assert_eq!(ran.end("web", "before")["result"]["stdout"], "bob", "{ran}");
    assert_eq!(ran.end("web", "after")["result"]["stdout"], "bob crew", "{ran}");
    assert_eq!(ran.all("connected").len(), 2, "{ran}");
}

#[test]
fn a_host_restarts_and_the_run_goes_on() {
    let Some(lab) = Lab::start() else { return };
    let mut machine = lab.machine("sys", Kind::Systemd);
    let playbook = "
hosts: { sys: { user: bob } }
rounds:
  - name: one
    hosts: all
    become: true
    calls:
      - { id: before, exec.shell: 'echo x > /run/gone; cat /proc/sys/kernel/random/boot_id' }
      - { id: boot, host.reboot: { timeout: 1m, test_command: [systemctl, is-system-running, --wait] } }
      - { id: after, exec.shell: 'ls /run/gone; cat /proc/sys/kernel/random/boot_id', failed_when: false }
      - { on_change: [boot], exec.shell: 'touch /root/handled' }
";
    let scene = Fixture::new(playbook).machine("sys", &machine).build();
    let ran = scene.events(&["-C"]).code(0);
    assert_eq!(ran.end("sys", "boot")["outcome"], "changed", "{ran}");
    assert!(!machine.path("/run/gone").exists());
    let running = scene.start(&["--output", "json"]);
    machine.await_end();
    machine.boot();
    let ran = running.wait().code(0);
    let (before, after) = (
        &ran.end("sys", "before")["result"]["stdout"],
        &ran.end("sys", "after")["result"]["stdout"],
    );
    assert_ne!(before, after, "{ran}");
    assert!(!after.as_str().unwrap().is_empty(), "{ran}");
    assert_eq!(ran.end("sys", "boot")["outcome"], "changed", "{ran}");
    assert_eq!(ran.end("sys", "boot")["result"]["boot_id"], *before, "{ran}");
    assert!(machine.path("/root/handled").exists(), "{ran}");
}

#[test]
fn an_interrupt_is_heard_while_a_host_that_has_restarted_is_tested() {
    let Some(lab) = Lab::start() else { return };
    let mut machine = lab.machine("sys", Kind::Systemd);
    let playbook = "
hosts: { sys: { user: root } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: boot, host.reboot: { timeout: 10m, test_command: [sh, -c, 'touch /root/asked; exec sleep 4321'] } }
";
    let scene = Fixture::new(playbook).machine("sys", &machine).build();
    let running = scene.start(&["--output", "json"]);
    machine.await_end();
    machine.boot();
    machine.says("while [ ! -e /root/asked ]; do sleep 0.02; done");
    running.signal(Signal::INT);
    let start = Instant::now();
    let ran = running.wait();
    assert!(start.elapsed() < Duration::from_secs(20), "{ran}");
    assert_eq!(ran.end("sys", "boot")["outcome"], "canceled", "{ran}");
    machine.says("while pgrep -f '[s]leep 4321' >/dev/null; do sleep 0.02; done");
}

#[test]
fn a_host_that_is_lost_while_it_is_tested_is_connected_again() {
    let Some(lab) = Lab::start() else { return };
    let mut machine = lab.machine("sys", Kind::Systemd);
    // The agent is the parent of what it runs.
    let playbook = "
hosts: { sys: { user: root } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: boot, host.reboot: { timeout: 8s, test_command: [sh, -c, 'kill -9 $PPID'] } }
      - { always: true, exec.shell: 'touch /root/after' }
";
    let scene = Fixture::new(playbook).machine("sys", &machine).build();
    let running = scene.start(&["--output", "json"]);
    machine.await_end();
    machine.boot();
    let ran = running.wait().code(2);
    assert_eq!(ran.end("sys", "boot")["error"]["kind"], "timeout", "{ran}");
    assert!(machine.path("/root/after").exists(), "{ran}");
}

#[test]
fn a_host_that_does_not_restart_is_a_failure() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let playbook = |command: &str| {
        format!(
            "
hosts: {{ web: {{ user: bob }} }}
rounds:
  - name: one
    hosts: all
    become: true
    calls:
      - {{ id: boot, host.reboot: {{ timeout: 3s, command: {command} }} }}
      - exec.shell: 'touch /root/never'
"
        )
    };
    let ran = Fixture::new(playbook("['true']"))
        .machine("web", &machine)
        .events(&[])
        .code(2);
    let error = ran.end("web", "boot")["error"].clone();
    assert_eq!(
        error["message"], "the host is not back within 3s: it has not restarted",
        "{ran}"
    );
    assert_eq!(error["kind"], "timeout", "{ran}");
    let ran = Fixture::new(playbook("['false']"))
        .machine("web", &machine)
        .events(&[])
        .code(2);
    assert_eq!(ran.end("web", "boot")["error"]["kind"], "command_failed", "{ran}");
    assert!(!machine.path("/root/never").exists());
}
