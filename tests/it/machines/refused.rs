//! What a user without rights asks for: it is refused by name, and nothing is left of the attempt.

use std::os::unix::fs::MetadataExt as _;

use super::law::on;
use crate::support::{Kind, Lab};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";

/// Calls, each with what its failure names.
const CALLS: &[(&str, &str)] = &[
    ("fs.write: { path: /etc/new, content: x }", "/etc/new"),
    (
        "fs.write: { path: /etc/passwd, content: x, backup: true }",
        "/etc/passwd",
    ),
    (
        "fs.write: { path: /home/alice/own, content: x, owner: root }",
        "/home/alice/own",
    ),
    ("fs.line_in_file: { path: /etc/hosts, line: x }", "/etc/hosts"),
    ("fs.block_in_file: { path: /etc/hosts, block: x }", "/etc/hosts"),
    (
        "fs.replace: { path: /etc/hosts, regexp: localhost, replace: x }",
        "/etc/hosts",
    ),
    ("fs.directory: { path: /etc/new }", "/etc/new"),
    ("fs.symlink: { path: /etc/new, target: hosts }", "/etc/new"),
    ("fs.move: { src: /etc/hosts, dest: /etc/moved }", "/etc/hosts"),
    ("fs.remove: { path: /etc/hosts }", "/etc/hosts"),
    ("fs.attributes: { path: /etc/hosts, mode: 0600 }", "/etc/hosts"),
    ("fs.read_str: /etc/shadow", "/etc/shadow"),
    ("exec.command: { argv: [id], cwd: /root/.ssh }", "/root/.ssh"),
    ("user.present: { name: web }", "`web`"),
    ("user.present: { name: bob, shell: /bin/sh }", "`bob`"),
    ("user.absent: { name: bob }", "`bob`"),
    ("group.present: { name: ops }", "`ops`"),
    ("group.absent: { name: cdrom }", "`cdrom`"),
    ("hostname.set: elsewhere", "/etc/hosts"),
    (
        "sysctl.set: { name: kernel.domainname, value: x }",
        "/etc/sysctl.d",
    ),
    (
        "sysctl.absent: { name: x, path: /etc/sysctl.d/old.conf }",
        "/etc/sysctl.d/old.conf",
    ),
    (
        "sysctl.converge: { values: { kernel.domainname: x }, path: /etc/sysctl.d/new.conf }",
        "/etc/sysctl.d",
    ),
    ("timezone.set: Europe/Berlin", "/etc/localtime"),
    (
        "locale.default: { values: { LANG: C.UTF-8 } }",
        "/etc/default/locale",
    ),
    (
        "kernel_module.loaded: { name: dummy, now: false }",
        "/etc/modules-load.d",
    ),
    ("kernel_module.absent: dummy", "/etc/modprobe.d"),
    (
        "mount.present: { path: /mnt/a, source: tmpfs, type: tmpfs }",
        "/etc/fstab",
    ),
    (
        "http.download: { url: 'http://127.0.0.1:9/x', dest: /opt/it, checksum: none }",
        "/opt/it",
    ),
    ("user.authorized_key: { user: bob, key: 'KEY' }", "/home/bob/.ssh"),
    ("user.sudoer: { name: alice }", "/etc/sudoers.d"),
    (
        "cron.job: { name: it, user: alice, file: /etc/cron.d/shop, hour: 1, job: 'true' }",
        "/etc/cron.d",
    ),
    (
        "apt_repository.absent: old",
        "/etc/apt/sources.list.d/old.sources",
    ),
    ("apt.package: { name: cron, state: absent }", ""),
    ("apt.update: 0s", ""),
    ("package.update: 0s", ""),
    (
        "debconf.set: { package: shop, question: shop/a, type: string, value: x }",
        "shop/a",
    ),
    (
        "debconf.set: { package: shop, question: shop/a, type: password, value: x }",
        "passwords.dat",
    ),
    ("mount.unmounted: /dev/shm", "/dev/shm"),
    ("alternatives.set: { name: awk, path: /usr/bin/mawk }", "awk"),
    (
        "dnf_repository.present: { name: shop, baseurl: 'file:///x' }",
        "/etc/yum.repos.d",
    ),
    (
        "apt_repository.key: { name: old, state: absent }",
        "/etc/apt/keyrings/old.gpg",
    ),
];

/// What is there before.
const MADE: &str = "touch /home/alice/own; chown alice: /home/alice/own; touch /etc/apt/sources.list.d/old.sources; chmod 700 /root/.ssh; mkdir -p /etc/apt/keyrings; touch /etc/apt/keyrings/old.gpg; echo x=1 >/etc/sysctl.d/old.conf";

#[test]
fn it_is_refused_by_name_and_nothing_is_left_of_it() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says(MADE);
    let calls: Vec<_> = CALLS.iter().map(|(call, _)| call.replace("KEY", KEY)).collect();
    let calls: Vec<_> = calls.iter().map(String::as_str).collect();
    let said = on(&machine).logged_in_as("alice").all_fail(&calls);
    let mut wrong = Vec::new();
    for ((call, name), said) in CALLS.iter().zip(said) {
        if !(said.starts_with("permission_denied: ") && said.contains(name)) {
            wrong.push(format!("{call}\n    {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What others than root may do about a service is known to its manager alone.
#[test]
fn check_mode_says_what_would_be_refused_or_that_it_cannot_know() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says(MADE);
    machine.write(
        "/etc/init.d/shop",
        "#!/bin/sh\ncase $1 in status) exit 3 ;; esac\n",
    );
    machine.says("chmod 755 /etc/init.d/shop");
    let on = on(&machine).logged_in_as("alice");
    let mut wrong = Vec::new();
    // What a program of the author's would say is not known.
    for (call, _) in CALLS.iter().filter(|(call, _)| !call.starts_with("exec.")) {
        let call = call.replace("KEY", KEY);
        let ran = on.run(&[&format!("id: it\n{call}")], &["-C"]);
        let end = ran.end("m", "it");
        if end["outcome"] != "failed" || end["error"]["kind"] != "permission_denied" {
            wrong.push(format!("{call}: {}", end["outcome"]));
        }
    }
    for call in ["service.start: shop", "host.reboot: {}"] {
        let ran = on.run(&[&format!("id: it\n{call}")], &["-C"]);
        if ran.outcome("m", "it") != "unknown" {
            wrong.push(format!("{call}: {}", ran.outcome("m", "it")));
        }
        let because = ran.end("m", "it")["because"].to_string();
        if !because.contains("whether this account may do it") {
            wrong.push(format!("{call}: {because}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_service_is_not_touched_by_who_may_not() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("sys", Kind::Systemd);
    let calls = ["stop", "restart", "disable"].map(|verb| format!("service.{verb}: cron"));
    let calls: Vec<_> = calls.iter().map(String::as_str).collect();
    for said in on(&machine).logged_in_as("alice").all_fail(&calls) {
        assert!(said.starts_with("permission_denied: `systemctl "), "{said}");
    }
    assert_eq!(machine.says("systemctl is-active cron"), "active\n");
}

/// What root writes for others has the owner, the group and the mode that were asked for, whatever the umask.
#[test]
fn what_root_makes_has_the_owner_and_mode_that_were_asked_for() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("echo umask 077 >>/etc/profile; echo umask 077 >>/root/.bashrc");
    let on = on(&machine);
    for (call, mode) in [
        (
            "fs.write: { path: /srv/it, content: x, owner: alice, group: bob, mode: 0640 }",
            0o100_640,
        ),
        (
            "fs.line_in_file: { path: /srv/it, line: x, create: true, owner: alice, group: bob, mode: 0606 }",
            0o100_606,
        ),
        (
            "fs.block_in_file: { path: /srv/it, block: x, create: true, owner: alice, group: bob, mode: 0600 }",
            0o100_600,
        ),
        (
            "fs.directory: { path: /srv/it, owner: alice, group: bob, mode: 02750 }",
            0o042_750,
        ),
    ] {
        machine.says("rm -rf /srv/it");
        on.keeps_the_laws(call);
        let meta = machine.path("/srv/it").metadata().unwrap();
        let [alice, bob] =
            ["alice", "bob"].map(|it| machine.path(&format!("/home/{it}")).metadata().unwrap());
        assert_eq!(
            (meta.mode(), meta.uid(), meta.gid()),
            (mode, alice.uid(), bob.gid()),
            "{call}"
        );
    }
}
