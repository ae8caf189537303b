//! Hosts that cannot be reached: each is named with its cause, costs at most its own timeout, and hurts no other.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::{Fixture, Ran, Sshd, Trust};

/// A healthy host beside a broken one, which is described by a block of the ssh configuration.
fn beside(healthy: &Sshd, broken: &str, hosts: &str) -> Fixture {
    Fixture::new(format!(
        "
{hosts}
rounds:
  - name: one
    hosts: all
    calls: [{{ id: first, exec.shell: echo 1 }}]
  - name: two
    hosts: all
    calls: [{{ id: second, exec.shell: echo 2 }}]
"
    ))
    .host("good", healthy)
    .ssh(broken)
}

const TWO: &str = "hosts: [good, bad]";

/// The healthy host did everything, the broken one nothing, and the exit code says so.
#[track_caller]
fn only_bad_is_lost(ran: Ran) -> Ran {
    let ran = ran
        .code(4)
        .outcomes("good", &[("first", "changed"), ("second", "changed")]);
    assert_eq!(ran.host("bad"), "unreachable", "{ran}");
    assert_eq!(ran.host("good"), "ok", "{ran}");
    assert!(ran.recap("bad")["reason"].is_string(), "{ran}");
    ran
}

#[test]
fn a_port_on_which_nobody_listens() {
    let Some(sshd) = Sshd::start() else { return };
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let block = sshd.block_with("bad", port, Trust::Right, "client_key");
    let ran = only_bad_is_lost(beside(&sshd, &block, TWO).events(&[]));
    let (cause, message) = ran.unreachable("bad");
    assert_eq!(cause, "refused", "{message}");
    assert!(message.contains(&port.to_string()), "{message}");
}

#[test]
fn a_name_that_does_not_resolve() {
    let Some(sshd) = Sshd::start() else { return };
    let ran = only_bad_is_lost(
        beside(
            &sshd,
            "",
            "hosts: { good: {}, bad: { address: no-such-host.invalid } }",
        )
        .events(&[]),
    );
    let (cause, message) = ran.unreachable("bad");
    assert_eq!(cause, "dns", "{message}");
    assert!(message.contains("no-such-host.invalid"), "{message}");
}

#[test]
fn a_host_that_accepts_and_never_speaks_costs_its_own_timeout() {
    let Some(sshd) = Sshd::start() else { return };
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let block = sshd.block_with("bad", port, Trust::Right, "client_key");
    let begun = Instant::now();
    let hosts = "hosts: { good: {}, bad: { connect_timeout: 1s } }";
    let ran = only_bad_is_lost(
        beside(&sshd, &block, hosts)
            .limit(Duration::from_secs(20))
            .events(&[]),
    );
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_secs(1) && took < Duration::from_secs(10),
        "{took:?}\n{ran}"
    );
    assert_eq!(ran.unreachable("bad").0, "timeout", "{ran}");
}

#[test]
fn a_login_that_never_ends_costs_its_own_timeout() {
    let Some(healthy) = Sshd::start() else { return };
    let Some(stuck) = Sshd::setup().login("exec sleep 60").start() else {
        return;
    };
    let hosts = "hosts: { good: {}, bad: { connect_timeout: 2s } }";
    let ran = only_bad_is_lost(
        beside(&healthy, &stuck.block("bad"), hosts)
            .limit(Duration::from_secs(20))
            .events(&[]),
    );
    assert_eq!(ran.unreachable("bad").0, "timeout", "{ran}");
}

#[test]
fn a_key_that_the_host_does_not_take() {
    let Some(sshd) = Sshd::start() else { return };
    let block = sshd.block_with("bad", sshd.port(), Trust::Right, "other_client_key");
    let ran = only_bad_is_lost(beside(&sshd, &block, TWO).events(&[]));
    let (cause, message) = ran.unreachable("bad");
    assert_eq!(cause, "login_refused", "{message}");
}

#[test]
fn a_host_key_that_is_not_known_says_how_to_accept_it() {
    let Some(sshd) = Sshd::start() else { return };
    let block = sshd.block_with("bad", sshd.port(), Trust::Unknown, "client_key");
    let ran = only_bad_is_lost(beside(&sshd, &block, TWO).events(&[]));
    assert_eq!(ran.unreachable("bad").0, "key_unknown", "{ran}");
    let help = ran.all("unreachable")[0]["help"].as_str().unwrap_or_default();
    assert!(
        help.contains("ssh-keyscan") || help.contains("known_hosts"),
        "{help}"
    );
}

#[test]
fn a_host_key_that_has_changed() {
    let Some(sshd) = Sshd::start() else { return };
    let block = sshd.block_with("bad", sshd.port(), Trust::Changed, "client_key");
    let ran = only_bad_is_lost(beside(&sshd, &block, TWO).events(&[]));
    assert_eq!(ran.unreachable("bad").0, "key_changed", "{ran}");
}

#[test]
fn people_read_the_host_and_the_cause() {
    let Some(sshd) = Sshd::start() else { return };
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let block = sshd.block_with("bad", port, Trust::Right, "client_key");
    let ran = beside(&sshd, &block, TWO).run(&[]).code(4);
    let text = format!("{}{}", ran.stdout, ran.stderr).to_lowercase();
    assert!(
        text.contains("bad") && text.contains("refused") && text.contains("unreachable"),
        "{ran}"
    );
}

#[test]
fn a_failure_here_and_an_unreachable_host_there_give_six() {
    let Some(sshd) = Sshd::start() else { return };
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    Fixture::new(
        "hosts: [good, bad]\nrounds:\n  - name: one\n    hosts: all\n    calls: [{ exec.shell: exit 1 }]\n",
    )
    .host("good", &sshd)
    .ssh(&sshd.block_with("bad", port, Trust::Right, "client_key"))
    .run(&[])
    .code(6);
}

#[test]
fn a_program_that_should_connect_and_is_not_there() {
    let ran = Fixture::new(
        "
hosts:
  bad: { transport: { command: [/nonexistent/program] } }
  good: { transport: local }
rounds:
  - name: one
    hosts: all
    calls: [{ id: first, exec.shell: echo 1 }]
",
    )
    .events(&[])
    .code(4)
    .outcomes("good", &[("first", "changed")]);
    let (cause, message) = ran.unreachable("bad");
    assert_eq!(cause, "local", "{message}");
    assert!(message.contains("/nonexistent/program"), "{message}");
}

#[test]
fn many_broken_hosts_are_given_up_at_once_and_not_in_turn() {
    let Some(sshd) = Sshd::start() else { return };
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let block = sshd.block_with("bad*", port, Trust::Right, "client_key");
    let begun = Instant::now();
    let ran = Fixture::new(
        "
hosts:
  bad[01:20]: { connect_timeout: 2s }
  good:
rounds:
  - name: one
    hosts: all
    calls: [{ id: first, exec.shell: echo 1 }]
",
    )
    .host("good", &sshd)
    .ssh(&block)
    .events(&[])
    .code(4)
    .outcomes("good", &[("first", "changed")]);
    let took = begun.elapsed();
    assert!(
        took < Duration::from_secs(15),
        "one after another it would be 40 s: {took:?}"
    );
    assert_eq!(ran.all("unreachable").len(), 20, "{ran}");
}
