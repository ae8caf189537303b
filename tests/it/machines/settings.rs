//! `sysctl.*` and `hostname.set`.

use super::law::on;
use crate::support::{Kind, Lab, Machine};

#[test]
fn a_setting_of_the_kernel_stands_in_its_file_and_other_lines_stay() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.write(
        "/etc/sysctl.d/50-shop.conf",
        "# mine\nvm.swappiness=60\nnet.core.somaxconn = 128\n",
    );
    let on = on(&machine);
    // The kernel is that of this computer: only the file is touched.
    let set = |name: &str, value: &str| {
        format!(
            "sysctl.set: {{ name: {name}, value: {value}, path: /etc/sysctl.d/50-shop.conf, reload: false }}"
        )
    };
    let (diff, _) = on.keeps_the_laws(&set("vm.swappiness", "10"));
    assert!(
        diff.contains("-vm.swappiness=60\n+vm.swappiness = 10\n"),
        "{diff}"
    );
    on.keeps_the_laws(&set("kernel.shmmax", "1000"));
    on.is_settled(&set("net/core/somaxconn", "128"));
    assert_eq!(
        machine.read("/etc/sysctl.d/50-shop.conf"),
        "# mine\nvm.swappiness = 10\nnet.core.somaxconn = 128\nkernel.shmmax = 1000\n"
    );
    let failure = on.fails("sysctl.set: { name: no.such.setting, value: 1 }");
    assert_eq!(
        failure,
        "not_found: the kernel of this host has no setting `no.such.setting`"
    );
    // A machine of these tests may not change its kernel. That is seen before anything is written.
    let failure = on.fails("sysctl.set: { name: kernel.domainname, value: example }");
    assert!(
        failure.starts_with("permission_denied: cannot set `/proc/sys/kernel/domainname`"),
        "{failure}"
    );
    assert!(!machine.path("/etc/sysctl.d/zz-rmote-play.conf").exists());
}

#[test]
fn a_setting_of_the_network_holds_at_once() {
    let Some(lab) = Lab::start() else { return };
    let (machine, other) = (lab.debian("deb"), lab.debian("other"));
    // These files are those of whoever reads them.
    let read = |machine: &Machine| machine.says("cat /proc/sys/net/ipv4/ip_forward");
    let before = read(&other);
    machine.says("echo 0 >/proc/sys/net/ipv4/ip_forward");
    let on = on(&machine);
    let call = "sysctl.set: { name: net.ipv4.ip_forward, value: 1 }";
    let (diff, _) = on.keeps_the_laws(call);
    assert!(diff.contains("+net.ipv4.ip_forward = 1\n"), "{diff}");
    assert_eq!((read(&machine), read(&other)), ("1\n".to_owned(), before));
    // Somebody has changed it since, and the file says still what is wanted.
    machine.says("echo 0 >/proc/sys/net/ipv4/ip_forward");
    on.keeps_the_laws(call);
    assert_eq!(read(&machine), "1\n");
    // The kernel writes several numbers with tabs between them.
    on.keeps_the_laws("sysctl.set: { name: net.ipv4.ip_local_port_range, value: '20000 30000' }");
    assert_eq!(
        machine.says("cat /proc/sys/net/ipv4/ip_local_port_range"),
        "20000\t30000\n"
    );
    let failure = on.fails("sysctl.set: { name: net.ipv4.ip_forward, value: much }");
    assert!(failure.contains("the kernel refuses `much`"), "{failure}");
}

#[test]
fn settings_leave_a_file_and_the_kernel_gets_the_values_of_others() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.write("/etc/sysctl.d/10-base.conf", "net.ipv4.ip_forward = 0\n");
    machine.write(
        "/etc/sysctl.d/50-shop.conf",
        "# mine\nnet.ipv4.ip_forward=1\n-net/ipv4/ip_forward = 1\nnet.ipv4.tcp_sack = 1\n",
    );
    machine.says("echo 1 >/proc/sys/net/ipv4/ip_forward");
    let on = on(&machine);
    let call = |more: &str| format!("sysctl.absent: {{ path: /etc/sysctl.d/50-shop.conf, {more} }}");
    let (diff, _) = on.keeps_the_laws(&call("name: net.ipv4.ip_forward"));
    assert!(!diff.contains("running kernel"), "{diff}");
    assert_eq!(
        machine.read("/etc/sysctl.d/50-shop.conf"),
        "# mine\nnet.ipv4.tcp_sack = 1\n"
    );
    assert_eq!(machine.says("cat /proc/sys/net/ipv4/ip_forward"), "1\n");
    on.keeps_the_laws(&call("name: net.ipv4.ip_forward, reload: true"));
    assert_eq!(machine.says("cat /proc/sys/net/ipv4/ip_forward"), "0\n");
    let ran = on
        .run(&[&call("name: net.ipv4.tcp_sack, reload: true")], &[])
        .code(0);
    ran.says("no other file sets `net.ipv4.tcp_sack`");
    on.is_settled("sysctl.absent: { name: net.ipv4.ip_forward, path: /etc/sysctl.d/nosuch.conf }");
    assert!(!machine.path("/etc/sysctl.d/nosuch.conf").exists());
}

#[test]
fn several_settings_are_one_file_and_what_the_kernel_refuses_is_not_written() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("echo 0 >/proc/sys/net/ipv4/ip_forward");
    machine.write("/etc/sysctl.d/90-shop.conf", "# old\nnet.ipv4.tcp_sack = 1\n");
    let on = on(&machine);
    let call = |more: &str| format!("sysctl.converge: {{ path: /etc/sysctl.d/90-shop.conf, {more} }}");
    let (_, result) = on.keeps_the_laws(&call(
        "exclusive: false, values: { net.ipv4.ip_forward: 1, net.ipv4.tcp_sack: 1 }",
    ));
    assert_eq!(
        result["changed_names"],
        serde_json::json!(["net.ipv4.ip_forward"])
    );
    assert_eq!(
        machine.read("/etc/sysctl.d/90-shop.conf"),
        "# old\nnet.ipv4.tcp_sack = 1\nnet.ipv4.ip_forward = 1\n"
    );
    let (diff, _) = on.keeps_the_laws(&call("values: { net.ipv4.ip_forward: 1 }"));
    assert!(diff.contains("-net.ipv4.tcp_sack = 1\n"), "{diff}");
    assert_eq!(
        machine.read("/etc/sysctl.d/90-shop.conf"),
        "net.ipv4.ip_forward = 1\n"
    );
    let unknown = "values: { net.ipv4.ip_forward: 0, net.no.such: 1 }";
    let failure = on.fails(&call(unknown));
    assert!(failure.ends_with("has no setting `net.no.such`"), "{failure}");
    let failure = on.fails(&call("values: { net.ipv4.ip_forward: much }"));
    assert!(failure.contains("the kernel refuses `much`"), "{failure}");
    assert_eq!(
        machine.read("/etc/sysctl.d/90-shop.conf"),
        "net.ipv4.ip_forward = 1\n"
    );
    on.keeps_the_laws(&call(&format!("ignore_unknown: true, {unknown}")));
    assert_eq!(
        machine.says("cat /etc/sysctl.d/90-shop.conf /proc/sys/net/ipv4/ip_forward"),
        "net.ipv4.ip_forward = 0\nnet.no.such = 1\n0\n"
    );
    on.is_refused(&call("values: { '../x': 1 }"));
}

#[test]
fn a_host_gets_its_name_in_both_files_and_at_once() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("old", Kind::Systemd);
    let on = on(&machine);
    let (diff, _) = on.keeps_the_laws("hostname.set: web1.example.org");
    assert!(
        diff.contains("/etc/hostname\n") && diff.contains("/etc/hosts\n"),
        "{diff}"
    );
    assert!(
        diff.ends_with("running host\n-name: old\n+name: web1.example.org\n"),
        "{diff}"
    );
    assert_eq!(
        machine.says("hostname; cat /etc/hostname"),
        "web1.example.org\nweb1.example.org\n"
    );
    assert!(
        machine
            .read("/etc/hosts")
            .ends_with("127.0.1.1 web1.example.org\n")
    );
    for bad in ["-x", "a..b", "a_b", "''"] {
        let said = on.is_refused(&format!("hostname.set: {bad}"));
        assert!(said.contains("is not the name of a host"), "{bad}: {said}");
    }
}
