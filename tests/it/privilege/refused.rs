//! What is said where a call may not act as another user.

use crate::support::{Fixture, Lab, Ran};

const ROUND: &str = "
rounds:
  - { name: one, hosts: all, become: BECOME, calls: [{ id: it, exec.shell: id }] }
";

/// Runs as a user with this password on a machine that was made ready by a script.
fn refused(user: &str, password: &str, wanted: &str, ready: &str) -> Option<(Ran, String)> {
    let lab = Lab::start()?;
    let machine = lab.debian("web");
    machine.says(ready);
    let hosts = format!("hosts: {{ web: {{ user: {user} }} }}");
    let fixture = Fixture::new(hosts + &ROUND.replace("BECOME", wanted)).machine("web", &machine);
    let fixture = fixture.file("pw", format!("{password}\n"));
    let args: &[&str] = if password.is_empty() {
        &[]
    } else {
        &["--become-password-file", "pw"]
    };
    let ran = fixture.events(args).code(2);
    let error = &ran.end("web", "it")["error"];
    let said = format!("{}: {}", error["kind"].as_str()?, error["message"].as_str()?);
    if !password.is_empty() {
        assert!(!ran.to_string().contains(password), "{ran}");
    }
    Some((ran, said))
}

fn check(user: &str, password: &str, wanted: &str, ready: &str, words: &str) {
    if let Some((ran, said)) = refused(user, password, wanted, ready) {
        assert!(said.contains(words), "{words}\n{said}\n{ran}");
    }
}

#[test]
fn a_wrong_password_is_said_to_be_wrong() {
    for method in ["sudo", "doas"] {
        let wanted = format!("{{ method: {method} }}");
        let words = format!("permission_denied: the password to become `root` is wrong: `{method}`");
        check("alice", "hunter2-not", &wanted, "true", &words);
    }
}

#[test]
fn who_is_not_allowed_is_told_so() {
    let words = "permission_denied: this account may not become `root`: carol is not in the sudoers file";
    check("carol", "pw-carol", "{ method: sudo }", "true", words);
    let words = "permission_denied: this account may not become `root`: doas: Operation not permitted";
    check("carol", "pw-carol", "{ method: doas }", "true", words);
}

#[test]
fn a_password_that_nobody_gave_is_asked_for() {
    check(
        "alice",
        "",
        "true",
        "true",
        "permission_denied: `sudo` asks for a password to become `root`, and none was given: use `-K`",
    );
}

#[test]
fn a_host_without_terminals_is_told_from_one_that_refuses() {
    let ready = "umount /dev/pts; rm /dev/ptmx; echo 'Defaults requiretty' > /etc/sudoers.d/tty; chmod 440 /etc/sudoers.d/tty";
    check(
        "bob",
        "",
        "{ method: sudo }",
        ready,
        "unsupported: `sudo` needs a terminal (tty) to become `root`, and this host gives none",
    );
}

#[test]
fn a_program_that_does_not_answer_is_given_up() {
    // What a hanging directory service does to it.
    let ready = "printf 'auth required pam_exec.so /bin/sleep 60\n' > /etc/pam.d/sudo";
    let wanted = "{ method: sudo }";
    if let Some((ran, said)) = refused("alice", "pw-alice", wanted, ready) {
        assert!(
            said.contains("timeout: no answer in time: `sudo` did not start a shell for `root` within 10s"),
            "{said}\n{ran}"
        );
    }
}

#[test]
fn an_unknown_user_and_a_missing_program_are_named() {
    check(
        "bob",
        "",
        "nosuch",
        "true",
        "not_found: cannot become `nosuch`: there is no user `nosuch`",
    );
    let ready = "rm /usr/bin/sudo /usr/bin/doas";
    check(
        "bob",
        "",
        "true",
        ready,
        "unsupported: cannot become `root`: none of `sudo`, `doas` is installed",
    );
    check(
        "bob",
        "",
        "{ method: doas }",
        ready,
        "unsupported: cannot become `root`: `doas` is not installed",
    );
}
