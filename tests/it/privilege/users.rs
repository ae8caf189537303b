//! As whom calls act.

use crate::support::{Fixture, Lab};

const WHO: &str = "exec.shell: 'id -un; echo $HOME; pwd'";

/// What each call of a host says of who it is, with its home and its folder.
fn check(playbook: &str, args: &[&str], wanted: &[(&str, &str, &str)]) {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let playbook = playbook.replace("WHO", WHO);
    let fixture = Fixture::new(playbook)
        .machine("web", &machine)
        .file("pw", "pw-alice\n");
    let ran = fixture.events(args).code(0);
    for (id, user, home) in wanted {
        let said = &ran.end("web", id)["result"]["stdout"];
        assert_eq!(said, &format!("{user}\n{home}\n{home}"), "{id}: {ran}");
    }
}

#[test]
fn an_inner_level_says_it_over_an_outer_one() {
    check(
        "
hosts: { web: { user: bob } }
become: carol
rounds:
  - name: one
    hosts: all
    vars: { who: alice }
    calls:
      - { id: outer, WHO }
      - { id: root, WHO, become: root }
      - { id: login, WHO, become: false }
      - become: '{{ who }}'
        calls:
          - { id: inner, WHO }
          - { id: same, WHO, become: true }
          - { id: nobody, WHO, become: false }
  - name: two
    hosts: all
    become: { user: root, method: doas }
    calls:
      - { id: round, WHO }
      - { id: loop, loop: [root, alice], become: '{{ item }}', exec.command: [id, -un], failed_when: result.stdout != item }
",
        &[],
        &[
            ("outer", "carol", "/home/carol"),
            ("root", "root", "/root"),
            ("login", "bob", "/home/bob"),
            ("inner", "alice", "/home/alice"),
            ("same", "alice", "/home/alice"),
            ("nobody", "bob", "/home/bob"),
            ("round", "root", "/root"),
        ],
    );
}

#[test]
fn sudo_takes_the_password() {
    check(
        "
hosts: { web: { user: alice } }
rounds:
  - { name: one, hosts: all, become: { method: sudo }, calls: [{ id: it, WHO }] }
",
        &["--become-password-file", "pw"],
        &[("it", "root", "/root")],
    );
}

#[test]
fn doas_takes_the_password() {
    check(
        "
hosts: { web: { user: alice, become: { method: doas } } }
rounds:
  - { name: one, hosts: all, become: carol, calls: [{ id: it, WHO }] }
",
        &["--become-password-file", "pw"],
        &[("it", "carol", "/home/carol")],
    );
}

#[test]
fn su_takes_the_other_users_password_and_root_needs_none() {
    check(
        "
hosts: { web: { user: carol } }
rounds:
  - { name: one, hosts: all, become: { user: alice, method: su }, calls: [{ id: it, WHO }] }
",
        &["--become-password-file", "pw"],
        &[("it", "alice", "/home/alice")],
    );
    check(
        "
hosts: { web: { user: root } }
rounds:
  - { name: one, hosts: all, calls: [{ id: it, WHO }] }
  - { name: two, hosts: all, become: { method: su, user: carol }, calls: [{ id: su, WHO }] }
",
        &["--become=bob"],
        &[("it", "bob", "/home/bob"), ("su", "carol", "/home/carol")],
    );
}
