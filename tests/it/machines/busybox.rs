//! Accounts with the programs of `BusyBox`. Debian's has none of them, so that these tests run only where
//! `RMOTE_PLAY_TEST_BUSYBOX` names a static one that does.

use std::os::unix::fs::MetadataExt as _;

use super::law::on;
use crate::support::{Kind, Lab, Machine};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";

fn machine(lab: &Lab) -> Option<Machine> {
    let Some(busybox) = std::env::var_os("RMOTE_PLAY_TEST_BUSYBOX") else {
        eprintln!("skipped: `RMOTE_PLAY_TEST_BUSYBOX` does not name a static BusyBox with `adduser`");
        return None;
    };
    let machine = lab.machine("bb", Kind::BusyBox);
    std::fs::copy(busybox, machine.path("/bin").join("accounts")).unwrap();
    machine.says(
        "mv /bin/accounts /sbin/busybox && for name in adduser addgroup deluser delgroup passwd chpasswd crontab; do
        rm -f /bin/$name && ln -s /sbin/busybox /usr/sbin/$name; done; mkdir -p /var/spool/cron/crontabs && echo nogroup:x:65533: >>/etc/group",
    );
    Some(machine)
}

#[test]
fn users_and_groups_are_made_changed_and_removed() {
    let Some(lab) = Lab::start() else { return };
    let Some(machine) = machine(&lab) else { return };
    let on = on(&machine);
    let (_, result) = on.keeps_the_laws("group.present: { name: ops, gid: 3000 }");
    assert_eq!(result["gid"], 3000);
    let (_, result) = on.keeps_the_laws("group.present: { name: svc, system: true }");
    assert!(result["gid"].as_u64().unwrap() < 1000, "{result}");
    let (_, result) = on.keeps_the_laws(
        "user.present: { name: web, uid: 4000, group: ops, groups: [svc], comment: 'The web', home: /srv/web, shell: /bin/sh }",
    );
    assert_eq!((&result["uid"], &result["gid"]), (&4000.into(), &3000.into()));
    assert!(
        machine
            .read("/etc/passwd")
            .contains("web:x:4000:3000:The web:/srv/web:/bin/sh\n")
    );
    assert_eq!(machine.path("/srv/web").metadata().unwrap().uid(), 4000);
    on.is_settled("user.present: { name: web, groups: [svc], append: true }");
    on.keeps_the_laws("user.present: { name: web, groups: [], append: false }");
    assert!(machine.read("/etc/group").contains("svc:x:"));
    on.keeps_the_laws("user.present: { name: web, groups: [u, svc], append: false }");
    let hash =
        "$6$saltsalt$w0W0Pq3uYb3ZJmVOtgTDJXU3aBWyDVXT0DlS7o2fV7wSPLvTQqVGVyDiEm3HyxRr3RVtEJNSZSyJf3pLkb5lO.";
    on.keeps_the_laws(&format!("user.present: {{ name: web, password: '{hash}' }}"));
    assert!(machine.read("/etc/shadow").contains(&format!("web:{hash}:")));
    on.keeps_the_laws("user.present: { name: web, locked: true }");
    assert!(machine.read("/etc/shadow").contains(&format!("web:!{hash}:")));
    on.keeps_the_laws("user.present: { name: web, locked: false }");
    for (call, what) in [
        (
            "user.present: { name: web, uid: 4001 }",
            "`uid` of a user is changed with `usermod`",
        ),
        (
            "user.present: { name: new, expires: '2030-01-01' }",
            "`expires` of a user is changed with `usermod`",
        ),
        (
            "group.present: { name: ops, gid: 3001 }",
            "the number of a group is changed with `groupmod`",
        ),
    ] {
        let failure = on.fails(call);
        assert!(
            failure.starts_with("unsupported: ") && failure.contains(what),
            "{failure}"
        );
    }
    let (_, result) = on.keeps_the_laws("user.present: { name: daemon, system: true }");
    assert!(result["uid"].as_u64().unwrap() < 1000, "{result}");
    on.keeps_the_laws("user.absent: daemon");
    on.keeps_the_laws("user.absent: { name: web, remove_home: true }");
    assert!(!machine.path("/srv/web").exists());
    on.keeps_the_laws("group.absent: ops");
    on.is_settled("group.absent: ops");
    let failure = on.fails("group.absent: u");
    assert!(failure.contains("primary group"), "{failure}");
}

#[test]
fn a_user_gets_a_key_and_a_job() {
    let Some(lab) = Lab::start() else { return };
    let Some(machine) = machine(&lab) else { return };
    let on = on(&machine);
    on.keeps_the_laws("user.present: web");
    on.keeps_the_laws(&format!("user.authorized_key: {{ user: web, key: '{KEY}' }}"));
    assert_eq!(machine.read("/home/web/.ssh/authorized_keys"), format!("{KEY}\n"));
    on.keeps_the_laws("cron.job: { name: backup, user: web, minute: 5, job: backup }");
    assert!(machine.says("crontab -l -u web").contains("5 * * * * backup"));
    on.keeps_the_laws("cron.job: { name: backup, user: web, state: absent }");
}
