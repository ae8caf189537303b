//! `mount.unmounted` and `mount.remounted`: what is mounted now, whatever `/etc/fstab` says.

use super::law::on;
use crate::support::{Lab, Machine};

fn with_disk(lab: &Lab) -> Machine {
    let machine = lab.debian("deb");
    machine.write("/etc/fstab", "tmpfs /mnt/disk tmpfs size=1m,nodev 0 0\n");
    machine.says("mkdir -p /mnt/disk && mount /mnt/disk && mkdir /mnt/disk/a");
    machine
}

fn options(machine: &Machine) -> String {
    machine.says("findmnt -rno VFS-OPTIONS /mnt/disk")
}

#[test]
fn what_is_unmounted_keeps_its_line_and_what_is_used_only_goes_when_that_is_asked_for() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_disk(&lab);
    let on = on(&machine);
    let fstab = machine.read("/etc/fstab");
    let (diff, _) = on.keeps_the_laws("mount.unmounted: /mnt/disk");
    assert_eq!(diff, "/mnt/disk\n-mounted: true\n+mounted: false\n");
    assert_eq!(machine.read("/etc/fstab"), fstab);
    on.is_settled("mount.unmounted: /mnt/never");
    machine.says("mount /mnt/disk; sleep 1000 >/mnt/disk/open 2>/dev/null & echo $! >/root/pid");
    machine.says("until [ -s /root/pid ]; do sleep 0.02; done");
    let failure = on.fails("mount.unmounted: /mnt/disk");
    assert!(failure.contains("umount"), "{failure}");
    on.keeps_the_laws("mount.unmounted: { path: /mnt/disk, lazy: true }");
    machine.says("! findmnt /mnt/disk && kill $(cat /root/pid)");
    on.is_refused("mount.unmounted: /");
}

#[test]
fn options_are_put_in_force_from_the_line_or_as_given() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_disk(&lab);
    let on = on(&machine);
    let result = on.is_settled("mount.remounted: /mnt/disk");
    assert_eq!(result["options"], "rw,nodev,relatime");
    machine.says("mount -o remount,ro,dev /mnt/disk");
    on.keeps_the_laws("mount.remounted: /mnt/disk");
    assert_eq!(options(&machine), "rw,nodev,relatime\n");
    let fstab = machine.read("/etc/fstab");
    on.keeps_the_laws("mount.remounted: { path: /mnt/disk, options: 'ro,nosuid' }");
    assert_eq!(options(&machine), "ro,nosuid,relatime\n");
    assert_eq!(machine.read("/etc/fstab"), fstab);
    machine.write("/etc/fstab", "# none\n");
    on.keeps_the_laws("mount.remounted: { path: /mnt/disk, options: rw }");
    let failure = on.fails("mount.remounted: /mnt/disk");
    assert!(failure.contains("`options` must say which"), "{failure}");
    let failure = on.fails("mount.remounted: { path: /mnt, options: ro }");
    assert_eq!(failure, "conflict: nothing is mounted at `/mnt`");
    for bad in ["'a b'", "remount", "bind"] {
        on.is_refused(&format!("mount.remounted: {{ path: /mnt, options: {bad} }}"));
    }
}
