//! What inventories of Ansible say of `become`.

use crate::support::{Fixture, Lab};

const PLAYBOOK: &str = "
rounds:
  - name: one
    hosts: all
    calls:
      - { id: who, exec.shell: 'id -un; cat /tmp/pw' }
      - { id: login, become: false, exec.shell: id -un }
      - { id: inner, become: carol, exec.shell: id -un }
";

#[test]
fn users_methods_and_passwords_of_an_inventory_hold() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    machine.write("/tmp/pw", "pw-alice\n");
    for (vars, user) in [
        (
            "ansible_become=yes ansible_become_method=sudo ansible_become_password=pw-alice",
            "root",
        ),
        (
            "ansible_become=true ansible_become_user=bob ansible_become_pass='{{ \"pw-\" ~ \"alice\" }}'",
            "bob",
        ),
        (
            "ansible_become=1 ansible_become_method=ansible.builtin.sudo ansible_sudo_pass=pw-alice ansible_sudo_user=bob ansible_su_pass=no",
            "bob",
        ),
        (
            "ansible_become=True ansible_become_method=doas ansible_doas_pass=pw-alice ansible_sudo_pass=no",
            "root",
        ),
    ] {
        let scene = Fixture::new(PLAYBOOK)
            .file("inv.ini", format!("web ansible_user=alice {vars}\n"))
            .machine("web", &machine)
            .build();
        scene
            .rmote_play(&["validate", "--strict", "-i", "inv.ini", "site.yml"])
            .code(0);
        let ran = scene.events(&["-i", "inv.ini"]).code(0).never_says("pw-alice");
        let said = |id: &str| ran.end("web", id)["result"]["stdout"].clone();
        assert_eq!(said("who"), format!("{user}\n***"), "{vars}: {ran}");
        assert_eq!(
            (said("login"), said("inner")),
            ("alice".into(), "carol".into()),
            "{vars}"
        );
    }
}

#[test]
fn a_password_of_an_inventory_wins_over_that_of_the_command_line_and_is_needed_only_when_it_is_asked_for() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let vaulted = "$ANSIBLE_VAULT;1.1;AES256\n          6231336539\n";
    let inventory = format!(
        "all:\n  hosts:\n    web:\n      ansible_user: alice\n      ansible_become_method: sudo\n      ansible_become_password: !vault |\n          {vaulted}"
    );
    let scene = Fixture::new(PLAYBOOK.replace("cat /tmp/pw", "true"))
        .file("inv.yml", inventory)
        .file("pw", "pw-wrong\n")
        .machine("web", &machine)
        .build();
    scene
        .rmote_play(&["validate", "-i", "inv.yml", "site.yml"])
        .code(0);
    let ran = scene.events(&["-i", "inv.yml"]).code(2);
    let failure = ran.failure("web", "inner");
    assert!(
        failure.contains("`become`: ") && failure.contains("vaulted"),
        "{failure}"
    );
    assert_eq!(ran.end("web", "who")["outcome"], "changed", "nobody asked before");
    scene.write("inv.ini", b"web ansible_user=alice ansible_become=yes ansible_become_method=sudo ansible_become_password=pw-alice\n");
    scene
        .events(&["-i", "inv.ini", "--become-password-file", "pw"])
        .code(0);
}
