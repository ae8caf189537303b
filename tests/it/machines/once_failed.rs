//! The law that what failed once is not `ok` the next time, unless the host is as was asked: each program that a tool runs fails
//! in turn, before or after its work, or does nothing and says that all went well.

use super::apt_torn::with_flat_repository;
use super::law::on;
use crate::support::{Kind, Lab, Machine};

/// A call, what brings the host back to where it was, and what must hold afterwards.
struct Row {
    call: &'static str,
    reset: &'static str,
    holds: &'static str,
}

const fn row(call: &'static str, reset: &'static str, holds: &'static str) -> Row {
    Row { call, reset, holds }
}

/// Tools that are not tried here, each with the reason.
const NOT_TRIED: &[(&str, &str)] = &[
    ("agent.", "it changes no host"),
    (
        "apk.",
        "Debian has no apk; machines::apk tries it where there is one",
    ),
    (
        "apt.update",
        "its lists are those of the network; machines::apt tries lists that cannot be read",
    ),
    (
        "apt_repository.",
        "machines::apt_repository tries repositories that cannot be read, and finds the files as before",
    ),
    ("assert.", "it changes no host"),
    ("cron.", "its one program, crontab, is tried in machines::cron"),
    (
        "dnf.",
        "rpm keeps a package whose script failed, and dnf says so; the call warns of it",
    ),
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
    ("log.", "it changes no host"),
    (
        "pacman.",
        "pacman takes a package whose script failed for installed; the call warns of it",
    ),
    (
        "pacman_repository.",
        "its file is written once the key is known to be good",
    ),
    ("service.status", "it only looks"),
    ("sysctl.", "it runs no program"),
    (
        "template.",
        "it runs no program but `validate`, before anything is changed",
    ),
    ("user.authorized_key", "it runs no program"),
    ("user.sudoer", "it runs visudo, before anything is changed"),
    ("wait.", "it only looks"),
];

const PACKAGES: &[Row] = &[
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
        "package.package: frail",
        "",
        "dpkg-query -W -f '${db:Status-Abbrev}' frail | grep -q '^ii'",
    ),
];

const MOUNTS: &[Row] = &[
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
];

const SCRIPTS: &[Row] = &[
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

const UNITS: &[Row] = &[
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

const ACCOUNTS: &[Row] = &[
    row(
        "user.present: { name: zed, groups: [ops], shell: /bin/sh }",
        "",
        "id -nG zed | grep -qw ops && [ -d /home/zed ] && getent passwd zed | grep -q :/bin/sh",
    ),
    row("user.absent: zed", "useradd.real -m zed", "! id zed"),
    row("group.present: crew", "", "getent group crew"),
    row("group.absent: crew", "groupadd.real crew", "! getent group crew"),
];

/// Programs of which one fails: as the first word says, at the call of that number.
const WRAPPER: &str = "#!/bin/sh
n=$(($(cat /root/count) + 1)); echo $n >/root/count
[ -e /root/armed ] || exec $0.real \"$@\"
read how at </root/armed
[ \"$n\" = \"$at\" ] || exec $0.real \"$@\"
case $how in
before) echo 'it fails' >&2; exit 9 ;;
after) $0.real \"$@\"; echo 'it fails' >&2; exit 9 ;;
idle) exit 0 ;;
esac
";

/// How a program fails: before its work, after it, or by doing nothing and saying that all went well.
const HOWS: &[&str] = &["before", "after", "idle"];

/// `most`: how many programs of a call are made to fail, one after the other.
fn keep_the_law(
    machine: &Machine,
    programs: &[&str],
    (hows, most): (&[&str], usize),
    clean: &str,
    rows: &[Row],
) {
    machine.write("/root/wrapper", WRAPPER);
    machine.write("/root/count", "0\n");
    for program in programs {
        machine.says(&format!(
            "p=$(readlink -f $(command -v {program})); case $p in */{program}) ;; *) cp $p $(command -v {program}).new && mv $(command -v {program}).new $(command -v {program}); p=$(command -v {program});; esac
            mv $p $p.real && cp /root/wrapper $p && chmod 755 $p"
        ));
    }
    for row in rows {
        let mut entries = Vec::new();
        for at in 1..=most {
            for how in hows {
                let id = format!("{how}{at}");
                let Row { call, reset, holds } = row;
                entries.push(format!(
                    "exec.shell: |\n  exec >/dev/null 2>&1\n  rm -f /root/armed; {clean}\n  {reset}\n  echo 0 >/root/count; echo {how} {at} >/root/armed"
                ));
                entries.push(format!("id: first_{id}\nignore_errors: true\n{call}"));
                entries.push(format!(
                    "id: seen_{id}\nexec.shell: |\n  rm -f /root/armed\n  if ( {holds} ) >/dev/null 2>&1; then echo holds; else echo not; fi"
                ));
                entries.push(format!("id: again_{id}\nignore_errors: true\n{call}"));
                entries.push(format!(
                    "id: then_{id}\nexec.shell: |\n  if ( {holds} ) >/dev/null 2>&1; then echo holds; else echo not; fi"
                ));
            }
        }
        let entries: Vec<_> = entries.iter().map(String::as_str).collect();
        let ran = on(machine).run(&entries, &[]).code(0);
        let mut wrong = Vec::new();
        let mut failures = 0;
        for at in 1..=most {
            for how in hows {
                let id = format!("{how}{at}");
                let outcome = |of: &str| ran.outcome("m", &format!("{of}_{id}")).to_owned();
                let said = |of: &str| ran.end("m", &format!("{of}_{id}"))["result"]["stdout"].clone();
                let (first, again) = (outcome("first"), outcome("again"));
                // An ignored failure is told as such.
                let is_good = |outcome: &str| matches!(outcome, "ok" | "changed");
                failures += usize::from(!is_good(&first));
                let is_false = is_good(&first) && said("seen") != "holds";
                if is_false || !is_good(&again) || said("then") != "holds" {
                    wrong.push(format!(
                        "{} with `{how} {at}`: {first}, {}; then {again}, {}",
                        row.call,
                        said("seen"),
                        said("then")
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}\n{ran}", wrong.join("\n"));
        assert!(failures > 0, "{}: no program of it was made to fail", row.call);
    }
}

#[test]
fn every_tool_is_tried_or_not_for_a_reason() {
    let all = [PACKAGES, MOUNTS, SCRIPTS, UNITS, ACCOUNTS];
    let all: Vec<&str> = all
        .iter()
        .flat_map(|rows| rows.iter().map(|it| it.call))
        .collect();
    for entry in rmote_play::tools::registry().iter() {
        let is_tried = all
            .iter()
            .any(|call| call.starts_with(&format!("{}:", entry.name)));
        let is_left = NOT_TRIED
            .iter()
            .any(|(name, _)| *name == entry.name || name.ends_with('.') && entry.name.starts_with(name));
        assert!(is_tried != is_left, "{}", entry.name);
    }
}

#[test]
fn packages_that_failed_once_are_not_ok_until_they_are_there() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_flat_repository(&lab);
    keep_the_law(
        &machine,
        &["apt-get", "apt-mark", "dpkg"],
        (HOWS, 6),
        "dpkg.real --configure -a; apt-mark.real unhold ground frail top; dpkg.real --purge --force-all top frail ground",
        PACKAGES,
    );
}

#[test]
fn mounts_that_failed_once_are_not_ok_until_they_are_there() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    keep_the_law(
        &machine,
        &["mount", "umount"],
        (HOWS, 4),
        "while umount.real /mnt/a; do :; done; echo '# none' >/etc/fstab",
        MOUNTS,
    );
}

#[test]
fn init_scripts_that_failed_once_are_not_ok_until_they_run() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.write(
        "/etc/init.d/shop",
        "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: shop\n# Required-Start:\n# Required-Stop:\n# Default-Start: 2 3 4 5\n\
         # Default-Stop: 0 1 6\n# Short-Description: test\n### END INIT INFO\ncase $1 in\nstart) touch /run/shop ;;\nstop) rm -f /run/shop ;;\n\
         status) [ -e /run/shop ] || exit 3 ;;\nesac\n",
    );
    machine.says("chmod 755 /etc/init.d/shop");
    keep_the_law(&machine, &["update-rc.d", "service"], (HOWS, 4), ":", SCRIPTS);
}

#[test]
fn units_that_failed_once_are_not_ok_until_they_run() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("sys", Kind::Systemd);
    machine.write(
        "/etc/systemd/system/shop.service",
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/true\n[Install]\nWantedBy=multi-user.target\n",
    );
    machine.says("systemctl daemon-reload");
    keep_the_law(&machine, &["systemctl"], (HOWS, 4), ":", UNITS);
}

#[test]
fn accounts_that_failed_once_are_not_ok_until_they_are_as_asked() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("groupadd ops");
    keep_the_law(
        &machine,
        &[
            "useradd", "usermod", "userdel", "groupadd", "groupdel", "gpasswd", "chpasswd",
        ],
        (&["before", "after"], 4),
        "userdel.real -rf zed; groupdel.real crew; rm -rf /home/zed",
        ACCOUNTS,
    );
}
