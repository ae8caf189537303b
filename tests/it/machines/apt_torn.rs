//! `apt.*` where a package was left half-way, and what apt itself forgets: holds and marks.

use super::law::on;
use crate::support::{Lab, Machine};

/// A Debian with the repository of `flat_repository.sh`.
pub(super) fn with_flat_repository(lab: &Lab) -> Machine {
    let machine = lab.debian("deb");
    machine.write(
        "/root/flat_repository.sh",
        include_str!("../support/machines/flat_repository.sh"),
    );
    machine.says("sh /root/flat_repository.sh");
    machine
}

fn status(machine: &Machine, package: &str) -> String {
    machine.says(&format!("dpkg-query -W -f '${{db:Status-Abbrev}}' {package}"))
}

#[test]
fn a_package_that_is_not_configured_is_not_ok_until_it_is() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_flat_repository(&lab);
    machine.write("/root/broken", "");
    let on = on(&machine);
    for call in [
        "apt.package: frail",
        "apt.package: frail",
        "package.package: frail",
        "apt.converge: [{ name: frail }]",
        "apt.package: { name: frail, state: latest }",
        "apt.package: frail=1",
    ] {
        let failure = on.fails(call);
        assert!(
            failure.starts_with("command_failed: apt refuses: package frail: ")
                && failure.contains("post-installation script"),
            "{call}: {failure}"
        );
        assert_eq!(status(&machine, "frail"), "iF ");
    }
    machine.says("rm /root/broken");
    let (diff, result) = on.keeps_the_laws("apt.package: frail");
    assert_eq!(diff, "packages\n-frail half-way\n");
    assert_eq!(result["packages"][0]["version"], "1");
    assert_eq!(status(&machine, "frail"), "ii ");
    // Half gone is neither there nor gone.
    machine.says("touch /root/broken; dpkg --configure --force-all frail; dpkg --unpack /srv/flat/frail_1.deb; rm /root/broken");
    assert_eq!(status(&machine, "frail"), "iU ");
    on.keeps_the_laws("apt.package: { name: frail, state: absent }");
    machine.says("dpkg --unpack /srv/flat/frail_1.deb");
    on.keeps_the_laws("apt.package: { name: frail, state: purged }");
}

#[test]
fn what_dpkg_was_interrupted_in_is_brought_to_an_end() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_flat_repository(&lab);
    machine.says(
        "touch /root/hang; apt-get install -y frail >/dev/null 2>&1 & while [ ! -e /root/running ]; do sleep 0.02; done
        kill -9 $(pidof apt-get) $(pidof dpkg) $(pidof -x frail.postinst); kill -9 $(pidof sleep); rm /root/hang",
    );
    machine.says("! apt-get install -y ground 2>/dev/null && ls /var/lib/dpkg/updates | grep .");
    let on = on(&machine);
    on.keeps_the_laws("apt.package: ground=2");
    assert_eq!(status(&machine, "frail"), "ii ");
    on.is_settled("apt.package: [ground, frail]");
}

#[test]
fn a_hold_that_was_not_mentioned_stays() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_flat_repository(&lab);
    let on = on(&machine);
    on.keeps_the_laws("apt.package: { name: ground=1, hold: true }");
    on.keeps_the_laws("apt.package: { name: ground=2, allow_change_held: true }");
    assert_eq!(machine.says("apt-mark showhold"), "ground\n");
    // Also one of which only a dependency was held, and one where the call fails after the change.
    machine.says("apt-get install -qq -y --allow-downgrades --allow-change-held-packages ground=1 && apt-mark hold ground && touch /root/broken");
    on.fails("apt.package: { name: [ground=2, frail], allow_change_held: true }");
    assert_eq!(machine.says("apt-mark showhold"), "ground\n");
    machine.says("rm /root/broken; dpkg --purge frail");
    on.keeps_the_laws("apt.package: { name: ground, hold: false }");
    let failure = on.is_refused("apt.package: { name: ground, hold: true, state: absent }");
    assert!(failure.contains("`hold: true` keeps"), "{failure}");
}

#[test]
fn what_is_asked_for_stays_when_nobody_needs_it_any_more() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_flat_repository(&lab);
    let on = on(&machine);
    on.keeps_the_laws("apt.package: top");
    let (diff, _) = on.keeps_the_laws("apt.package: ground");
    assert_eq!(diff, "packages\n+ground for its own sake\n");
    machine.says("apt-mark auto ground");
    on.keeps_the_laws("apt.package: { name: ground, state: latest }");
    on.keeps_the_laws("apt.package: { name: top, state: absent }");
    assert!(!machine.says("apt-get -s autoremove").contains("Remv ground"));
}
