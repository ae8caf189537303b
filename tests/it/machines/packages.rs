//! What package managers do with all packages at once, and what they are told about single ones: files, releases, services.

use super::apt::with_repository;
use super::apt_torn::with_flat_repository;
use super::law::on;
use super::{dnf, pacman};
use crate::support::{Kind, Lab};

#[test]
fn all_packages_are_upgraded_and_what_nobody_needs_is_removed() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    machine.says("apt-get install -qq -y shop=1.0-1 shop-doc && apt-mark hold shop-doc");
    let on = on(&machine);
    on.is_settled("package.update: 1h");
    let (diff, result) = on.keeps_the_laws("apt.upgrade: {}");
    assert_eq!(diff, "packages\n-shop 1.0-1\n+shop 2.0-1\n+shop-lib 1.0-1\n");
    assert_eq!(
        result["packages"],
        serde_json::json!([{ "name": "shop", "from": "1.0-1", "to": "2.0-1" }, { "name": "shop-lib", "to": "1.0-1" }])
    );
    on.is_settled("apt.upgrade: { kind: full }");
    on.is_settled("package.upgrade: {}");
    on.is_settled("apt.autoremove: {}");
    machine.says("apt-get remove -qq -y --allow-change-held-packages shop shop-doc");
    let (diff, _) = on.keeps_the_laws("apt.autoremove: {}");
    assert_eq!(diff, "packages\n-shop-lib 1.0-1\n");
    // The host's own manager does the same.
    machine.says("apt-get install -qq -y shop=1.1-1");
    on.keeps_the_laws("package.upgrade: {}");
    machine.says("apt-get remove -qq -y shop");
    on.keeps_the_laws("package.autoremove: {}");
    let ran = on.run(&["apt.upgrade: {}", "id: it\napt.package: shop"], &["-C"]);
    assert_eq!(ran.outcome("m", "it"), "changed", "{ran}");
}

#[test]
fn what_apt_has_fetched_is_removed_whole_or_where_it_is_outdated() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    machine.says(
        "cd /var/cache/apt/archives && cp /srv/apt/pool/shop_2.0-1_all.deb /srv/apt/pool/shop-lib_1.0-1_all.deb . && \
         cp shop_2.0-1_all.deb shop_0.1_all.deb && printf x >partial/torn.deb && touch lock other",
    );
    let on = on(&machine);
    // apt asks the file itself, and that is one of 2.0.
    machine.says("cd /root && dpkg-deb -R /srv/apt/pool/shop_2.0-1_all.deb o && sed -i s/2.0-1/0.1/ o/DEBIAN/control && dpkg-deb -b o /var/cache/apt/archives/shop_0.1_all.deb");
    let (_, result) = on.keeps_the_laws("apt.clean: { all: false }");
    assert!(result["bytes"].as_u64().unwrap() > 100);
    assert!(!machine.path("/var/cache/apt/archives/shop_0.1_all.deb").exists());
    assert!(
        machine
            .path("/var/cache/apt/archives/shop_2.0-1_all.deb")
            .exists()
    );
    on.keeps_the_laws("apt.clean: {}");
    assert_eq!(
        machine.says("cd /var/cache/apt/archives && ls . partial"),
        ".:\nlock\nother\npartial\n\npartial:\n"
    );
}

#[test]
fn a_package_comes_from_a_file_with_what_it_needs() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    machine.says("cp /srv/apt/pool/shop_2.0-1_all.deb /root/it.deb");
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("apt.package: { files: /root/it.deb }");
    assert_eq!(diff, "packages\n+shop 2.0-1\n+shop-lib 1.0-1\n");
    assert_eq!(result["packages"][0]["name"], "shop");
    on.is_settled("apt.package: { name: shop, files: [/root/it.deb] }");
    machine.says("cp /srv/apt/pool/shop_1.0-1_all.deb /root/it.deb; echo x >/root/bad.deb");
    let failure = on.fails("apt.package: { files: /root/it.deb }");
    assert!(failure.contains("`allow_downgrade: true` lets it"), "{failure}");
    let failure = on.fails("apt.package: { files: /root/none.deb }");
    assert!(
        failure.starts_with("not_found: the package `/root/none.deb` does not exist"),
        "{failure}"
    );
    let failure = on.fails("apt.package: { files: /root/bad.deb }");
    assert!(failure.contains("dpkg-deb"), "{failure}");
    on.is_refused("apt.package: {}");
    on.is_refused("apt.package: { files: /root/it.deb, state: absent }");
    // One that an earlier call would bring.
    let calls = [
        "fs.write: { path: /root/new.deb, content: x }",
        "id: it\napt.package: { files: /root/new.deb }",
    ];
    let ran = on.run(&calls, &["-C"]);
    assert_eq!(ran.outcome("m", "it"), "unknown", "{ran}");
}

#[test]
fn only_what_is_installed_is_upgraded_and_from_the_release_that_is_named() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    machine.says("apt-get install -qq -y shop=1.0-1");
    let on = on(&machine);
    let (diff, _) = on.keeps_the_laws(
        "apt.package: { name: [shop, multi], state: latest, only_upgrade: true, release: test }",
    );
    assert_eq!(diff, "packages\n-shop 1.0-1\n+shop 2.0-1\n+shop-lib 1.0-1\n");
    let failure = on.fails("apt.package: { name: multi, release: no-such-release }");
    assert!(failure.contains("no-such-release"), "{failure}");
    on.is_refused("apt.package: { name: multi, release: -x }");
}

/// A package that asks, as scripts of packages do, whether its service may be started.
const ASKS: &str = "set -e
mkdir -p /root/p/DEBIAN
printf 'Package: asks\\nVersion: 1\\nArchitecture: all\\nMaintainer: t\\nDescription: t\\n' >/root/p/DEBIAN/control
printf '#!/bin/sh\\nif [ -x /usr/sbin/policy-rc.d ] && ! /usr/sbin/policy-rc.d asks start; then echo kept >/root/asked; else echo started >/root/asked; fi\\n' >/root/p/DEBIAN/postinst
chmod 755 /root/p/DEBIAN/postinst
dpkg-deb -b /root/p /root/asks.deb >/dev/null
rm -f /usr/sbin/policy-rc.d";

#[test]
fn services_of_packages_are_not_started_where_that_is_asked_for() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    machine.write("/root/asks.sh", ASKS);
    machine.says("sh /root/asks.sh");
    let on = on(&machine);
    on.keeps_the_laws("apt.package: { files: /root/asks.deb, start_services: false }");
    assert_eq!(machine.read("/root/asked"), "kept\n");
    assert!(!machine.path("/usr/sbin/policy-rc.d").exists());
    on.keeps_the_laws("apt.package: { name: asks, state: purged }");
    on.keeps_the_laws("apt.package: { files: /root/asks.deb }");
    assert_eq!(machine.read("/root/asked"), "started\n");
    // Somebody else answers already.
    on.keeps_the_laws("apt.package: { name: asks, state: purged }");
    machine.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 0\n");
    let said = on.all_fail(&["apt.package: { files: /root/asks.deb, start_services: false }"]);
    assert!(
        said[0].starts_with("conflict: `/usr/sbin/policy-rc.d` is somebody else's"),
        "{}",
        said[0]
    );
    // Also where the package fails, no answer is left.
    machine.says("rm /usr/sbin/policy-rc.d");
    on.fails("apt.package: { name: broken, start_services: false }");
    assert!(!machine.path("/usr/sbin/policy-rc.d").exists());
}

#[test]
fn a_failed_script_leaves_no_answer_about_services_behind() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_flat_repository(&lab);
    machine.write("/root/broken", "");
    machine.says("rm -f /usr/sbin/policy-rc.d");
    on(&machine).fails("apt.package: { name: frail, start_services: false }");
    assert!(!machine.path("/usr/sbin/policy-rc.d").exists());
}

#[test]
fn a_repository_is_one_line_and_its_key_goes_when_nobody_uses_it() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    machine.says("rm /etc/apt/sources.list.d/test.sources; mkdir -p /etc/apt/keyrings; gpg --dearmor -o /etc/apt/keyrings/shop.gpg /srv/apt/key.asc");
    let on = on(&machine);
    let call = "apt_repository.present: { name: line, line: 'deb [signed-by=/etc/apt/keyrings/shop.gpg] file:/srv/apt test main' }";
    on.keeps_the_laws(call);
    assert_eq!(
        machine.read("/etc/apt/sources.list.d/line.sources"),
        "Types: deb\nURIs: file:/srv/apt\nSuites: test\nComponents: main\nSigned-By: /etc/apt/keyrings/shop.gpg\n"
    );
    // The parts say the same.
    on.is_settled("apt_repository.present: { name: line, uris: 'file:/srv/apt', suites: test, components: main, signed_by: /etc/apt/keyrings/shop.gpg }");
    let said = on.is_refused(
        "apt_repository.present: { name: line, line: 'deb file:/srv/apt test main', suites: test }",
    );
    assert!(said.contains("say the same"), "{said}");
    let said = on
        .is_refused("apt_repository.present: { name: line, line: 'deb [lang=de] file:/srv/apt test main' }");
    assert!(said.contains("at character 6"), "{said}");
    on.is_refused("apt_repository.present: { name: line, suites: test }");
    let failure = on.fails("apt_repository.key: { name: shop, state: absent }");
    assert!(
        failure.starts_with("conflict: ") && failure.contains("line.sources"),
        "{failure}"
    );
    on.keeps_the_laws("apt_repository.absent: line");
    on.keeps_the_laws("apt_repository.key: { name: shop, state: absent }");
    assert!(!machine.path("/etc/apt/keyrings/shop.gpg").exists());
    on.is_refused("apt_repository.key: { name: shop }");
}

#[test]
fn dnf_upgrades_all_packages_and_takes_from_repositories_that_are_named() {
    let Some(lab) = Lab::start() else { return };
    let machine = dnf::with_repository(&lab);
    machine.says("dnf -q -y -C install shop-1.0 shop-doc");
    let on = on(&machine);
    on.is_settled("package.update: 1h");
    on.is_settled("dnf.upgrade: { excludes: 'shop*' }");
    let (diff, result) = on.keeps_the_laws("dnf.upgrade: {}");
    assert_eq!(diff, "packages\n-shop 1.0-1\n+shop 2.0-1\n+shop-lib 2.0-1\n");
    assert_eq!(result["packages"][0]["to"], "2.0-1");
    on.is_settled("package.upgrade: {}");
    machine.says("dnf -q -y -C remove --noautoremove shop-doc shop");
    let (diff, _) = on.keeps_the_laws("dnf.autoremove: {}");
    assert_eq!(diff, "packages\n-shop-lib 2.0-1\n");
    on.is_settled("package.autoremove: {}");
    // A repository that is not enabled is used where a call names it.
    let call =
        "dnf_repository.present: { name: off, baseurl: 'file:///srv/rpm', gpg_check: false, enabled: false }";
    on.keeps_the_laws(call);
    machine.says("sed -i s/^enabled=.*// /etc/yum.repos.d/test.repo; echo enabled=0 >>/etc/yum.repos.d/test.repo; dnf -q makecache --enablerepo=off");
    let failure = on.fails("dnf.package: shop");
    assert!(
        failure.contains("shop") || failure.contains("repositories"),
        "{failure}"
    );
    on.keeps_the_laws("dnf.package: { name: shop, enable_repositories: off, excludes: shop-2* }");
    assert_eq!(machine.says("rpm -q shop"), "shop-1.1-1.noarch\n");
    on.is_settled("dnf.package: { name: [shop, shop-doc], state: latest, only_upgrade: true, enable_repositories: off, excludes: shop-2* }");
    on.is_refused("dnf.package: { name: shop, enable_repositories: 'a b' }");
}

#[test]
fn a_repository_of_dnf_is_one_section_and_dnf_takes_packages_from_it() {
    let Some(lab) = Lab::start() else { return };
    let machine = dnf::with_repository(&lab);
    machine.says("rm /etc/yum.repos.d/test.repo");
    machine.write(
        "/etc/yum.repos.d/all.repo",
        "# of others\n[others]\nname=others\nbaseurl=file:///srv/rpm\nenabled=0\n\n",
    );
    let on = on(&machine);
    let call = "dnf_repository.present: { name: shop, file: all, description: The shop, baseurl: 'file:///srv/rpm', gpg_check: false, options: { priority: 10, cost: 500 } }";
    let (diff, _) = on.keeps_the_laws(call);
    assert!(
        diff.contains("+[shop]\n+name=The shop\n+baseurl=file:///srv/rpm\n"),
        "{diff}"
    );
    machine.says("dnf -q makecache && dnf -q -y -C install shop-doc");
    let seen = machine.says("dnf -q -C repolist -v | grep -E '^Repo-(id|name)|priority' | head -n 2");
    assert!(seen.contains("shop") && seen.contains("The shop"), "{seen}");
    on.keeps_the_laws(&call.replace(", options: { priority: 10, cost: 500 }", ""));
    assert!(!machine.read("/etc/yum.repos.d/all.repo").contains("priority"));
    on.keeps_the_laws("dnf_repository.absent: { name: shop, file: all }");
    assert_eq!(
        machine.read("/etc/yum.repos.d/all.repo"),
        "# of others\n[others]\nname=others\nbaseurl=file:///srv/rpm\nenabled=0\n\n"
    );
    on.keeps_the_laws("dnf_repository.present: { name: own, metalink: 'https://example.org/m' }");
    on.keeps_the_laws("dnf_repository.absent: own");
    assert!(!machine.path("/etc/yum.repos.d/own.repo").exists());
    on.is_settled("dnf_repository.absent: own");
    for bad in [
        "{ name: x }",
        "{ name: '../x', baseurl: 'file:///x' }",
        "{ name: x, baseurl: 'file:///x', options: { prioriti: 1 } }",
        "{ name: main, baseurl: 'file:///x' }",
    ] {
        on.is_refused(&format!("dnf_repository.present: {bad}"));
    }
}

#[test]
fn pacman_upgrades_all_packages() {
    let Some(lab) = Lab::start() else { return };
    let machine = pacman::with_repository(&lab);
    machine.says("pacman -S --noconfirm shop");
    let on = on(&machine);
    on.is_settled("pacman.upgrade: {}");
    on.is_settled("package.update: 1h");
    machine.says("sh /srv/pac/publish.sh && pacman -Sy");
    let (diff, _) = on.keeps_the_laws("pacman.upgrade: {}");
    assert_eq!(diff, "packages\n-shop 1.0-1\n+shop 2.0-1\n+shop-lib 2.0-1\n");
    on.is_settled("package.upgrade: {}");
    let failure = on.fails("package.autoremove: {}");
    assert!(failure.starts_with("unsupported: "), "{failure}");
    let failure = super::law::on(&lab.machine("bb", Kind::BusyBox)).fails("package.upgrade: {}");
    assert!(
        failure.starts_with("unsupported: this host has none of apt"),
        "{failure}"
    );
}
