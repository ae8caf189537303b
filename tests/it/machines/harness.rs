//! The machines themselves.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::support::{Fixture, Kind, Lab, descendants};

const ASK: &str = "
hosts:
  debian: { user: root }
  arch: { user: root }
  fedora: { user: root }
  openrc: { user: root }
  busybox: { user: root }
  systemd: { user: alice }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: who, exec.shell: 'id -un; hostname' }
";

#[test]
fn a_playbook_runs_on_machines_of_every_kind() {
    let Some(lab) = Lab::start() else { return };
    let machines = [
        ("debian", Kind::Debian, "apt", "sysv"),
        ("arch", Kind::Arch, "pacman", "sysv"),
        ("fedora", Kind::Fedora, "dnf", "sysv"),
        ("openrc", Kind::OpenRc, "apt", "openrc"),
        ("busybox", Kind::BusyBox, "", ""),
        ("systemd", Kind::Systemd, "apt", "systemd"),
    ];
    let running: Vec<_> = machines
        .iter()
        .map(|(name, kind, ..)| lab.machine(name, *kind))
        .collect();
    let mut fixture = Fixture::new(ASK);
    for ((name, ..), machine) in machines.iter().zip(&running) {
        fixture = fixture.machine(name, machine);
    }
    let ran = fixture.events(&[]).code(0);
    for (name, kind, manager, init) in machines {
        let user = if kind == Kind::Systemd { "alice" } else { "root" };
        assert_eq!(
            ran.end(name, "who")["result"]["stdout"],
            format!("{user}\n{name}"),
            "{ran}"
        );
        let connected = ran.all("connected");
        let facts = &connected.iter().find(|it| it["host"] == name).unwrap()["facts"];
        assert_eq!(
            (&facts["package_manager"], &facts["init"]),
            (&manager.into(), &init.into()),
            "{name}"
        );
    }
}

#[test]
fn a_machine_keeps_its_files_over_a_power_cut_and_a_reboot() {
    let Some(lab) = Lab::start() else { return };
    let mut machine = lab.machine("sys", Kind::Systemd);
    machine.says("echo kept > /root/kept; echo gone > /run/gone");
    let first = machine.read("/proc/sys/kernel/random/boot_id");
    machine.power_off();
    machine.boot();
    assert_eq!(machine.read("/root/kept"), "kept\n");
    assert!(!machine.path("/run/gone").exists());
    machine.sh("systemctl reboot");
    machine.await_end();
    machine.boot();
    assert_eq!(machine.read("/root/kept"), "kept\n");
    assert_ne!(machine.read("/proc/sys/kernel/random/boot_id"), first);
    assert_eq!(machine.says("systemctl --failed --no-legend --plain"), "");
}

#[test]
fn accounts_have_the_rights_that_tests_count_on() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    machine.write("/root/pw", "pw-alice\n");
    let id = |user: &str, how: &str| {
        let output = machine.sh(&format!("su {user} -c '{how} id -u' < /root/pw"));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    };
    assert_eq!(id("bob", "sudo -n"), "0");
    assert_eq!(id("bob", "doas -n"), "0");
    assert_eq!(id("alice", "sudo -n"), "");
    assert_eq!(id("alice", "sudo -S"), "0");
    assert_eq!(id("carol", "sudo -n"), "");
    assert_eq!(id("carol", "doas -n"), "");
}

/// Not a test by itself: a process with a lab, to be killed by the test below.
#[test]
#[ignore = "it is run by another test"]
fn a_process_with_a_lab() {
    let lab = Lab::start().unwrap();
    let _machine = lab.machine("sys", Kind::Systemd);
    eprintln!("lab: {}", lab.folder().display());
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn nothing_of_a_lab_is_left_when_its_test_ends_or_is_killed() {
    let Some(_own) = Lab::start() else { return };
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "machines::harness::a_process_with_a_lab",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stderr.take().unwrap()).lines();
    let folder = PathBuf::from(
        lines
            .find_map(|line| line.unwrap().strip_prefix("lab: ").map(str::to_owned))
            .unwrap(),
    );
    let group = fs::read_to_string(folder.join("sys/cgroup")).unwrap();
    assert!(fs::exists(&group).unwrap());
    let processes = descendants(other.id());
    assert!(processes.len() > 8, "{processes:?}");
    let ends: Vec<_> = processes.iter().filter_map(|pid| watched(*pid)).collect();
    other.kill().unwrap();
    other.wait().unwrap();
    for end in ends {
        let mut end = [PollFd::new(&end, PollFlags::IN)];
        assert_eq!(
            poll(
                &mut end,
                Some(&Timespec {
                    tv_sec: 20,
                    tv_nsec: 0
                })
            ),
            Ok(1),
            "it lives on"
        );
    }
    // What it left behind is swept by the next lab.
    drop(Lab::start().unwrap());
    assert!(!folder.exists(), "its files are there");
    assert!(!fs::exists(&group).unwrap(), "its control group is there");
}

fn watched(pid: u32) -> Option<OwnedFd> {
    pidfd_open(Pid::from_raw(i32::try_from(pid).ok()?)?, PidfdFlags::empty()).ok()
}
