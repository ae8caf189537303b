//! What was asked for holds after the next start and for those who read it, or the result says so.

use super::law::on;
use crate::support::{Kind, Lab};

#[test]
fn a_setting_is_in_the_file_that_is_read_last_or_a_warning_names_it() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("sys", Kind::Systemd);
    machine
        .says("echo vm.swappiness=60 >>/etc/sysctl.conf; ln -sf ../sysctl.conf /etc/sysctl.d/99-sysctl.conf");
    let holds = || {
        let all = machine.says("/lib/systemd/systemd-sysctl --cat-config");
        let last = all.lines().rfind(|it| it.starts_with("vm.swappiness")).unwrap();
        last.split('=').nth(1).unwrap().trim().to_owned()
    };
    assert_eq!(holds(), "60");
    let on = on(&machine);
    let set = |more: &str| {
        let call = format!("sysctl.set: {{ name: vm.swappiness, reload: false, {more} }}");
        on.run(&[&call], &[]).code(0)
    };
    set("value: 10").never_says("warning");
    assert_eq!(holds(), "10");
    machine.says("rm /etc/sysctl.d/zz-rmote-play.conf");
    let early = "value: 10, path: /etc/sysctl.d/50-a.conf";
    for _ in 0..2 {
        set(early).says("`/etc/sysctl.d/99-sysctl.conf` is read after `/etc/sysctl.d/50-a.conf` when the host starts, and sets `vm.swappiness` to `60`");
    }
    assert_eq!(holds(), "60");
    // The same value is no contradiction; the file itself is found under the name of its link.
    set("value: 60, path: /etc/sysctl.d/50-a.conf").never_says("is read after");
    set("value: 20, path: /etc/sysctl.conf").never_says("is read");
    assert_eq!(holds(), "20");
    for path in ["/etc/sysctl.d/50-a", "/etc/sysctl.conf.d/a.conf"] {
        set(&format!("value: 1, path: {path}")).says(&format!("`{path}` is not read when the host starts"));
    }
    // In /run, /usr and /etc one name is one file.
    machine.write("/usr/lib/sysctl.d/50-b.conf", "vm.swappiness = 1\n");
    machine.write("/run/sysctl.d/50-b.conf", "vm.swappiness = 2\n");
    machine.says("rm /etc/sysctl.d/99-sysctl.conf");
    set("value: 3, path: /etc/sysctl.d/50-a.conf").says("`/run/sysctl.d/50-b.conf` is read after");
    assert_eq!(holds(), "2");
}

#[test]
fn without_systemd_the_common_file_is_read_last() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("echo vm.swappiness=60 >>/etc/sysctl.conf");
    let on = on(&machine);
    let call = "sysctl.set: { name: vm.swappiness, value: 10, reload: false }";
    on.run(&[call], &[])
        .code(0)
        .says("`/etc/sysctl.conf` is read after `/etc/sysctl.d/zz-rmote-play.conf`");
}

#[test]
fn a_name_that_cloud_init_may_undo_is_a_warning() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("mkdir -p /etc/cloud/cloud.cfg.d");
    machine.write(
        "/etc/cloud/cloud.cfg",
        "preserve_hostname: false\nmanage_etc_hosts: true\n",
    );
    let on = on(&machine);
    let ran = on.run(&["hostname.set: web1"], &[]).code(0);
    ran.says("cloud-init may give the host its former name")
        .says("cloud-init writes `/etc/hosts` at each start");
    machine.write(
        "/etc/cloud/cloud.cfg.d/99-own.cfg",
        "preserve_hostname: true\nmanage_etc_hosts: false\n",
    );
    on.run(&["hostname.set: web1"], &[])
        .code(0)
        .never_says("cloud-init");
}

#[test]
fn a_repository_that_would_keep_apt_from_everything_is_not_added() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says(
        "mkdir -p /etc/apt/keyrings; touch /etc/apt/keyrings/a.gpg /etc/apt/keyrings/b.gpg; \
         echo 'deb [signed-by=/etc/apt/keyrings/a.gpg] file:///srv/shop stable main' >/etc/apt/sources.list.d/vendor.list",
    );
    let on = on(&machine);
    let call = "apt_repository.present: { name: shop, uris: 'file:///srv/shop', suites: stable, components: main, \
                refresh: false, signed_by: /etc/apt/keyrings/b.gpg }";
    for _ in 0..2 {
        let failure = on.fails(call);
        assert!(
            failure
                .contains("`shop` was not added: apt could not read its sources with it: Conflicting values"),
            "{failure}"
        );
    }
    assert!(!machine.path("/etc/apt/sources.list.d/shop.sources").exists());
    machine.says("apt-get indextargets >/dev/null");
    on.keeps_the_laws(&call.replace("b.gpg", "a.gpg"));
}

#[test]
fn cron_reads_the_file_that_a_job_is_in_or_a_warning_says_why_not() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    let call = |more: &str| format!("cron.job: {{ name: it, job: 'true', file: /etc/cron.d/it, {more} }}");
    for (more, why) in [
        ("minute: 61", "cron does not read `61` as a minute"),
        ("weekday: monday", "cron does not read `monday` as a weekday"),
        ("hour: '*/0'", "cron does not read `*/0` as a hour"),
        ("day: '5,'", "cron does not read `5,` as a day"),
        ("special: daily, minute: 5", "exclude each other"),
    ] {
        let said = on.is_refused(&call(more));
        assert!(said.contains(why), "{said}");
    }
    // What depends on the host is checked by the call, on every host.
    let failure = on.fails(&call("minute: \"{{ [61, facts.hostname] | first }}\""));
    assert!(
        failure.starts_with("invalid: ") && failure.contains("cron does not read `61`"),
        "{failure}"
    );
    let failure = on.fails(&call("user: nobody-here"));
    assert_eq!(failure, "not_found: there is no user `nobody-here` on this host");
    assert!(!machine.path("/etc/cron.d/it").exists());
    // Cron passes over a file of somebody else, and over one that others may write.
    machine.says("touch /etc/cron.d/it; chown bob /etc/cron.d/it; chmod 666 /etc/cron.d/it");
    on.keeps_the_laws(&call("minute: 5"));
    assert_eq!(machine.says("stat -c '%U %a' /etc/cron.d/it"), "root 644\n");
    machine.says("printf '61 * * * * root spoilt\\n' >>/etc/cron.d/it");
    let ran = on.run(&[&call("minute: 5")], &[]).code(0);
    ran.says("cron does not read line 3 of `/etc/cron.d/it`, and may pass over all of it");
    let ran = on.run(
        &["cron.job: { name: dated, job: 'date +%F >/tmp/day', file: /etc/cron.d/dated }"],
        &[],
    );
    ran.code(0)
        .says("cron ends the command of `dated` at the first `%`");
}

#[test]
fn a_job_that_ansible_made_is_told_of_and_taken_over() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let table = "#Ansible: backup\n0 5 * * * /bin/old\n0 6 * * * /bin/mine\n";
    machine.write("/root/table", table);
    machine.says("crontab -u alice /root/table");
    let on = on(&machine);
    let call = "cron.job: { name: backup, user: alice, hour: 4, minute: 0, job: /bin/new }";
    let ran = on.run(&[call], &["-C"]).code(0);
    ran.says("has a job `backup` that Ansible made");
    let taken = call.replace(" }", ", marker: '#Ansible: ' }");
    on.keeps_the_laws(&taken);
    let now = || machine.says("crontab -u alice -l");
    assert_eq!(now(), table.replace("0 5 * * * /bin/old", "0 4 * * * /bin/new"));
    on.keeps_the_laws(&taken.replace(" }", ", disabled: true }"));
    assert!(
        now().contains("#Ansible: backup\n#disabled: 0 4 * * * /bin/new\n0 6"),
        "{}",
        now()
    );
    on.keeps_the_laws("cron.job: { name: backup, user: alice, state: absent, marker: '#Ansible: ' }");
    assert_eq!(now(), "0 6 * * * /bin/mine\n");
}
