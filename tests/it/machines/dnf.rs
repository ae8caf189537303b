//! `dnf.*` on a machine with dnf 4 and a repository of its own.

use super::law::on;
use crate::support::{Kind, Lab, Machine};

pub(super) fn with_repository(lab: &Lab) -> Machine {
    let machine = lab.machine("fedora", Kind::Fedora);
    machine.write(
        "/root/dnf_repository.sh",
        include_str!("../support/machines/dnf_repository.sh"),
    );
    machine.says("sh /root/dnf_repository.sh /srv/rpm");
    machine
}

#[test]
fn packages_are_installed_in_versions_upgraded_and_removed() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("dnf.package: [shop=1.0, shop-doc]");
    assert_eq!(diff, "packages\n+shop 1.0-1\n+shop-doc 1.0-1\n");
    assert_eq!(result["packages"][0]["version"], "1.0-1");
    on.is_settled("dnf.package: [shop, shop.noarch, shop-doc=1.0-1]");
    let (diff, _) = on.keeps_the_laws("dnf.package: shop.noarch=1.1");
    assert_eq!(diff, "packages\n-shop 1.0-1\n+shop 1.1-1\n");
    // Some are there and some are not.
    let (diff, _) = on.keeps_the_laws("dnf.package: { name: [shop, shop-lib], state: latest }");
    assert!(
        diff.ends_with("-shop 1.1-1\n+shop 2.0-1\n") || diff.contains("+shop-lib 2.0-1"),
        "{diff}"
    );
    let failure = on.fails("dnf.package: shop=1.*");
    assert_eq!(
        failure,
        "conflict: dnf would downgrade shop, too (`allow_downgrade: true` lets it)"
    );
    let (diff, _) = on.keeps_the_laws("dnf.package: { name: shop=1.*, allow_downgrade: true }");
    assert_eq!(diff, "packages\n-shop 2.0-1\n+shop 1.1-1\n");
    let failure = on.fails("dnf.package: { name: shop, state: absent }");
    assert_eq!(
        failure,
        "conflict: dnf would remove shop-doc, too (`allow_removals: true` lets it)"
    );
    let (diff, _) = on.keeps_the_laws("dnf.package: { name: shop, state: absent, allow_removals: true }");
    assert_eq!(diff, "packages\n-shop 1.1-1\n-shop-doc 1.0-1\n");
    // What came along stays.
    on.keeps_the_laws("dnf.package: { name: shop-lib, state: absent }");
    on.is_settled("dnf.package: { name: [shop, never-there], state: absent }");
}

#[test]
fn what_dnf_refuses_is_told_in_its_words() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    let failure = on.fails("dnf.package: no-such-package");
    assert!(
        failure.starts_with("not_found: dnf refuses: ") && failure.contains("no-such-package"),
        "{failure}"
    );
    let failure = on.fails("dnf.package: broken");
    assert!(
        failure.starts_with("conflict: dnf refuses: Problem: ")
            && failure.contains("nothing provides no-such-package needed by broken-1.0-1.noarch"),
        "{failure}"
    );
    let failure = on.is_refused("dnf.package: { name: shop=1.0, state: absent }");
    assert!(failure.contains("`shop=1.0` names a version"), "{failure}");
    machine.says("rm -r /var/cache/dnf");
    let failure = on.fails("dnf.package: shop");
    assert!(
        failure.starts_with("not_found: dnf refuses: ")
            && failure.ends_with("(`dnf.update` reads the lists)"),
        "{failure}"
    );
    on.is_settled("dnf.package: { name: shop, state: absent }");
    let failure = super::law::on(&lab.machine("bb", Kind::BusyBox)).fails("dnf.update: {}");
    assert!(
        failure.starts_with("unsupported: this host has no dnf"),
        "{failure}"
    );
}

#[test]
fn one_package_in_the_place_of_another_is_a_removal_that_must_be_allowed() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    on.keeps_the_laws("dnf.package: shop");
    machine.says("sh /srv/rpm/publish.sh && dnf -q makecache --refresh");
    on.is_settled("dnf.package: shop");
    let failure = on.fails("dnf.package: shop-new");
    assert!(
        failure.starts_with("conflict: dnf would remove shop-lib, too"),
        "{failure}"
    );
    let (diff, _) = on.keeps_the_laws("dnf.package: { name: shop-new, allow_removals: true }");
    assert_eq!(diff, "packages\n-shop-lib 2.0-1\n+shop-new 3.0-1\n");
}

#[test]
fn lists_are_read_anew_by_their_age_and_changed_where_something_is_new() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    let on = on(&machine);
    on.is_settled("dnf.update: 1h");
    machine.says("touch -d '2 hours ago' /var/cache/dnf/*/repodata/*");
    on.would_change("dnf.update: 1h");
    for call in ["dnf.update: 1h", "dnf.update: {}"] {
        assert_eq!(on.call(call)["outcome"], "ok", "nothing in them is new");
    }
    on.is_settled("dnf.update: 1h");
    machine.says("sh /srv/rpm/publish.sh");
    assert_eq!(on.call("dnf.update: {}")["outcome"], "changed");
    machine.says("rm -r /var/cache/dnf");
    on.keeps_the_laws("dnf.update: 1h");
    machine.says("rm -r /srv/rpm/repodata");
    let failure = on.fails("dnf.update: {}");
    assert!(
        failure.starts_with("command_failed: dnf refuses: Failed to download metadata for repo 'test'"),
        "{failure}"
    );
}
