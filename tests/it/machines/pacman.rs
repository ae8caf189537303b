//! `pacman.*` on a machine with pacman and a repository of its own, and `package.package` on both sorts.

use super::law::on;
use super::{apt, dnf};
use crate::support::{Kind, Lab, Machine};

pub(super) fn with_repository(lab: &Lab) -> Machine {
    let machine = lab.machine("arch", Kind::Arch);
    machine.write(
        "/root/pacman_repository.sh",
        include_str!("../support/machines/pacman_repository.sh"),
    );
    machine.says("sh /root/pacman_repository.sh /srv/pac");
    machine
}

fn publish(machine: &Machine) {
    machine.says("sh /srv/pac/publish.sh && pacman -Sy");
}

#[test]
fn packages_and_groups_are_installed_and_removed() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("pacman.package: [shop-doc, tools]");
    assert_eq!(
        diff,
        "packages\n+shop 1.0-1\n+shop-doc 1.0-1\n+tools-a 1-1\n+tools-b 1-1\n"
    );
    assert_eq!(result["packages"][0]["version"], "1.0-1");
    machine.says("pacman -R --noconfirm tools-b");
    let (diff, _) = on.keeps_the_laws("pacman.package: tools");
    assert_eq!(diff, "packages\n+tools-b 1-1\n");
    let failure = on.fails("pacman.package: { name: shop, state: absent }");
    assert!(
        failure.starts_with("conflict: pacman refuses: ") && failure.contains("required by shop-doc"),
        "{failure}"
    );
    machine.write("/etc/shop.conf", "mine\n");
    let (diff, _) = on.keeps_the_laws("pacman.package: { name: shop, state: absent, allow_removals: true }");
    assert_eq!(diff, "packages\n-shop 1.0-1\n-shop-doc 1.0-1\n");
    assert_eq!(machine.read("/etc/shop.conf.pacsave"), "mine\n");
    on.is_settled("pacman.package: { name: [shop, never-there], state: absent }");
    let failure = on.fails("pacman.package: no-such-package");
    assert_eq!(
        failure,
        "not_found: pacman refuses: target not found: no-such-package"
    );
    let failure = on.is_refused("pacman.package: shop=1.0-1");
    assert!(failure.contains("`shop=1.0-1` names a version"), "{failure}");
}

#[test]
fn nothing_is_upgraded_alone_and_latest_upgrades_everything() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    on.keeps_the_laws("pacman.package: [shop, shop-lib]");
    publish(&machine);
    on.is_settled("pacman.package: shop");
    let failure = on.fails("pacman.package: shop-extra");
    assert!(
        failure.starts_with("conflict: pacman would upgrade shop alone"),
        "{failure}"
    );
    let (diff, _) = on.keeps_the_laws("pacman.package: { name: shop-extra, state: latest }");
    assert_eq!(diff, "packages\n-shop 1.0-1\n+shop 2.0-1\n+shop-extra 1.0-1\n");
    let (diff, _) = on.keeps_the_laws(
        "pacman.converge: [{ name: shop-extra, state: purged }, { name: tools-a }, { name: nosuch, state: absent }]",
    );
    assert_eq!(
        diff,
        "packages\n-shop-extra 1.0-1\n+tools-a 1-1\n-shop-extra configuration\n"
    );
    assert!(!machine.path("/etc/shop-extra.conf").exists());
}

#[test]
fn databases_are_read_anew_by_their_age_and_a_lock_is_waited_for() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    on.is_settled("pacman.update: 1h");
    machine.says("touch -d '2 hours ago' /var/lib/pacman/sync");
    on.would_change("pacman.update: 1h");
    for call in ["pacman.update: 1h", "pacman.update: {}"] {
        assert_eq!(on.call(call)["outcome"], "ok", "nothing in them is new");
    }
    machine.says("sh /srv/pac/publish.sh");
    assert_eq!(on.call("pacman.update: {}")["outcome"], "changed");
    machine.write("/var/lib/pacman/db.lck", "");
    for call in [
        "pacman.package: { name: shop, lock_timeout: 200ms }",
        "pacman.update: { lock_timeout: 200ms }",
    ] {
        let failure = on.fails(call);
        assert!(
            failure.starts_with("timeout: `/var/lib/pacman/db.lck` was there for 200ms"),
            "{failure}"
        );
    }
    machine.says("rm /var/lib/pacman/db.lck");
    let failure = super::law::on(&lab.debian("none")).fails("apt.package: [curl]");
    assert!(failure.starts_with("not_found: apt refuses"), "{failure}");
}

#[test]
fn the_hosts_own_manager_installs_packages() {
    let Some(lab) = Lab::start() else { return };
    let machines = [
        apt::with_repository(&lab),
        with_repository(&lab),
        dnf::with_repository(&lab),
    ];
    for machine in machines {
        let on = on(&machine);
        let (diff, _) = on.keeps_the_laws("package.package: shop-lib");
        assert!(diff.starts_with("packages\n+shop-lib "), "{diff}");
        on.keeps_the_laws("package.package: { name: shop-lib, state: absent }");
    }
    let failure = on(&lab.machine("bb", Kind::BusyBox)).fails("package.package: curl");
    assert!(
        failure.starts_with("unsupported: this host has none of apt, dnf, pacman and apk"),
        "{failure}"
    );
    let failure = on(&lab.machine("arch2", Kind::Arch)).fails("apt.package: curl");
    assert!(
        failure.starts_with("unsupported: this host has no apt"),
        "{failure}"
    );
}

#[test]
fn a_repository_is_added_changed_and_removed_and_comments_stay() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let before = "# mine\n[options]\nArchitecture = x86_64\nSigLevel = Never\n\n#[other]\n#Server = x\n";
    machine.write("/etc/pacman.conf", before);
    let on = on(&machine);
    let call = "pacman_repository.present: { name: test, servers: ['file:///srv/pac', 'file:///srv/more'] }";
    on.keeps_the_laws(call);
    let added = format!("{before}\n[test]\nServer = file:///srv/pac\nServer = file:///srv/more\n");
    assert_eq!(machine.read("/etc/pacman.conf"), added);
    on.keeps_the_laws(
        "pacman_repository.present: { name: second, servers: 'file:///x', sig_level: Required }",
    );
    on.is_settled(call);
    on.keeps_the_laws("pacman_repository.absent: second");
    on.keeps_the_laws("pacman_repository.present: { name: test, servers: 'file:///srv/pac' }");
    on.call("pacman.update: {}");
    on.keeps_the_laws("pacman.package: shop-lib");
    let failure = on
        .fails("pacman_repository.present: { name: test, servers: 'file:///srv/pac', sig_level: Sometimes }");
    assert!(
        failure.contains("`/etc/pacman.conf` was not changed: `pacman-conf"),
        "{failure}"
    );
    on.keeps_the_laws("pacman_repository.absent: test");
    assert!(machine.read("/etc/pacman.conf").starts_with(before));
    let said = on.is_refused("pacman_repository.absent: options");
    assert!(said.contains("is not the name of a repository"), "{said}");
}
