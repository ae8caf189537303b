//! `service.*` and whether a service stays up, is left as it is, and is there again at the next start.

use super::law::on;
use crate::support::{Kind, Lab, Machine};

const PLAIN: &str = "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n";

fn with_unit(lab: &Lab, name: &str, text: &str) -> Machine {
    let machine = lab.machine("sys", Kind::Systemd);
    machine.write(&format!("/etc/systemd/system/{name}.service"), text);
    machine.write("/etc/systemd/system/plain.service", PLAIN);
    machine.says("systemctl daemon-reload");
    machine
}

#[test]
fn a_service_between_two_crashes_does_not_run_and_start_says_why() {
    let Some(lab) = Lab::start() else { return };
    let crash = "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sh -c 'sleep 0.1; echo out of order >&2; exit 7'\nRestart=always\nRestartSec=30\n[Install]\nWantedBy=multi-user.target\n";
    let machine = with_unit(&lab, "loop", crash);
    let on = on(&machine);
    for call in [
        "service.start: loop",
        "service.start: loop",
        "service.converge: loop",
        "service.restart: loop",
    ] {
        let end = on.call(call);
        assert_eq!(end["outcome"], "failed", "{call}: {end:#}");
        assert_eq!(
            end["error"]["message"],
            "`loop` was started and does not stay up: its main process ended with exit code 7"
        );
        assert!(
            end["error"]["stderr"].as_str().unwrap().contains("out of order"),
            "{end:#}"
        );
    }
    let state = on.is_settled("service.status: loop");
    assert_eq!(
        (&state["running"], &state["state"]),
        (&false.into(), &"auto-restart".into())
    );
    // It does not run, and is kept from it.
    on.keeps_the_laws("service.stop: loop");
    assert_eq!(machine.sh("systemctl is-active loop").stdout, b"inactive\n");
    // One that is up most of the time.
    machine.says("sed -i 's/sleep 0.1/sleep 0.4/; s/RestartSec=30/RestartSec=0/' /etc/systemd/system/loop.service; systemctl daemon-reload; systemctl start loop; sleep 1");
    for _ in 0..2 {
        let failure = on.fails("service.start: loop");
        assert!(
            failure.contains("`loop` was started and does not stay up"),
            "{failure}"
        );
    }
    // The law of check mode counts processes, and this unit starts one again and again.
    assert_eq!(on.call("service.stop: loop")["outcome"], "changed");
    on.keeps_the_laws("service.start: plain");
}

#[test]
fn null_leaves_a_service_as_it_is_and_what_cannot_both_hold_is_refused() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_unit(&lab, "other", PLAIN);
    let on = on(&machine);
    on.is_settled("service.converge: { name: plain, started: null, enabled: null, masked: false }");
    on.is_settled("service.converge: { name: plain, started: \"{{ none }}\", enabled: \"{{ none }}\" }");
    on.keeps_the_laws("service.converge: { name: plain, started: null }");
    assert_eq!(
        machine
            .sh("systemctl is-active plain; systemctl is-enabled plain")
            .stdout,
        b"inactive\nenabled\n"
    );
    on.keeps_the_laws("service.converge: { name: plain, enabled: null }");
    on.keeps_the_laws("service.converge: { name: other, enabled: false }");
    for pair in ["started: true", "enabled: true"] {
        let failure = on.is_refused(&format!(
            "service.converge: {{ name: other, masked: true, {pair} }}"
        ));
        assert!(
            failure.contains(&format!("`masked: true` and `{pair}` cannot both hold")),
            "{failure}"
        );
    }
}

#[test]
fn what_is_enabled_until_the_next_start_only_is_not_enabled_and_what_was_asked_for_is_there_after_it() {
    let Some(lab) = Lab::start() else { return };
    let mut machine = with_unit(&lab, "shop", PLAIN);
    machine.write("/etc/fstab", "");
    machine.says("systemctl enable --runtime shop");
    {
        let on = on(&machine);
        on.keeps_the_laws("service.enable: shop");
        on.keeps_the_laws("service.converge: { name: plain, started: true, enabled: false }");
        on.keeps_the_laws(
            "mount.present: { path: /srv/kept, source: tmpfs, type: tmpfs, options: 'size=1m,nodev' }",
        );
        on.keeps_the_laws(
            "mount.present: { path: /srv/shown, source: /srv/kept, type: none, options: 'bind,ro' }",
        );
        on.keeps_the_laws("mount.present: { path: /srv/gone, source: tmpfs, type: tmpfs }");
        on.keeps_the_laws("mount.absent: /srv/gone");
    }
    machine.power_off();
    machine.boot();
    let on = on(&machine);
    on.is_settled("service.converge: { name: shop, started: true, enabled: true }");
    on.is_settled("mount.present: { path: /srv/kept, source: tmpfs, type: tmpfs, options: 'size=1m,nodev' }");
    on.is_settled("mount.present: { path: /srv/shown, source: /srv/kept, type: none, options: 'bind,ro' }");
    on.is_settled("mount.absent: /srv/gone");
    assert_eq!(machine.sh("systemctl is-active plain").stdout, b"inactive\n");
}

#[test]
fn a_service_that_has_only_just_been_started_is_given_a_moment_before_it_is_told_anything() {
    let Some(lab) = Lab::start() else { return };
    // Until it has its trap, the signal ends it.
    let slow = "[Service]\nExecStart=/bin/sh -c 'sleep 0.5; trap \"echo x >>/root/heard\" HUP; while :; do sleep 0.05; done'\nExecReload=/bin/kill -HUP $MAINPID\n";
    let machine = with_unit(&lab, "slow", slow);
    let calls = [
        "exec.command: [systemctl, start, slow]",
        "id: it\nservice.reload: slow",
    ];
    on(&machine)
        .run(&calls, &[])
        .code(0)
        .outcomes("m", &[("it", "changed")]);
    machine.says("systemctl is-active slow; while [ ! -e /root/heard ]; do sleep 0.02; done");
    // One that dies of what it is told is a failure.
    machine.write(
        "/etc/systemd/system/slow.service",
        slow.replace("echo x >>/root/heard", "sleep 0.1; exit 3"),
    );
    machine.says("systemctl daemon-reload; systemctl restart slow");
    let failure = on(&machine).fails("service.reload: slow");
    assert!(
        failure.ends_with(
            "`slow` read its configuration and does not stay up: its main process ended with exit code 3"
        ),
        "{failure}"
    );
}

#[test]
fn a_service_of_openrc_that_dies_at_once_is_a_failure_each_time() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("rc", Kind::OpenRc);
    machine.write(
        "/etc/init.d/shop",
        // As OpenRC's own programs tell it: it was started, and is there no more.
        "#!/sbin/openrc-run\nstart() { touch /run/up; [ -n \"$LONG\" ] || { sleep 0.2; rm /run/up; } >/dev/null 2>&1 & }\n\
         stop() { rm -f /run/up; }\nstatus() { [ -e /run/up ] || return 32; }\n",
    );
    machine.says("chmod 755 /etc/init.d/shop; cd /run; mkdir openrc; cd openrc; touch softlevel
        mkdir started starting stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled tmp");
    let on = on(&machine);
    for call in [
        "service.start: shop",
        "service.start: shop",
        "service.restart: shop",
        "service.converge: shop",
    ] {
        let failure = on.fails(call);
        assert!(
            failure.contains("`shop` was started and does not stay up"),
            "{call}: {failure}"
        );
    }
    machine.says("mkdir -p /etc/conf.d; echo LONG=1000 >/etc/conf.d/shop");
    on.keeps_the_laws("service.start: shop");
}

#[test]
fn an_init_script_whose_daemon_dies_is_a_failure_each_time_and_half_of_its_links_are_not_all() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let script = |status: &str| {
        format!(
            "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: shop\n# Required-Start:\n# Required-Stop:\n# Default-Start: 2 3 4 5\n\
             # Default-Stop: 0 1 6\n# Short-Description: test\n### END INIT INFO\ncase $1 in\nstart|restart) ;;\nstop) ;;\n{status}*) echo \"Usage: $0 start|stop\" >&2; exit 3 ;;\nesac\n"
        )
    };
    machine.write(
        "/etc/init.d/shop",
        script("status) [ -e /run/shop ] || exit 3 ;;\n"),
    );
    machine.says("chmod 755 /etc/init.d/shop");
    let on = on(&machine);
    for _ in 0..2 {
        let failure = on.fails("service.start: shop");
        assert!(
            failure.contains("`shop` was started and does not stay up"),
            "{failure}"
        );
    }
    on.keeps_the_laws("service.enable: shop");
    machine.says("cd /etc/rc3.d; mv S??shop K01shop");
    on.keeps_the_laws("service.enable: shop");
    machine.says("cd /etc/rc3.d; mv S??shop K01shop");
    on.keeps_the_laws("service.disable: shop");
    // Of one that cannot be asked nobody knows; it is started each time.
    machine.write("/etc/init.d/shop", script(""));
    assert_eq!(on.call("service.start: shop")["outcome"], "changed");
}
