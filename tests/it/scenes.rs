//! The tests' own servers and relays do what the tests believe of them.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::{Relay, Sshd, Trust};

fn ssh(config: &str, script: &str) -> Output {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), config).unwrap();
    let mut command = Command::new("ssh");
    command
        .arg("-F")
        .arg(file.path())
        .args(["-o", "BatchMode=yes", "web", script]);
    command.output().unwrap()
}

#[test]
fn a_server_counts_logins_and_has_a_home_of_its_own() {
    let Some(sshd) = Sshd::start() else { return };
    let out = ssh(&sshd.block("web"), "echo $HOME");
    let home = String::from_utf8_lossy(&out.stdout);
    assert_eq!(home.trim(), sshd.home().display().to_string(), "{out:?}");
    assert_eq!(sshd.logins(), 1);
    ssh(
        &sshd.block_with("web", sshd.port(), Trust::Right, "other_client_key"),
        "true",
    );
    ssh(
        &sshd.block_with("web", sshd.port(), Trust::Changed, "client_key"),
        "true",
    );
    assert_eq!(sshd.logins(), 1);
}

#[test]
fn a_login_command_runs_in_the_place_of_what_was_asked_for() {
    let Some(sshd) = Sshd::setup().login("echo instead").start() else {
        return;
    };
    let out = ssh(&sshd.block("web"), "echo asked");
    assert_eq!(String::from_utf8_lossy(&out.stdout), "instead\n");
}

#[test]
fn a_relay_delays_each_way_and_counts_turns() {
    let Some(sshd) = Sshd::start() else { return };
    let relay = Relay::new(sshd.port(), Duration::from_millis(20));
    let begun = Instant::now();
    let out = ssh(
        &sshd.block_with("web", relay.port(), Trust::Right, "client_key"),
        "echo far",
    );
    assert_eq!(String::from_utf8_lossy(&out.stdout), "far\n");
    let turns = relay.turns();
    assert!(turns >= 4, "a login has several turns: {turns}");
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(40) * 4,
        "{took:?} for {turns} turns"
    );
}

#[test]
fn killed_connections_end_their_clients() {
    let Some(sshd) = Sshd::start() else { return };
    let config = sshd.block("web");
    let client = std::thread::spawn(move || ssh(&config, "sleep 60"));
    while !sshd.processes().iter().any(|pid| is_sleep(*pid)) {
        std::thread::yield_now();
    }
    sshd.kill_connections();
    assert!(!client.join().unwrap().status.success());
}

fn is_sleep(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "sleep")
}
