//! What is in the way of accounts, keys and rules is seen before anything is changed, and what was asked for is true.

use super::law::on;
use crate::support::Lab;

#[test]
fn a_home_that_cannot_be_moved_or_removed_is_seen_before_the_account_is_changed() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says(
        "useradd -m -d /srv/mv mv; mkdir /home/there; useradd -m strange; chown root /home/strange; \
         useradd -m outer; useradd -M -d /home/outer/inner inner; useradd -m mounted; mkdir /home/mounted/disk; \
         mount -t tmpfs none /home/mounted/disk; touch /home/mounted/disk/kept",
    );
    let on = on(&machine);
    let all = on.all_fail(&[
        "user.present: { name: mv, home: /home/there, move_home: true, shell: /bin/sh }",
        "user.present: { name: mv, home: /no/such/folder, move_home: true }",
        "user.absent: { name: strange, remove_home: true }",
        "user.absent: { name: outer, remove_home: true }",
        "user.absent: { name: mounted, remove_home: true }",
    ]);
    for (said, why) in all.iter().zip([
        "conflict: the home of `mv` cannot be moved: `/home/there` is there already",
        "conflict: the home of `mv` cannot be moved: `/no/such` does not exist",
        "it belongs to `root`",
        "the home of `inner` is in it",
        "`/home/mounted/disk` is a file system that is mounted there",
    ]) {
        assert!(said.starts_with("conflict: ") && said.contains(why), "{said}");
    }
    on.keeps_the_laws("user.present: { name: mv, home: /home/mv, move_home: true }");
    assert!(machine.path("/home/mv").is_dir() && !machine.path("/srv/mv").exists());
}

#[test]
fn what_useradd_drops_in_silence_is_made_true() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    on.keeps_the_laws("user.present: { name: svc, system: true, expires: 2024-02-29 }");
    assert_eq!(machine.says("getent shadow svc | cut -d: -f8"), "19782\n");
}

#[test]
fn a_new_user_without_a_password_is_not_unlocked() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    let all = on.all_fail(&[
        "user.present: { name: new, locked: false }",
        "user.present: { name: new, locked: false, password: '!' }",
    ]);
    assert!(
        all.iter().all(|it| it.contains("`new` cannot be unlocked")),
        "{all:?}"
    );
    on.keeps_the_laws("user.present: { name: new, locked: false, password: '$6$a$b' }");
    on.keeps_the_laws("user.present: { name: shut, locked: true, password: '$6$a$b' }");
    assert!(machine.read("/etc/shadow").contains("shut:!$6$a$b:"));
}

#[test]
fn a_home_of_somebody_else_is_a_warning() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("mkdir /home/late; chown bob: /home/late");
    let ran = on(&machine).run(&["user.present: late"], &[]).code(0);
    ran.says("the home `/home/late` is there already and stays as it is: it belongs to `bob`");
}

#[test]
fn sudo_rules_have_files_of_their_own_and_files_of_others_stay() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("useradd -m a.b; useradd -m a_b; useradd -m by_hand");
    let on = on(&machine);
    // As an earlier version wrote it.
    machine.says("echo 'a.b ALL=(ALL:ALL) ALL' >/etc/sudoers.d/a_b; chmod 440 /etc/sudoers.d/a_b");
    for name in ["a.b", "a_b"] {
        on.keeps_the_laws(&format!(
            "user.sudoer: {{ name: {name}, nopasswd: true, commands: /usr/bin/id }}"
        ));
    }
    for name in ["a.b", "a_b"] {
        on.is_settled(&format!(
            "user.sudoer: {{ name: {name}, nopasswd: true, commands: /usr/bin/id }}"
        ));
        assert_eq!(machine.says(&format!("su {name} -c 'sudo -n id -u'")), "0\n");
    }
    on.keeps_the_laws("user.sudoer: { name: a_b, state: absent }");
    assert_eq!(machine.says("su a.b -c 'sudo -n id -u'"), "0\n");
    machine.says(
        "printf '# by hand\\nby_hand ALL=(root) /bin/special\\nbob ALL=(ALL) ALL\\n' >/etc/sudoers.d/by_hand; \
         chmod 440 /etc/sudoers.d/by_hand",
    );
    let all = on.all_fail(&[
        "user.sudoer: { name: by_hand, commands: /bin/ls }",
        "user.sudoer: { name: by_hand, state: absent }",
    ]);
    assert!(
        all.iter()
            .all(|it| it.starts_with("conflict: `/etc/sudoers.d/by_hand` was written by somebody else")),
        "{all:?}"
    );
    for bad in ["ALL", "WEB", "Defaults"] {
        let said = on.is_refused(&format!("user.sudoer: {bad}"));
        assert!(said.contains("sudo does not read"), "{said}");
    }
}

#[test]
fn a_sudo_rule_that_does_not_hold_is_a_warning() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("echo 'carol ALL=(ALL) ALL' >/etc/sudoers.d/zz; chmod 440 /etc/sudoers.d/zz");
    let on = on(&machine);
    let ran = on
        .run(&["user.sudoer: { name: carol, nopasswd: true }"], &[])
        .code(0);
    ran.says("`/etc/sudoers.d/zz` has a rule of `carol` as well");
    machine.says("sed -i '/includedir/d' /etc/sudoers");
    let ran = on
        .run(&["user.sudoer: { name: carol, nopasswd: true }"], &[])
        .code(0);
    ran.says("`/etc/sudoers` does not include `/etc/sudoers.d`");
}

#[test]
fn a_key_that_sshd_takes_is_taken_away_however_it_is_written() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says(
        "useradd -m -s /bin/sh web; mkdir -m 700 /home/web/.ssh; \
         for key in gone kept; do ssh-keygen -q -t rsa -b 2048 -N '' -f /root/$key; done",
    );
    let file = "/home/web/.ssh/authorized_keys";
    let key = |name: &str| machine.read(&format!("/root/{name}.pub"));
    let blob = key("gone").split(' ').nth(1).unwrap().to_owned();
    let kept = key("kept").trim().to_owned();
    let lets_in = || {
        let login = "ssh -F none -i /root/gone -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
                     -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR web@127.0.0.1 true";
        machine.sh(login).status.success()
    };
    let on = on(&machine);
    let mut taken = 0;
    for line in [
        format!("ssh-rsa {blob} x"),
        format!("ssh-rsa   {blob} x"),
        format!("no-pty \t ssh-rsa \t{blob} x"),
        format!("rsa-sha2-256 {blob} x"),
        format!("  RSA {blob}"),
        format!("environment=\"A=\\\"b c\\\"\",no-pty rsa-sha2-512 {blob} x"),
    ] {
        let calls = [
            format!("user.authorized_key: {{ user: web, key: '{kept}', exclusive: true }}"),
            format!("user.authorized_key: {{ user: web, key: 'ssh-rsa {blob}', state: absent }}"),
        ];
        for call in calls {
            machine.write(file, format!("{line}\n"));
            machine.says("chown -R web: /home/web/.ssh; chmod 600 /home/web/.ssh/*");
            // What this sshd does not take need not be taken away.
            taken += usize::from(lets_in());
            on.keeps_the_laws(&call);
            assert!(!lets_in(), "{line}: {call}");
        }
    }
    assert!(taken >= 8, "sshd took {taken} of 12");
}
