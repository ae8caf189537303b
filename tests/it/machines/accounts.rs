//! `user.*` and `group.*` on a Debian, and with nothing but `BusyBox`.

use std::os::unix::fs::MetadataExt as _;

use super::law::on;
use crate::support::{Kind, Lab};

const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";
const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBb0j9uauLwC1IWq1WhpYW2rwsY+ueJ4LDZ/6wW4HkKg";

#[test]
fn a_user_is_made_changed_and_removed() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws(
        "user.present: { name: web, comment: Web server, groups: [adm, tty], shell: /bin/sh }",
    );
    assert_eq!(
        diff,
        "user web\n+account: present\n+groups: adm,tty\n+comment: Web server\n+shell: /bin/sh\n"
    );
    assert_eq!(
        (&result["home"], &result["groups"][1]),
        (&"/home/web".into(), &"tty".into())
    );
    assert!(machine.path("/home/web").is_dir());
    let (diff, _) = on.keeps_the_laws(
        "user.present: { name: web, groups: [adm], append: false, home: /srv/web, move_home: true }",
    );
    assert_eq!(
        diff,
        "user web\n-groups: adm,tty\n+groups: adm\n-home: /home/web\n+home: /srv/web\n"
    );
    assert!(machine.path("/srv/web").is_dir() && !machine.path("/home/web").exists());
    let (diff, _) = on.keeps_the_laws("user.present: { name: web, expires: 2027-01-31 }");
    assert_eq!(diff, "user web\n-expires: never\n+expires: day 20849\n");
    on.keeps_the_laws("user.present: { name: web, expires: never }");
    let failure = on.fails("user.present: { name: web, groups: [no-such-group] }");
    assert_eq!(
        failure,
        "not_found: there is not a group `no-such-group` on this host"
    );
    let (diff, _) = on.keeps_the_laws("user.absent: { name: web, remove_home: true }");
    assert_eq!(diff, "user web\n-account: present\n-home: /srv/web\n");
    assert!(!machine.path("/srv/web").exists());
    let (_, result) =
        on.keeps_the_laws("user.present: { name: svc, system: true, create_home: true, home: /var/lib/svc }");
    assert!(result["uid"].as_u64().unwrap() < 1000);
    assert!(machine.path("/var/lib/svc").is_dir());
}

#[test]
fn what_is_not_given_stays_and_numbers_that_differ_are_changed() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("usermod -s /bin/sh -c 'Alice, at work' alice");
    let on = on(&machine);
    // Neither a default shell nor a comment or groups that are right are a change.
    on.is_settled("user.present: alice");
    on.is_settled("user.present: { name: alice, comment: 'Alice, at work', groups: [] }");
    let (diff, result) = on.keeps_the_laws("user.present: { name: alice, uid: 4000 }");
    assert_eq!(
        (diff.lines().last(), &result["uid"]),
        (Some("+uid: 4000"), &4000.into())
    );
    assert_eq!(machine.path("/home/alice").metadata().unwrap().uid(), 4000);
    let failure = on.fails("user.present: { name: alice, uid: 0 }");
    assert_eq!(
        failure,
        "conflict: `alice` cannot have the number 0: `root` has it"
    );
    on.keeps_the_laws("user.present: { name: alice, group: users }");
    assert_eq!(
        machine.says("getent passwd alice"),
        "alice:x:4000:100:Alice, at work:/home/alice:/bin/sh\n"
    );
}

#[test]
fn a_password_is_a_hash_that_nobody_sees() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let hash =
        "$6$saltsalt$w0W0Pq3uYb3ZJmVOtgTDJXU3aBWyDVXT0DlS7o2fV7wSPLvTQqVGVyDiEm3HyxRr3RVtEJNSZSyJf3pLkb5lO.";
    let on = on(&machine);
    let call = format!("user.present: {{ name: web, password: '{hash}' }}");
    let (diff, _) = on.keeps_the_laws(&call);
    assert_eq!(diff, "user web\n+account: present\n+password: (hidden)\n");
    assert!(machine.read("/etc/shadow").contains(&format!("web:{hash}:")));
    let (diff, _) = on.keeps_the_laws("user.present: { name: web, locked: true }");
    assert_eq!(diff, "user web\n-locked: false\n+locked: true\n");
    assert!(machine.read("/etc/shadow").contains(&format!("web:!{hash}:")));
    on.is_settled(&call);
    on.keeps_the_laws("user.present: { name: web, locked: false }");
    let said = on.is_refused("user.present: { name: web, password: plain }");
    assert!(said.contains("must be a hash, as"), "{said}");
}

#[test]
fn groups_are_made_numbered_and_removed() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("group.present: { name: ops, gid: 3000 }");
    assert_eq!(
        (&*diff, &result["gid"]),
        ("group ops\n+account: present\n+gid: 3000\n", &3000.into())
    );
    on.is_settled("group.present: ops");
    let (diff, _) = on.keeps_the_laws("group.present: { name: ops, gid: 3001 }");
    assert_eq!(diff, "group ops\n-gid: 3000\n+gid: 3001\n");
    let failure = on.fails("group.present: { name: ops, gid: 0 }");
    assert!(failure.starts_with("conflict: "), "{failure}");
    on.keeps_the_laws("group.absent: ops");
    let (_, result) = on.keeps_the_laws("group.present: { name: svc, system: true }");
    assert!(result["gid"].as_u64().unwrap() < 1000);
    let failure = on.fails("group.absent: alice");
    assert!(failure.contains("primary group"), "{failure}");
}

#[test]
fn keys_let_a_user_in_and_are_compared_by_what_they_are() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("useradd -m web");
    let on = on(&machine);
    on.keeps_the_laws(&format!(
        "user.authorized_key: {{ user: web, key: '{ONE} first' }}"
    ));
    let uid = machine.path("/home/web").metadata().unwrap().uid();
    for (path, mode) in [
        ("/home/web/.ssh", 0o40700),
        ("/home/web/.ssh/authorized_keys", 0o100_600),
    ] {
        let meta = machine.path(path).metadata().unwrap();
        assert_eq!((meta.mode(), meta.uid()), (mode, uid), "{path}");
    }
    on.is_settled(&format!("user.authorized_key: {{ user: web, key: '{ONE}' }}"));
    // A file without a final newline does not merge two keys into one line.
    machine.says("printf %s \"$(cat /home/web/.ssh/authorized_keys)\" >/home/web/.ssh/authorized_keys");
    on.keeps_the_laws(&format!(
        "user.authorized_key: {{ user: web, key: '{TWO}', options: no-pty }}"
    ));
    let file = "/home/web/.ssh/authorized_keys";
    assert_eq!(machine.read(file), format!("{ONE} first\nno-pty {TWO}\n"));
    on.keeps_the_laws(&format!(
        "user.authorized_key: {{ user: web, key: '{ONE}', state: absent }}"
    ));
    on.keeps_the_laws(&format!(
        "user.authorized_key: {{ user: web, key: '{ONE}', exclusive: true }}"
    ));
    assert_eq!(machine.read(file), format!("{ONE}\n"));
    let said = on.is_refused("user.authorized_key: { user: web, key: 'ssh-ed25519 AAAA' }");
    assert!(
        said.contains("what follows ssh-ed25519 is not such a key"),
        "{said}"
    );
    let failure = on.fails(&format!(
        "user.authorized_key: {{ user: nobody-here, key: '{ONE}' }}"
    ));
    assert!(failure.starts_with("not_found: "), "{failure}");
}

#[test]
fn a_link_of_the_users_does_not_lead_root_to_what_is_not_the_users() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("useradd -m web; mkdir /root/.keys; su web -c 'ln -s /root/.keys /home/web/.ssh'");
    let on = on(&machine);
    let call = format!("user.authorized_key: {{ user: web, key: '{ONE}' }}");
    let failure = on.fails(&call);
    assert!(
        failure.starts_with("permission_denied: the link `/home/web/.ssh` is not followed"),
        "{failure}"
    );
    machine.says(
        "rm /home/web/.ssh; cd /home/web; su web -c 'mkdir .ssh; ln -s /etc/shadow .ssh/authorized_keys'",
    );
    let before = machine.path("/etc/shadow").metadata().unwrap();
    let failure = on.fails(&call);
    assert!(failure.starts_with("permission_denied: "), "{failure}");
    let after = machine.path("/etc/shadow").metadata().unwrap();
    assert_eq!(
        (before.uid(), before.mode(), before.mtime()),
        (after.uid(), after.mode(), after.mtime())
    );
}

#[test]
fn a_sudoer_may_do_what_the_rule_says_as_soon_as_visudo_accepts_it() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("useradd -m john.doe; useradd -m web");
    let on = on(&machine);
    on.keeps_the_laws("user.sudoer: { name: john.doe, nopasswd: true }");
    assert_eq!(
        machine
            .path("/etc/sudoers.d/john_2edoe")
            .metadata()
            .unwrap()
            .mode()
            & 0o7777,
        0o440
    );
    assert_eq!(machine.says("su john.doe -c 'sudo -n id -u'"), "0\n");
    on.keeps_the_laws(
        "user.sudoer: { name: web, commands: ['/usr/bin/id -u', '/bin/echo a=b'], nopasswd: true }",
    );
    assert_eq!(
        machine.says("su web -c 'sudo -n id -u; sudo -n /bin/echo a=b'"),
        "0\na=b\n"
    );
    assert!(!machine.sh("su web -c 'sudo -n id -g'").status.success());
    // With a password, which is what is meant where nothing is said.
    on.keeps_the_laws("user.sudoer: web");
    assert!(!machine.sh("su web -c 'sudo -n id -u'").status.success());
    let before = machine.read("/etc/sudoers.d/web");
    let failure = on.fails("user.sudoer: { name: web, runas: 'a:b:c' }");
    assert!(
        failure.contains("`/etc/sudoers.d/web` was not changed: `visudo"),
        "{failure}"
    );
    assert_eq!(machine.read("/etc/sudoers.d/web"), before);
    on.keeps_the_laws("user.sudoer: { name: web, state: absent }");
    on.is_settled("user.sudoer: { name: never-there, state: absent }");
}

#[test]
fn where_there_are_no_programs_for_accounts_that_is_said() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("bb", Kind::BusyBox);
    let on = on(&machine);
    for call in ["user.present: web", "group.present: ops", "user.absent: u"] {
        let failure = on.fails(call);
        assert_eq!(
            failure, "unsupported: this host has neither `useradd` nor `adduser`",
            "{call}"
        );
    }
    on.is_settled("user.present: { name: u, uid: 1000, shell: /bin/sh }");
    on.keeps_the_laws(&format!("user.authorized_key: {{ user: u, key: '{ONE}' }}"));
    assert!(
        on.fails("user.sudoer: u")
            .starts_with("unsupported: this host has no sudo")
    );
}
