//! The calls of the law of what failed once, and the tools that it does not try.

/// A call, what brings the host back to where it was, and what must hold afterwards.
pub(super) struct Row {
    pub(super) call: &'static str,
    pub(super) reset: &'static str,
    pub(super) holds: &'static str,
}

const fn row(call: &'static str, reset: &'static str, holds: &'static str) -> Row {
    Row { call, reset, holds }
}

/// Tools that are not tried here, each with the reason.
pub(super) const NOT_TRIED: &[(&str, &str)] = &[
    ("agent.", "it changes no host"),
    (
        "apk.",
        "Debian has no apk; machines::apk tries it where there is one",
    ),
    ("apt.clean", "it removes files by itself"),
    (
        "apt.update",
        "its lists are those of the network; machines::apt tries lists that cannot be read",
    ),
    (
        "apt_repository.",
        "machines::apt_repository tries repositories that cannot be read, and finds the files as before",
    ),
    ("assert.", "it changes no host"),
    (
        "container.",
        "no machine of these tests has an engine; it is asked each time what is there, in tools::container::tests",
    ),
    (
        "dnf.update",
        "its lists are those of the repositories; machines::dnf tries lists that cannot be read",
    ),
    ("dnf_repository.", "it runs no program"),
    (
        "exec.",
        "what `creates` names is all that is asked for; the manual says so",
    ),
    ("facts.", "it only looks"),
    (
        "fs.",
        "it runs no program but `validate`, before anything is changed",
    ),
    (
        "git.",
        "the work tree is compared with the commit each time, in tools::git::tests",
    ),
    (
        "host.",
        "a host that does not restart is waited for, and is a failure",
    ),
    ("hostname.", "it runs no program"),
    (
        "http.",
        "it runs curl into a file that takes its place only when it is whole",
    ),
    (
        "kernel_module.",
        "no machine of these tests may load a module; machines::system tries its files",
    ),
    ("locale.default", "it runs no program"),
    ("log.", "it changes no host"),
    (
        "package.autoremove",
        "as the manager's own; apt.autoremove and dnf.autoremove are tried",
    ),
    (
        "package.update",
        "as the manager's own, whose lists machines::apt tries",
    ),
    (
        "package.upgrade",
        "as the manager's own; apt.upgrade, dnf.upgrade and pacman.upgrade are tried",
    ),
    (
        "pacman.update",
        "its lists are those of the repositories; machines::pacman tries lists that cannot be read",
    ),
    (
        "pacman_repository.",
        "its file is written once the key is known to be good",
    ),
    ("service.status", "it only looks"),
    ("ssh.known_host", "it runs no program"),
    ("sysctl.", "it runs no program"),
    ("timezone.set", "it runs no program"),
    (
        "template.",
        "it runs no program but `validate`, before anything is changed",
    ),
    ("user.authorized_key", "it runs no program"),
    ("user.lookup", "it only looks"),
    (
        "user.ssh_key",
        "it runs ssh-keygen beside, and puts what that has made in its place when it is whole",
    ),
    ("user.sudoer", "it runs visudo, before anything is changed"),
    ("wait.", "it only looks"),
];

pub(super) const PACKAGES: &[Row] = &[
    row(
        "apt.package: frail",
        "",
        "dpkg-query -W -f '${db:Status-Abbrev}' frail | grep -q '^ii'",
    ),
    row(
        "apt.package: { name: ground=2, allow_change_held: true }",
        "apt-get.real install -y ground=1; apt-mark.real hold ground",
        "dpkg-query -W -f '${db:Status-Abbrev}${Version}' ground | grep -q '^hi 2'",
    ),
    row(
        "apt.package: ground",
        "apt-get.real install -y top",
        "apt-mark.real showmanual | grep -qx ground",
    ),
    row(
        "apt.converge: [{ name: frail }, { name: top, state: absent }]",
        "apt-get.real install -y top",
        "dpkg-query -W -f '${db:Status-Abbrev}' frail | grep -q '^ii' && ! dpkg-query -W top",
    ),
    row(
        "apt.upgrade: {}",
        "apt-get.real install -y --allow-downgrades ground=1",
        "dpkg-query -W -f '${db:Status-Abbrev}${Version}' ground | grep -q '^ii  *2'",
    ),
    row(
        "apt.autoremove: {}",
        "apt-get.real install -y top; apt-mark.real auto ground; apt-get.real remove -y top",
        "! dpkg-query -W -f '${db:Status-Abbrev}' ground | grep -q '^ii'",
    ),
    row(
        "package.package: frail",
        "",
        "dpkg-query -W -f '${db:Status-Abbrev}' frail | grep -q '^ii'",
    ),
];

pub(super) const DEBIANS: &[Row] = &[
    row(
        "alternatives.set: { name: shop, path: /usr/bin/true }",
        "update-alternatives.real --install /usr/bin/shop shop /usr/bin/true 1; update-alternatives.real --install /usr/bin/shop shop /usr/bin/false 2; update-alternatives.real --auto shop",
        "[ $(readlink /etc/alternatives/shop) = /usr/bin/true ] && [ $(head -n 1 /var/lib/dpkg/alternatives/shop) = manual ]",
    ),
    row(
        "debconf.set: { package: shop, question: shop/name, type: string, value: x }",
        "echo 'shop shop/name string y' | debconf-set-selections.real",
        "[ \"$(echo GET shop/name | debconf-communicate.real shop)\" = '0 x' ]",
    ),
];

pub(super) const JOBS: &[Row] = &[
    row(
        "cron.job: { name: it, minute: 1, job: /bin/true }",
        "",
        "crontab.real -l | grep -qx '1 \\* \\* \\* \\* /bin/true' && crontab.real -l | grep -q others",
    ),
    row(
        "cron.job: { name: it, state: absent }",
        "(crontab.real -l; echo '# rmote-play: it'; echo '1 * * * * /bin/true') | crontab.real -",
        "! crontab.real -l | grep -q /bin/true",
    ),
];

/// rpm and pacman keep a package whose script failed, and say so; the call warns of it.
pub(super) const RPMS: &[Row] = &[
    row("dnf.package: shop-doc", "", "rpm -q shop-doc"),
    row(
        "dnf.package: { name: shop-doc, state: absent }",
        "dnf.real -y -C install shop-doc",
        "! rpm -q shop-doc",
    ),
    row(
        "dnf.upgrade: {}",
        "dnf.real -y -C remove shop; dnf.real -y -C install shop-1.0",
        "[ $(rpm -q --qf '%{VERSION}' shop) = 2.0 ]",
    ),
    row(
        "dnf.autoremove: {}",
        "dnf.real -y -C install shop; dnf.real -y -C remove --noautoremove shop",
        "! rpm -q shop-lib",
    ),
];

pub(super) const PACMANS: &[Row] = &[
    row("pacman.package: shop", "", "pacman.real -Q shop"),
    row(
        "pacman.package: { name: shop, state: absent }",
        "pacman.real -S --noconfirm shop",
        "! pacman.real -Q shop",
    ),
    row("pacman.converge: [{ name: shop }]", "", "pacman.real -Q shop"),
    row(
        "pacman.upgrade: {}",
        "sh /srv/pac/publish.sh; pacman.real -Sy; pacman.real -U --noconfirm /srv/pac/shop-1.0-1-any.pkg.tar.gz",
        "pacman.real -Q shop | grep -q 2.0",
    ),
];

pub(super) const MOUNTS: &[Row] = &[
    row(
        "mount.present: { path: /mnt/a, source: tmpfs, type: tmpfs, options: 'size=1m,nodev' }",
        "",
        "findmnt -no OPTIONS /mnt/a | grep -q nodev && grep -q ' /mnt/a ' /etc/fstab",
    ),
    row(
        "mount.present: { path: /mnt/a, source: tmpfs, type: tmpfs, options: 'size=2m,ro' }",
        "mkdir -p /mnt/a; mount.real -t tmpfs -o size=1m tmpfs /mnt/a; echo 'tmpfs /mnt/a tmpfs size=1m 0 0' >/etc/fstab",
        "findmnt -no OPTIONS /mnt/a | grep '^ro' | grep -q size=2048k && grep -q size=2m /etc/fstab",
    ),
    row(
        "mount.absent: /mnt/a",
        "mkdir -p /mnt/a; mount.real -t tmpfs tmpfs /mnt/a; echo 'tmpfs /mnt/a tmpfs size=1m 0 0' >/etc/fstab",
        "! findmnt /mnt/a && ! grep -q ' /mnt/a ' /etc/fstab",
    ),
    row(
        "mount.unmounted: /mnt/a",
        "mkdir -p /mnt/a; mount.real -t tmpfs tmpfs /mnt/a",
        "! findmnt /mnt/a",
    ),
    row(
        "mount.remounted: { path: /mnt/a, options: 'size=2m,ro' }",
        "mkdir -p /mnt/a; mount.real -t tmpfs -o size=1m tmpfs /mnt/a",
        "findmnt -no OPTIONS /mnt/a | grep '^ro' | grep -q size=2048k",
    ),
];

pub(super) const SCRIPTS: &[Row] = &[
    row(
        "service.converge: shop",
        "rm -f /run/shop /etc/rc?.d/*shop",
        "[ -e /run/shop ] && [ $(ls /etc/rc[2345].d/S??shop | wc -l) = 4 ]",
    ),
    row(
        "service.enable: shop",
        "update-rc.d.real shop disable",
        "[ $(ls /etc/rc[2345].d/S??shop | wc -l) = 4 ]",
    ),
    row(
        "service.disable: shop",
        "update-rc.d.real shop defaults; update-rc.d.real shop enable",
        "! ls /etc/rc[2345].d/S??shop",
    ),
    row("service.start: shop", "rm -f /run/shop", "[ -e /run/shop ]"),
    row("service.stop: shop", "touch /run/shop", "[ ! -e /run/shop ]"),
];

pub(super) const UNITS: &[Row] = &[
    row(
        "service.converge: shop",
        "systemctl.real stop shop; systemctl.real disable shop",
        "[ $(systemctl.real is-active shop) = active ] && [ $(systemctl.real is-enabled shop) = enabled ]",
    ),
    row(
        "service.start: shop",
        "systemctl.real stop shop",
        "[ $(systemctl.real is-active shop) = active ]",
    ),
    row(
        "service.stop: shop",
        "systemctl.real start shop",
        "[ $(systemctl.real is-active shop) = inactive ]",
    ),
    row(
        "service.enable: shop",
        "systemctl.real disable shop",
        "[ $(systemctl.real is-enabled shop) = enabled ]",
    ),
    row(
        "service.disable: shop",
        "systemctl.real enable shop",
        "[ $(systemctl.real is-enabled shop) = disabled ]",
    ),
    row(
        "service.restart: shop",
        "systemctl.real stop shop",
        "[ $(systemctl.real is-active shop) = active ]",
    ),
    row(
        "service.reload: shop",
        "systemctl.real stop shop",
        "[ $(systemctl.real is-active shop) = active ]",
    ),
    row(
        "service.daemon_reload: {}",
        "echo '#' >>/etc/systemd/system/shop.service; touch -d '+1 day' /etc/systemd/system/shop.service",
        "[ $(systemctl.real show -p NeedDaemonReload --value shop) = no ]",
    ),
];

pub(super) const ACCOUNTS: &[Row] = &[
    row(
        "user.present: { name: zed, groups: [ops], shell: /bin/sh }",
        "",
        "id -nG zed | grep -qw ops && [ -d /home/zed ] && getent passwd zed | grep -q :/bin/sh",
    ),
    row("user.absent: zed", "useradd.real -m zed", "! id zed"),
    row("group.present: crew", "", "getent group crew"),
    row("group.absent: crew", "groupadd.real crew", "! getent group crew"),
];
