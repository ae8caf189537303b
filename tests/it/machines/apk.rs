//! `apk.*` on a machine with apk and a repository of its own. Debian has no package of apk, so that these tests run only where
//! `RMOTE_PLAY_TEST_APK` names a static one; what is read of apk's is also tested without it, as apk printed it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::law::on;
use crate::support::{Kind, Lab, Machine};

fn apk() -> Option<PathBuf> {
    let found = std::env::var_os("RMOTE_PLAY_TEST_APK").map(PathBuf::from);
    if found.is_none() {
        eprintln!("skipped: `RMOTE_PLAY_TEST_APK` does not name a static apk");
    }
    found
}

/// Makes the repository anew, with these packages more.
fn publish(machine: &Machine, apk: &Path, more: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/machines/apk_repository.py");
    let made = Command::new("python3")
        .arg(script)
        .arg(machine.path("/srv/apk"))
        .arg(apk)
        .args(more)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

fn with_repository(lab: &Lab, apk: &Path) -> Machine {
    let machine = lab.machine("alpine", Kind::BusyBox);
    std::fs::copy(apk, machine.path("/sbin").join("apk")).unwrap();
    publish(&machine, apk, &[]);
    // A repository on the network, since apk keeps no lists of local ones.
    machine.says(
        "mkdir -p /etc/apk/keys && cp /srv/apk/test.rsa.pub /etc/apk/keys && echo noarch >/etc/apk/arch &&
        echo http://127.0.0.1/ >/etc/apk/repositories && httpd -h /srv/apk && apk add --initdb && apk update",
    );
    machine
}

#[test]
fn packages_are_installed_in_versions_upgraded_and_removed() {
    let Some(apk) = apk() else { return };
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab, &apk);
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("apk.package: [shop=1.0-r0, shop-doc]");
    assert_eq!(diff, "packages\n+shop 1.0-r0\n+shop-doc 1.0-r0\n");
    assert_eq!(result["packages"][0]["version"], "1.0-r0");
    on.is_settled("apk.package: [shop, shop=1.*]");
    let (diff, _) = on.keeps_the_laws("apk.package: { name: [shop, shop-doc], state: latest }");
    assert_eq!(diff, "packages\n-shop 1.0-r0\n+shop 2.0-r0\n+shop-lib 2.0-r0\n");
    let (diff, _) = on.keeps_the_laws("apk.package: shop-lib");
    assert_eq!(diff, "packages\n+shop-lib for its own sake\n");
    let failure = on.fails("apk.package: shop=1.*");
    assert_eq!(
        failure,
        "conflict: apk would downgrade shop (`allow_downgrade: true` lets it)"
    );
    let (diff, _) = on.keeps_the_laws("apk.package: { name: shop=1.*, allow_downgrade: true }");
    assert_eq!(diff, "packages\n-shop 2.0-r0\n+shop 1.1-r0\n");
    let failure = on.fails("apk.package: { name: shop, state: absent }");
    assert!(
        failure.starts_with("conflict: apk would keep what others need: shop: shop-doc"),
        "{failure}"
    );
    let (diff, _) = on.keeps_the_laws("apk.package: { name: shop, state: absent, allow_removals: true }");
    assert_eq!(diff, "packages\n-shop 1.1-r0\n-shop-doc 1.0-r0\n");
    on.is_settled("apk.package: { name: [shop, never-there], state: absent }");
    on.keeps_the_laws("package.package: { name: shop-lib, state: absent }");
    let failure = on.fails("apk.package: no-such-package");
    assert!(
        failure.starts_with("not_found: apk refuses: ") && failure.contains("no-such-package"),
        "{failure}"
    );
    let failure = on.fails("apk.package: broken");
    assert!(failure.starts_with("conflict: apk refuses: "), "{failure}");
    let failure = on.is_refused("apk.package: shop=1*");
    assert!(failure.contains("`shop=1*`: "), "{failure}");
}

#[test]
fn lists_are_read_anew_by_their_age_and_a_lock_is_waited_for() {
    let Some(apk) = apk() else { return };
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab, &apk);
    let on = on(&machine);
    on.is_settled("apk.update: 1h");
    machine.says("touch -d '2020-01-01 00:00' /var/cache/apk");
    on.would_change("apk.update: 1h");
    for call in ["apk.update: 1h", "apk.update: {}"] {
        assert_eq!(on.call(call)["outcome"], "ok", "nothing in them is new");
    }
    publish(&machine, &apk, &["extra"]);
    machine.says("touch -d '2040-01-01 00:00' /srv/apk/noarch/APKINDEX.tar.gz");
    assert_eq!(on.call("apk.update: {}")["outcome"], "changed");
    on.keeps_the_laws("apk.package: extra");
    machine.says("echo http://127.0.0.1:1/ >>/etc/apk/repositories");
    let failure = on.fails("apk.update: {}");
    assert!(failure.starts_with("command_failed: apk refuses: "), "{failure}");
    let lock = std::fs::File::open(machine.path("/lib/apk/db/lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let failure = on.fails("apk.package: { name: shop, lock_timeout: 0s }");
    assert!(
        failure.starts_with("timeout: apk refuses: Unable to lock database"),
        "{failure}"
    );
}
