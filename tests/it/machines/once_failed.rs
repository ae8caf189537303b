//! The law that what failed once is not `ok` the next time, unless the host is as was asked: each program that a tool runs fails
//! in turn, before or after its work, or does nothing and says that all went well.

use super::apt_torn::with_flat_repository;
use super::law::on;
use super::once_failed_rows::{
    ACCOUNTS, DEBIANS, JOBS, MOUNTS, NOT_TRIED, PACKAGES, PACMANS, RPMS, Row, SCRIPTS, UNITS,
};
use crate::support::{Kind, Lab, Machine};

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
    let all = [
        PACKAGES, DEBIANS, JOBS, RPMS, PACMANS, MOUNTS, SCRIPTS, UNITS, ACCOUNTS,
    ];
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
fn answers_and_alternatives_that_failed_once_are_not_ok_until_they_are_there() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    keep_the_law(
        &machine,
        &[
            "update-alternatives",
            "debconf-set-selections",
            "debconf-communicate",
        ],
        (HOWS, 4),
        ":",
        DEBIANS,
    );
}

#[test]
fn jobs_that_failed_once_are_not_ok_until_they_are_there() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    keep_the_law(
        &machine,
        &["crontab"],
        // One that reads nothing and says that all went well cannot be told from an empty table.
        (&["before", "after"], 3),
        "echo '2 * * * * /bin/true others' | sed 's,/bin/true,/bin/false,' | crontab.real -",
        JOBS,
    );
}

#[test]
fn packages_of_dnf_that_failed_once_are_not_ok_until_they_are_there() {
    let Some(lab) = Lab::start() else { return };
    let machine = super::dnf::with_repository(&lab);
    keep_the_law(
        &machine,
        &["dnf"],
        // What a name stands for only dnf knows: that it did nothing cannot be seen where others may provide it.
        (&["before", "after"], 2),
        "dnf.real -y -C remove shop-doc",
        RPMS,
    );
}

#[test]
fn packages_of_pacman_that_failed_once_are_not_ok_until_they_are_there() {
    let Some(lab) = Lab::start() else { return };
    let machine = super::pacman::with_repository(&lab);
    keep_the_law(
        &machine,
        &["pacman"],
        (&["before", "after"], 3),
        "pacman.real -R --noconfirm shop",
        PACMANS,
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
