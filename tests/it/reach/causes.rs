//! The law of causes: however a connection ends or does not begin, the real cause and the real host are named, on every
//! transport.

use crate::support::{Fixture, Sshd, Trust};

/// A host, ssh's configuration for it, what must be told of it and what must not.
struct Way {
    name: &'static str,
    host: String,
    ssh: String,
    says: Vec<String>,
    never: &'static [&'static str],
}

/// Guesses that are right for logins by ssh alone.
const LOGIN: &[&str] = &["login shell", "SSH server", "asked too often"];
/// Notes of ssh on its own work.
const COUNTS: &[&str] = &["Bytes per second", "Transferred", "debug1"];
/// Ends the agent that runs the call, or the process above that.
const KILL: &str = "kill -9 $PPID; sleep 60";

fn way(name: &'static str, host: &str, says: &[&str], never: &'static [&'static str]) -> Way {
    Way {
        name,
        host: host.to_owned(),
        ssh: String::new(),
        says: says.iter().map(|it| (*it).to_owned()).collect(),
        never,
    }
}

fn told(way: &Way, call: &str) -> String {
    let playbook = format!(
        "hosts: {{ far: {} }}\nrounds:\n  - {{ name: one, hosts: far, calls: [ {{ id: it, exec.shell: '{call}' }} ] }}\n",
        way.host
    );
    let ran = Fixture::new(playbook).ssh(&way.ssh).events(&[]);
    assert!(matches!(ran.code, Some(2 | 4)), "{}: {ran}", way.name);
    let event = ran.all("unreachable");
    let event = event.first().unwrap_or_else(|| panic!("{}: {ran}", way.name));
    event["message"].as_str().unwrap().to_owned()
}

fn hold(ways: &[Way], call: &str) {
    let mut wrong = Vec::new();
    for way in ways {
        let said = told(way, call);
        let is_right =
            way.says.iter().all(|it| said.contains(it)) && !way.never.iter().any(|it| said.contains(it));
        if !is_right {
            wrong.push(format!("{}: {said}", way.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_connection_that_does_not_begin_is_explained_by_who_kept_it() {
    let (Some(far), Some(jump)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let ssh = |mut way: Way, blocks: &[&str]| {
        way.ssh = blocks.concat();
        way
    };
    let stranger = jump.block_with("bastion", jump.port(), Trust::Unknown, "client_key");
    let changed = jump.block_with("bastion", jump.port(), Trust::Changed, "client_key");
    let by_config = far.block("far") + "  ProxyJump bastion\n";
    let gate = "Host far\n  ProxyCommand sh -c 'echo the gate is shut >&2; exit 1'\n";
    let silent = "Host far\n  ProxyCommand false\n";
    let far_key = "the host key of `far`";
    let ways = [
        ssh(
            way(
                "a jump host's unknown key",
                "{ jump: bastion }",
                &["host key", "bastion"],
                &[],
            ),
            &[&far.block("far"), &stranger],
        ),
        ssh(
            way(
                "a jump host's changed key",
                "{ jump: bastion }",
                &["host key", "bastion"],
                &[],
            ),
            &[&far.block("far"), &changed],
        ),
        ssh(
            way("the same by ssh's configuration", "{ }", &["host key"], &[]),
            &[&by_config, &stranger],
        ),
        ssh(
            way("ProxyCommand's words", "{ }", &["the gate is shut"], LOGIN),
            &[gate],
        ),
        ssh(
            way(
                "a ProxyCommand without words",
                "{ }",
                &["ProxyCommand", "`far`", "did not say why"],
                LOGIN,
            ),
            &[silent],
        ),
        way(
            "a command's words",
            "{ transport: { command: [sh, -c, \"echo the gate is shut >&2; exit 3\"] } }",
            &["the gate is shut"],
            LOGIN,
        ),
        way(
            "a program that is not there",
            "{ transport: { command: [/nosuch/program] } }",
            &["/nosuch/program", "No such file"],
            LOGIN,
        ),
        way(
            "a container that is not there",
            "{ transport: { podman: nosuch-container } }",
            &["podman"],
            LOGIN,
        ),
        way(
            "the same of docker",
            "{ transport: { docker: nosuch-container } }",
            &["docker"],
            LOGIN,
        ),
    ];
    for way in &ways[..3] {
        assert!(
            !told(way, "true").contains(far_key),
            "{}: {}",
            way.name,
            told(way, "true")
        );
    }
    hold(&ways, "true");
}

#[test]
fn a_connection_that_ends_is_explained_by_what_ended_it() {
    let Some(far) = Sshd::start() else { return };
    let by_ssh = |name, says: &[&str]| Way {
        ssh: far.block("far"),
        ..way(name, "{ }", says, COUNTS)
    };
    hold(
        &[
            way(
                "the agent on this machine",
                "{ transport: local }",
                &["the agent was ended", "SIGKILL"],
                COUNTS,
            ),
            way(
                "the agent behind a command",
                "{ transport: { command: [/bin/sh] } }",
                &["the agent was ended"],
                COUNTS,
            ),
            by_ssh("the agent on a host", &["the agent on the host was ended"]),
        ],
        KILL,
    );
}
