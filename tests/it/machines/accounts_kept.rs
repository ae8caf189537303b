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
    machine.says("echo 'carol ALL=(ALL) ALL' >>/etc/sudoers");
    let ran = on
        .run(&["user.sudoer: { name: carol, nopasswd: true }"], &[])
        .code(0);
    ran.says("`/etc/sudoers` has a rule of `carol` as well, and sudo reads it after");
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

#[test]
fn a_rule_is_about_the_command_as_it_is_written_and_is_a_file_of_root() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says(
        "printf 'carol ALL=(ALL) /bin/false\\n' >/etc/sudoers.d/carol; chown carol /etc/sudoers.d/carol; \
         chmod 440 /etc/sudoers.d/carol",
    );
    let on = on(&machine);
    on.keeps_the_laws("user.sudoer: { name: carol, commands: '/bin/echo a#b', nopasswd: true }");
    assert_eq!(machine.says("stat -c %U /etc/sudoers.d/carol"), "root\n");
    assert_eq!(machine.says("su carol -c \"sudo -n /bin/echo 'a#b'\""), "a#b\n");
    for other in ["a", "", "a c"] {
        let ran = machine.sh(&format!("su carol -c 'sudo -n /bin/echo {other}'"));
        assert!(!ran.status.success(), "{other}");
    }
}

#[test]
fn who_is_there_gets_a_home_and_a_password_that_ages() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("useradd -M homeless; echo x >/etc/skel/.kept");
    let on = on(&machine);
    let (diff, _) = on.keeps_the_laws("user.present: { name: homeless, create_home: true }");
    assert_eq!(
        diff,
        "user homeless\n-home directory: missing\n+home directory: present\n"
    );
    assert_eq!(
        machine.says("stat -c '%U:%G' /home/homeless /home/homeless/.kept"),
        "homeless:homeless\nhomeless:homeless\n"
    );
    assert_eq!(
        machine.says("useradd -m other; stat -c %a /home/other"),
        machine.says("stat -c %a /home/homeless")
    );
    on.keeps_the_laws("user.present: { name: homeless, password_max_days: 90 }");
    assert_eq!(machine.says("getent shadow homeless | cut -d: -f5"), "90\n");
    on.keeps_the_laws("user.present: { name: homeless, password_max_days: -1 }");
    let first = "user.present: { name: one, password: '$6$a$first', update_password: on_create }";
    on.keeps_the_laws(first);
    on.is_settled(&first.replace("first", "second"));
    assert!(machine.read("/etc/shadow").contains("one:$6$a$first:"));
}

#[test]
fn keys_that_sshd_will_not_take_are_a_warning() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says(
        "useradd -m web; chmod 777 /home/web; install -d -o web -m 700 /home/web/.ssh; \
         echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBb0j9uauLwC1IWq1WhpYW2rwsY+ueJ4LDZ/6wW4HkKg x' >/home/web/.ssh/authorized_keys2",
    );
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";
    let on = on(&machine);
    let call = format!("user.authorized_key: {{ user: web, key: '{key}', exclusive: true }}");
    let ran = on.run(&[&call], &[]).code(0);
    ran.says(
        "sshd takes no keys from below `/home/web` unless its `StrictModes` is off: others may write there",
    )
    .says(
        "`/home/web/.ssh/authorized_keys2`, which sshd may read as well, holds keys that are not to be there",
    );
}
