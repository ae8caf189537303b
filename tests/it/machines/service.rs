//! `service.*` on a machine that booted systemd, on one with `OpenRC`, and on one with init scripts alone.

use super::law::on;
use crate::support::{Kind, Lab, Machine};

const LOOP: &str = "[Unit]\nDescription=test\n[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/true\n[Install]\nWantedBy=multi-user.target\n";

fn with_units(lab: &Lab) -> Machine {
    let machine = lab.machine("sys", Kind::Systemd);
    machine.write("/etc/systemd/system/shop.service", LOOP);
    machine.write("/etc/systemd/system/shop@.service", LOOP);
    machine.write(
        "/etc/systemd/system/once.service",
        "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo run >>/root/runs'\n[Install]\nWantedBy=multi-user.target\n",
    );
    machine.write(
        "/etc/systemd/system/bad.service",
        "[Service]\nType=notify\nExecStart=/bin/sh -c 'echo out of order >&2; exit 3'\n",
    );
    machine.write(
        "/etc/systemd/system/plain.service",
        "[Service]\nExecStart=/bin/sleep 1000\n",
    );
    machine.says("systemctl daemon-reload");
    machine
}

fn pid(machine: &Machine, unit: &str) -> String {
    machine.says(&format!("systemctl show -p MainPID --value {unit}"))
}

#[test]
fn a_service_is_started_stopped_enabled_and_disabled_only_where_it_differs() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("service.start: shop");
    assert_eq!(diff, "service shop.service\n-state: inactive\n+state: started\n");
    assert_eq!(
        (&result["running"], &result["state"]),
        (&true.into(), &"active".into())
    );
    assert_eq!(machine.says("systemctl is-active shop"), "active\n");
    let (diff, result) = on.keeps_the_laws("service.enable: shop.service");
    assert_eq!(diff, "service shop.service\n-enabled: false\n+enabled: true\n");
    assert_eq!(result["enabled"], true);
    on.keeps_the_laws("service.stop: shop");
    on.keeps_the_laws("service.disable: shop");
    assert_eq!(machine.sh("systemctl is-enabled shop").stdout, b"disabled\n");
}

#[test]
fn restart_and_reload_always_act_and_start_what_does_not_run() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    let on = on(&machine);
    assert_eq!(on.call("service.restart: shop")["outcome"], "changed");
    let first = pid(&machine, "shop");
    assert_eq!(on.call("service.restart: shop")["outcome"], "changed");
    let second = pid(&machine, "shop");
    assert_ne!(first, second);
    assert_eq!(on.call("service.reload: shop")["outcome"], "changed");
    assert_eq!(pid(&machine, "shop"), second);
    let checked = on.run(&["id: it\nservice.restart: shop"], &["-C"]);
    assert_eq!(checked.outcome("m", "it"), "changed");
    assert_eq!(pid(&machine, "shop"), second);
    on.call("service.start: plain");
    let failure = on.fails("service.reload: plain");
    assert!(
        failure.starts_with("unsupported: `plain` cannot read its configuration again"),
        "{failure}"
    );
    machine.says("systemctl stop plain");
    on.call("service.reload: plain");
    assert_eq!(machine.says("systemctl is-active plain"), "active\n");
}

#[test]
fn a_unit_that_does_not_exist_is_an_error_for_every_verb() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    let on = on(&machine);
    for verb in [
        "start", "stop", "restart", "reload", "enable", "disable", "converge",
    ] {
        let failure = on.fails(&format!("service.{verb}: shopp"));
        assert_eq!(
            failure, "not_found: there is no service `shopp` on this host",
            "{verb}"
        );
    }
    assert_eq!(on.is_settled("service.status: shopp")["exists"], false);
    let failure = on.is_refused("service.start: '../x'");
    assert!(failure.contains("is not the name of a service"), "{failure}");
}

#[test]
fn static_masked_and_template_units() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    let on = on(&machine);
    on.is_settled("service.disable: dbus");
    on.is_settled("service.disable: systemd-tmpfiles-clean.timer");
    let failure = on.fails("service.enable: dbus");
    assert!(
        failure.starts_with("unsupported: `dbus` cannot be enabled: it is static"),
        "{failure}"
    );
    machine.says("systemctl stop cron");
    let (diff, _) = on.keeps_the_laws("service.converge: { name: cron, masked: true }");
    assert_eq!(diff, "service cron.service\n-masked: false\n+masked: true\n");
    for verb in ["start", "restart", "enable"] {
        let failure = on.fails(&format!("service.{verb}: cron"));
        assert!(failure.starts_with("conflict: `cron` is masked"), "{failure}");
    }
    on.is_settled("service.stop: cron");
    on.keeps_the_laws("service.converge: { name: cron, masked: false, started: null, enabled: null }");
    on.keeps_the_laws("service.start: shop@one");
    let (diff, _) = on.keeps_the_laws("service.enable: shop@two");
    assert_eq!(
        diff,
        "service shop@two.service\n-enabled: false\n+enabled: true\n"
    );
    assert_eq!(on.is_settled("service.status: shop@")["exists"], true);
    assert_eq!(on.is_settled("service.status: nosuch@")["exists"], false);
}

#[test]
fn a_unit_that_runs_once_is_not_run_again_by_start() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    let on = on(&machine);
    // What the host itself wants stays known to systemd when it has ended.
    machine.says("systemctl enable once");
    assert_eq!(on.call("service.start: once")["outcome"], "changed");
    on.is_settled("service.start: once");
    assert_eq!(machine.read("/root/runs"), "run\n");
    on.call("service.restart: once");
    assert_eq!(machine.read("/root/runs"), "run\nrun\n");
}

#[test]
fn a_changed_unit_file_is_read_before_the_unit_is_restarted() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    let on = on(&machine);
    machine.says("systemctl start shop");
    machine.write("/etc/systemd/system/shop.service", LOOP.replace("1000", "2000"));
    machine.says("touch -d '+5 seconds' /etc/systemd/system/shop.service");
    let end = on.call("service.restart: shop");
    let diff = end["change"]["diff"].to_string();
    assert!(diff.contains("+definition: read again"), "{diff}");
    assert!(
        machine
            .says("cat /proc/$(systemctl show -p MainPID --value shop)/cmdline")
            .contains("2000")
    );
    // A new unit needs nothing, and one that changed is found by daemon_reload, too.
    machine.write("/etc/systemd/system/new.service", LOOP);
    on.keeps_the_laws("service.start: new");
    on.is_settled("service.daemon_reload: {}");
    machine.says("touch -d '+9 seconds' /etc/systemd/system/shop.service");
    let (diff, result) = on.keeps_the_laws("service.daemon_reload: {}");
    assert_eq!(diff, "systemd\n-shop.service as it was\n+shop.service as it is\n");
    assert_eq!(result["units"][0], "shop.service");
    assert_eq!(
        on.call("service.daemon_reload: { force: true }")["outcome"],
        "changed"
    );
}

#[test]
fn what_a_service_said_last_is_in_the_failure_which_names_the_verb() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    let end = on(&machine).call("service.start: bad");
    assert_eq!(end["outcome"], "failed");
    let message = end["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("`systemctl start bad` ended with exit code 1"),
        "{message}"
    );
    assert!(
        end["error"]["stderr"].as_str().unwrap().contains("out of order"),
        "{end:#}"
    );
}

#[test]
fn converge_does_only_what_differs_with_at_most_two_processes_where_nothing_does() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    let on = on(&machine);
    for (before, lines) in [
        (
            "stop shop; systemctl disable shop",
            ["+enabled: true", "+state: started"].as_slice(),
        ),
        ("stop shop", &["+state: started"]),
        ("disable shop", &["+enabled: true"]),
    ] {
        machine.says(&format!("systemctl {before}"));
        let (diff, _) = on.keeps_the_laws("service.converge: shop");
        let found: Vec<_> = diff.lines().filter(|it| it.starts_with('+')).collect();
        assert_eq!(found, lines);
    }
    // Each start of it is noted.
    machine.write(
        "/usr/local/bin/systemctl",
        "#!/bin/sh\necho $$ >>/root/calls\nexec /usr/bin/systemctl \"$@\"\n",
    );
    machine.says("chmod 755 /usr/local/bin/systemctl");
    machine.says("echo 'PATH=/usr/local/bin:/usr/bin:/bin' >/etc/environment");
    let end = on.call("service.converge: shop");
    assert_eq!(end["outcome"], "ok");
    assert_eq!(machine.read("/root/calls").lines().count(), 1);
    machine.says("rm /usr/local/bin/systemctl");
    let (diff, _) = on.keeps_the_laws("service.converge: { name: shop, started: false, enabled: false }");
    assert!(
        diff.contains("+enabled: false") && diff.contains("+state: stopped"),
        "{diff}"
    );
}

#[test]
fn converge_comes_to_each_state_from_its_opposite() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    let on = on(&machine);
    for (started, enabled) in [(true, true), (false, false), (true, false), (false, true)] {
        let verb = |is: bool, yes, no| if is { yes } else { no };
        machine.says(&format!(
            "systemctl {} shop; systemctl {} shop",
            verb(started, "stop", "start"),
            verb(enabled, "disable", "enable")
        ));
        let call = format!("service.converge: {{ name: shop, started: {started}, enabled: {enabled} }}");
        let (diff, result) = on.keeps_the_laws(&call);
        assert_eq!(diff.lines().filter(|it| it.starts_with('+')).count(), 2, "{diff}");
        assert_eq!(
            (&result["running"], &result["enabled"]),
            (&started.into(), &enabled.into())
        );
    }
}

#[test]
fn each_failure_names_what_was_tried() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_units(&lab);
    machine.write(
        "/etc/systemd/system/stays.service",
        "[Unit]\nRefuseManualStop=yes\n[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/false\n[Install]\nWantedBy=none.target\n",
    );
    // Where a folder of links would be, there is a file.
    machine.write("/etc/systemd/system/none.target.wants", "");
    machine.says("systemctl daemon-reload; systemctl start stays");
    let on = on(&machine);
    for (call, tried) in [
        ("service.start: bad", "`systemctl start bad`"),
        ("service.restart: bad", "`systemctl restart bad`"),
        ("service.stop: stays", "`systemctl stop stays`"),
        ("service.reload: stays", "`systemctl reload stays`"),
        ("service.enable: stays", "`systemctl enable stays`"),
        ("service.converge: stays", "`systemctl enable stays`"),
        (
            "service.converge: { name: stays, started: null, enabled: null, masked: true }",
            "`systemctl mask stays`",
        ),
    ] {
        let failure = on.fails(call);
        assert!(
            failure.starts_with(&format!("command_failed: {tried} ended with exit code ")),
            "{call}: {failure}"
        );
    }
}

#[test]
fn units_of_a_user() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("sys", Kind::Systemd);
    machine.write(
        "/home/alice/.config/systemd/user/mine.service",
        LOOP.replace("multi-user", "default"),
    );
    machine.says("chown -R alice: /home/alice/.config");
    let on = on(&machine).logged_in_as("alice");
    let end = on.call("service.converge: { name: mine, scope: user }");
    assert_eq!(end["outcome"], "changed", "{end:#}");
    assert_eq!(end["result"]["enabled"], true);
    assert!(
        machine
            .path("/home/alice/.config/systemd/user/default.target.wants")
            .exists()
    );
    let failure = on.fails("service.restart: cron");
    assert!(failure.starts_with("permission_denied: "), "{failure}");
}

const SCRIPT: &str = "### BEGIN INIT INFO\n# Provides: shop\n# Required-Start:\n# Required-Stop:\n# Default-Start: 2 3 4 5\n\
    # Default-Stop: 0 1 6\n# Short-Description: test\n### END INIT INFO\n\
    case $1 in\nstart) touch /run/shop ;;\nstop) rm -f /run/shop ;;\nrestart) echo x >>/root/restarts; touch /run/shop ;;\n\
    reload|force-reload) echo x >>/root/reloads ;;\nstatus) [ -e /run/shop ] || exit 3 ;;\n*) exit 2 ;;\nesac\n";

#[test]
fn init_scripts_where_nothing_else_manages_services() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.write("/etc/init.d/shop", format!("#!/bin/sh\n{SCRIPT}"));
    machine.says("chmod 755 /etc/init.d/shop");
    let on = on(&machine);
    on.keeps_the_laws("service.start: shop");
    assert!(machine.path("/run/shop").exists());
    on.keeps_the_laws("service.enable: shop");
    assert!(machine.says("ls /etc/rc3.d").contains("shop"));
    on.call("service.restart: shop");
    on.call("service.reload: shop");
    assert_eq!(machine.read("/root/restarts"), "x\n");
    on.keeps_the_laws("service.disable: shop");
    let (diff, _) = on.keeps_the_laws("service.converge: { name: shop, started: false, enabled: true }");
    assert_eq!(
        diff,
        "service shop\n-enabled: false\n+enabled: true\n-state: running\n+state: stopped\n"
    );
    assert!(on.fails("service.stop: shopp").starts_with("not_found: "));
    assert!(
        on.fails("service.converge: { name: shop, masked: true }")
            .starts_with("unsupported: only systemd")
    );
}

#[test]
fn services_of_openrc() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("rc", Kind::OpenRc);
    machine.write(
        "/etc/init.d/shop",
        "#!/sbin/openrc-run\ncommand=/bin/sleep\ncommand_args=1000\ncommand_background=yes\npidfile=/run/shop.pid\n\
         extra_started_commands=reload\nreload() { echo x >>/root/reloads; }\n",
    );
    machine.says("chmod 755 /etc/init.d/shop; cd /run; mkdir openrc; cd openrc; touch softlevel
        mkdir started starting stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled tmp");
    let on = on(&machine);
    let (diff, _) = on.keeps_the_laws("service.converge: shop");
    assert_eq!(
        diff,
        "service shop\n-enabled: false\n+enabled: true\n-state: stopped\n+state: started\n"
    );
    assert!(
        machine
            .path("/etc/runlevels/default/shop")
            .symlink_metadata()
            .is_ok()
    );
    on.call("service.reload: shop");
    assert_eq!(machine.read("/root/reloads"), "x\n");
    let first = machine.read("/run/shop.pid");
    on.call("service.restart: shop");
    assert_ne!(machine.read("/run/shop.pid"), first);
    on.keeps_the_laws("service.disable: shop");
    on.keeps_the_laws("service.stop: shop");
    assert!(on.fails("service.start: shopp").starts_with("not_found: "));
}
