//! `ForwardAgent` of ssh's configuration.

use std::process::{Command, Stdio};

use crate::support::{Fixture, Sshd};

const PLAYBOOK: &str = "
rounds:
  - name: one
    hosts: far
    calls:
      - { id: asked, exec.shell: 'ssh-add -l; true' }
";

/// An ssh-agent without keys; ended when it is dropped.
struct Agent(std::process::Child);

impl Agent {
    fn start(socket: &std::path::Path) -> Option<Self> {
        let mut command = Command::new("ssh-agent");
        command.args(["-D", "-a"]).arg(socket).stdout(Stdio::null());
        let agent = Self(command.spawn().ok()?);
        while !socket.exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        Some(agent)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn the_ssh_agent_is_reached_from_a_host_where_sshs_configuration_wants_it_and_nowhere_else() {
    let Some(far) = Sshd::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("agent");
    let Some(_agent) = Agent::start(&socket) else {
        return;
    };
    let asked = |options: &str, ssh: &str| {
        let ran = Fixture::new(format!(
            "hosts: {{ far: {{ ssh_options: [{options}] }} }}{PLAYBOOK}"
        ))
        .host("far", &far)
        .ssh(ssh)
        .file("more/far.conf", "Host far\n  ForwardAgent yes\n")
        .env("SSH_AUTH_SOCK", socket.display().to_string())
        .events(&[])
        .code(0);
        let end = ran.end("far", "asked").clone();
        end.to_string()
    };
    let empty = "The agent has no identities";
    for (options, ssh) in [
        ("IdentityAgent=SSH_AUTH_SOCK", "Host far\n  ForwardAgent yes\n"),
        (
            "IdentityAgent=SSH_AUTH_SOCK",
            "Host f*\n  Include {DIR}/more/*.conf\n",
        ),
        ("IdentityAgent=SSH_AUTH_SOCK, ForwardAgent=yes", ""),
    ] {
        let said = asked(options, ssh);
        assert!(said.contains(empty), "{options} {ssh} {said}");
    }
    for (options, ssh) in [
        ("IdentityAgent=SSH_AUTH_SOCK", ""),
        ("IdentityAgent=SSH_AUTH_SOCK", "Host other\n  ForwardAgent yes\n"),
        (
            "IdentityAgent=SSH_AUTH_SOCK, ForwardAgent=no",
            "Host far\n  ForwardAgent yes\n",
        ),
    ] {
        let said = asked(options, ssh);
        assert!(!said.contains(empty), "{options} {ssh} {said}");
    }
}

#[test]
fn a_configuration_that_hangs_costs_its_host_the_timeout_and_no_other_host_anything() {
    let (Some(far), Some(near)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let ran = Fixture::new(
        "
connection: { connect_timeout: 2s }
hosts: [near, far]
rounds: [{ name: one, hosts: all, calls: [{ id: said, exec.command: [echo, there] }] }]
",
    )
    .host("near", &near)
    .host("far", &far)
    .ssh("Match originalhost far exec \"echo begun >{DIR}/t/begun; exec sleep 100\"\n  ForwardAgent yes\n")
    .events(&[])
    .code(4);
    assert_eq!(ran.outcome("near", "said"), "changed", "{ran}");
    let (cause, message) = ran.unreachable("far");
    assert_eq!(cause, "timeout", "{ran}");
    assert!(message.contains("Match exec"), "{message}");
}
