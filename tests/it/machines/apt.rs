//! `apt.*` on a real Debian with a signed repository of its own.

use super::law::{On, on};
use crate::support::{Lab, Machine};

/// A Debian with the repository of `apt_repository.sh`.
pub(super) fn with_repository(lab: &Lab) -> Machine {
    let machine = lab.debian("deb");
    machine.write(
        "/root/apt_repository.sh",
        include_str!("../support/machines/apt_repository.sh"),
    );
    machine.says("sh /root/apt_repository.sh /srv/apt");
    machine
}

fn version(machine: &Machine, package: &str) -> String {
    let output = machine.sh(&format!(
        "dpkg-query -W -f '${{db:Status-Status}} ${{Version}}' {package}"
    ));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn packages_are_installed_in_one_transaction_and_removed() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("apt.package: [shop, shop-doc]");
    assert_eq!(diff, "packages\n+shop 2.0-1\n+shop-doc 1.0-1\n+shop-lib 1.0-1\n");
    assert_eq!(result["packages"][0]["version"], "2.0-1");
    assert_eq!(result["packages"][1]["name"], "shop-doc");
    let log = machine.read("/var/log/apt/history.log");
    assert_eq!(log.matches("Start-Date").count(), 1, "{log}");

    let failure = on.fails("apt.package: { name: shop, state: absent }");
    assert!(
        failure.starts_with("conflict: apt would remove shop-doc, too"),
        "{failure}"
    );
    assert_eq!(version(&machine, "shop"), "installed 2.0-1");

    let (diff, result) = on.keeps_the_laws("apt.package: { name: [shop, shop-doc], state: absent }");
    assert_eq!(diff, "packages\n-shop 2.0-1\n-shop-doc 1.0-1\n");
    assert_eq!(result["packages"][0]["version"], serde_json::Value::Null);
    assert_eq!(version(&machine, "shop"), "config-files 2.0-1");
    let (diff, _) = on.keeps_the_laws("apt.package: { name: shop, state: purged }");
    assert_eq!(diff, "packages\n-shop configuration\n");
    assert!(!machine.path("/etc/shop.conf").exists());
    on.is_settled("apt.package: { name: never-was-there, state: absent }");
}

#[test]
fn a_state_of_absent_in_a_list_is_not_taken_for_present() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    machine.says("apt-get install -qq -y shop=1.0-1");
    let on = on(&machine);
    let (diff, _) = on.keeps_the_laws(
        "apt.converge: [{ name: shop, state: absent }, { name: shop-lib }, { name: shop-tools, state: latest }]",
    );
    assert_eq!(
        diff,
        "packages\n-shop 1.0-1\n+shop-lib 1.0-1\n+shop-tools 1.0-1\n"
    );
    on.is_settled("apt.converge: [{ name: no-such-package, state: absent }]");
    let failure = on.fails("apt.package: no-such-package");
    assert!(
        failure
            .starts_with("not_found: apt refuses: Package 'no-such-package' has no installation candidate"),
        "{failure}"
    );
    let failure = on.fails("apt.package: broken");
    assert!(
        failure.starts_with("conflict: ") && failure.contains("no-such-package"),
        "{failure}"
    );
}

#[test]
fn a_wanted_version_is_installed_over_another_and_a_hold_is_kept() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    on.keeps_the_laws("apt.package: shop=1.0-1");
    let (diff, _) = on.keeps_the_laws("apt.package: \"shop=1.1*\"");
    assert_eq!(diff, "packages\n-shop 1.0-1\n+shop 1.1-1\n");
    let failure = on.fails("apt.package: shop=1.0-1");
    assert!(failure.contains("`allow_downgrade: true` lets it"), "{failure}");
    on.keeps_the_laws("apt.package: { name: shop=1.0-1, allow_downgrade: true, hold: true }");
    assert_eq!(machine.says("apt-mark showhold"), "shop\n");
    // A held package is installed, and stays what it is.
    on.is_settled("apt.package: shop");
    let failure = on.fails("apt.package: { name: shop, state: latest }");
    assert!(failure.contains("`allow_change_held: true` lets it"), "{failure}");
    let (diff, _) = on.keeps_the_laws("apt.package: { name: shop, hold: false }");
    assert_eq!(diff, "packages\n-shop on hold\n");
    on.keeps_the_laws("apt.package: { name: shop, state: latest }");
    assert_eq!(version(&machine, "shop"), "installed 2.0-1");
    let failure = on.fails("apt.package: shop=9");
    assert!(
        failure.contains("Version '9' for 'shop' was not found"),
        "{failure}"
    );
}

#[test]
fn architectures_of_one_package_are_kept_apart() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    machine.says("dpkg --add-architecture i386 && apt-get update -qq");
    let on = on(&machine);
    let (diff, _) = on.keeps_the_laws("apt.package: multi");
    assert_eq!(diff, "packages\n+multi 1.0-1\n");
    let (diff, result) = on.keeps_the_laws("apt.package: { name: 'multi:i386', hold: true }");
    assert_eq!(diff, "packages\n+multi:i386 1.0-1\n+multi:i386 on hold\n");
    assert_eq!(result["packages"][0]["version"], "1.0-1");
    on.is_settled("apt.package: ['multi:amd64', 'multi:i386']");
    let (diff, _) = on.keeps_the_laws("apt.package: { name: 'multi:amd64', state: purged }");
    assert_eq!(diff, "packages\n-multi 1.0-1\n-multi:amd64 configuration\n");
    assert_eq!(version(&machine, "multi:i386"), "installed 1.0-1");
    on.keeps_the_laws("apt.package: { name: 'multi:i386', hold: false }");
    on.keeps_the_laws("apt.package: { name: 'multi:i386', state: absent }");
    let failure = on.fails("apt.package: 'multi:arm64'");
    assert!(failure.starts_with("not_found: apt refuses: "), "{failure}");
}

#[test]
fn what_others_did_meanwhile_is_seen_and_nothing_is_kept_from_before() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let calls = [
        "id: first\napt.package: shop-lib",
        "exec.command: [apt-get, remove, -y, shop-lib]",
        "id: it\napt.package: { name: shop-lib, state: absent }",
        "id: again\napt.package: shop-lib",
    ];
    let ran = on(&machine).run(&calls, &[]).code(0);
    ran.outcomes("m", &[("first", "changed"), ("it", "ok"), ("again", "changed")]);
}

#[test]
fn a_changed_configuration_file_is_kept_and_nobody_is_asked() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    on.keeps_the_laws("apt.package: shop=1.0-1");
    machine.write("/etc/shop.conf", "mine\n");
    on.keeps_the_laws("apt.package: shop=1.1-1");
    assert_eq!(machine.read("/etc/shop.conf"), "mine\n");
    machine.write("/etc/shop.conf", "mine\n");
    on.keeps_the_laws("apt.package: { name: shop=2.0-1, conffiles: replace }");
    assert_eq!(machine.read("/etc/shop.conf"), "conf 2.0-1\n");
}

#[test]
fn essential_packages_and_dependants_are_not_removed_in_passing() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    let failure = on.fails("apt.package: { name: bash, state: absent, allow_removals: true }");
    assert!(
        failure.starts_with("conflict: apt refuses: Essential packages were removed"),
        "{failure}"
    );
    machine.says("apt-get install -qq -y shop shop-doc");
    let failure = on.fails("apt.package: shop-tools");
    assert!(failure.contains("apt would remove shop-doc, too"), "{failure}");
    let (diff, _) = on.keeps_the_laws("apt.package: { name: shop-tools, allow_removals: true }");
    assert_eq!(diff, "packages\n-shop-doc 1.0-1\n+shop-tools 1.0-1\n");
}

#[test]
fn it_waits_for_the_lock_and_says_for_whom() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    // dpkg itself holds the lock for as long as a script of a package runs.
    machine.write(
        "/root/slow.sh",
        "set -e\nmkdir -p /root/slow/DEBIAN\nmkfifo /root/go\n\
         printf 'Package: slow\\nVersion: 1\\nArchitecture: all\\nMaintainer: t\\nDescription: t\\n' >/root/slow/DEBIAN/control\n\
         printf '#!/bin/sh\\ntouch /root/running\\nread line </root/go\\n' >/root/slow/DEBIAN/postinst\n\
         chmod 755 /root/slow/DEBIAN/postinst\ndpkg-deb -b /root/slow /root/slow.deb >/dev/null\n\
         dpkg -i /root/slow.deb >/dev/null 2>&1 </dev/null &\nwhile [ ! -e /root/running ]; do sleep 0.02; done\n",
    );
    machine.says("sh /root/slow.sh");
    let failure = on(&machine).fails("apt.package: { name: shop-lib, lock_timeout: 200ms }");
    assert!(
        failure.starts_with("timeout: `/var/lib/dpkg/lock-frontend` is held by `dpkg` (process "),
        "{failure}"
    );
    let playbook = "hosts:\n  m: { user: root }\nrounds:\n  - name: r\n    hosts: m\n    calls:\n      - apt.package: shop-lib\n";
    let scene = crate::support::Fixture::new(playbook)
        .machine("m", &machine)
        .build();
    let mut run = scene.start(&["--output", "json"]);
    let log = run.await_event("call_log");
    assert!(
        log["message"]
            .as_str()
            .unwrap()
            .starts_with("waiting for `dpkg` (process "),
        "{log}"
    );
    machine.says("echo >/root/go");
    run.wait().code(0);
    assert_eq!(version(&machine, "shop-lib"), "installed 1.0-1");
}

#[test]
fn thirty_installed_packages_cost_no_process() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let names = machine
        .says("dpkg-query -W -f '${Package}\\n' | head -n 30")
        .replace('\n', ", ");
    machine.says(&format!("apt-mark manual {}", names.replace(',', "")));
    // None of these can be started.
    machine.says("mkdir /away && mv /usr/bin/apt* /usr/bin/dpkg* /away");
    let end = on(&machine).call(&format!("apt.package: [{}]", names.trim_end_matches(", ")));
    assert_eq!(end["outcome"], "ok", "{end:#}");
    assert_eq!(end["result"]["packages"].as_array().unwrap().len(), 30);
    println!("{} s on the host", end["took"]);
}

#[test]
fn lists_are_read_anew_only_when_they_are_older_than_their_ttl() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    on.is_settled("apt.update: 1h");
    machine.says("touch -d '2 hours ago' /var/lib/apt/lists");
    // They are read, and nothing in them is new.
    on.would_change("apt.update: { ttl: 1h }");
    let end = on.call("apt.update: { ttl: 1h }");
    assert_eq!(
        (&end["outcome"], &end["result"]["age"]),
        (&"ok".into(), &0.into()),
        "{end:#}"
    );
    let age = machine.says("stat -c %.Y /var/lib/apt/lists");
    for call in ["apt.update: {}", "apt.update: 0s"] {
        on.would_change(call);
        assert_eq!(on.call(call)["outcome"], "ok");
    }
    assert!(machine.says("stat -c %.Y /var/lib/apt/lists") > age);
    machine.says(
        "cd /srv/apt/dists/test && sed -i 's/^Label:/Description: new\\nLabel:/' Release && rm InRelease && export GNUPGHOME=/srv/apt/gnupg &&
        gpg --batch --quiet --clearsign -o InRelease Release && gpgconf --kill all",
    );
    let end = on.call("apt.update: {}");
    assert_eq!(end["outcome"], "changed", "{end:#}");
    assert!(end["change"]["diff"][0]["text"].as_str().is_some(), "{end:#}");
    machine.says("rm -r /var/lib/apt/lists/*Release");
    on.keeps_the_laws("apt.update: 1h");
}

#[test]
fn lists_that_cannot_be_read_or_trusted_are_a_failure() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on: On<'_> = on(&machine);
    // One that cannot be read among others that can.
    machine.write(
        "/etc/apt/sources.list.d/more.list",
        "deb [trusted=yes] file:/nowhere ./\n",
    );
    let failure = on.fails("apt.update: {}");
    assert!(failure.contains("/nowhere"), "{failure}");
    machine.says("rm /etc/apt/sources.list.d/more.list");
    machine.says("sed -i s/Codename/Tampered/ /srv/apt/dists/test/InRelease");
    let failure = on.fails("apt.update: {}");
    assert!(failure.contains("BADSIG"), "{failure}");
    machine.says("rm /srv/apt/dists/test/InRelease");
    let failure = on.fails("apt.update: {}");
    assert!(failure.contains("Release"), "{failure}");
}
