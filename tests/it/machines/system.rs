//! `timezone.set`, `locale.*` and `kernel_module.*`.

use super::law::on;
use crate::support::{Kind, Lab};

#[test]
fn a_time_zone_is_a_link_and_a_name_and_unknown_ones_are_refused() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("timezone.set: Europe/Berlin");
    assert_eq!(result["before"], "Etc/UTC");
    assert!(
        diff.contains("/etc/localtime\n-zone: Etc/UTC\n+zone: Europe/Berlin\n")
            && diff.contains("/etc/timezone\n"),
        "{diff}"
    );
    assert_eq!(
        machine.says("date -d @0 +%H%Z; cat /etc/timezone"),
        "01CET\nEurope/Berlin\n"
    );
    // A link that counts from where it is leads to the same zone.
    machine.says("ln -sf ../usr/share/zoneinfo/Europe/Berlin /etc/localtime");
    on.is_settled("timezone.set: Europe/Berlin");
    // A copy of a zone has no name.
    machine.says("rm /etc/localtime; cp /usr/share/zoneinfo/Asia/Tokyo /etc/localtime");
    on.keeps_the_laws("timezone.set: Europe/Berlin");
    on.keeps_the_laws("timezone.set: { name: UTC, hwclock: local }");
    assert_eq!(machine.read("/etc/adjtime"), "0.0 0 0.0\n0\nLOCAL\n");
    let failure = on.fails("timezone.set: Europe/Atlantis");
    assert!(
        failure.starts_with("not_found: this host knows no time zone"),
        "{failure}"
    );
    let failure = on.fails("timezone.set: Europe");
    assert!(failure.starts_with("not_found: "), "{failure}");
    for bad in ["../passwd", "/etc/passwd", "Europe/", "''"] {
        on.is_refused(&format!("timezone.set: {bad}"));
    }
    // What is set for the run is seen by the calls after it.
    let later = ["timezone.set: Asia/Tokyo", "id: it\nfs.read_str: /etc/timezone"];
    let ran = on.run(&later, &["-C"]).code(0);
    assert_eq!(ran.end("m", "it")["result"]["content"], "Asia/Tokyo\n");
}

#[test]
fn a_host_without_zones_is_told_which_package_has_them() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("bb", Kind::BusyBox);
    let failure = on(&machine).fails("timezone.set: UTC");
    assert!(failure.contains("the package `tzdata` brings"), "{failure}");
}

#[test]
fn the_default_locale_is_in_the_file_that_the_host_reads() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on_debian = on(&machine);
    on_debian.keeps_the_laws("locale.default: { values: { LANG: C.UTF-8, LC_TIME: C } }");
    assert_eq!(machine.read("/etc/default/locale"), "LANG=C.UTF-8\nLC_TIME=C\n");
    assert_eq!(machine.says("stat -c %a /etc/default/locale"), "644\n");
    // Who logs in has it.
    assert_eq!(machine.says("su - alice -c 'echo $LANG $LC_TIME'"), "C.UTF-8 C\n");
    on_debian.keeps_the_laws("locale.default: { absent: LC_TIME }");
    assert_eq!(machine.read("/etc/default/locale"), "LANG=C.UTF-8\n");
    on_debian.is_settled("locale.default: { values: { LANG: C.UTF-8 }, absent: LC_ALL }");
    for bad in ["{ PATH: x }", "{ LANG: 'a b' }", "{ LC_: C }"] {
        on_debian.is_refused(&format!("locale.default: {{ values: {bad} }}"));
    }
    let machine = lab.machine("bb", Kind::BusyBox);
    on(&machine).keeps_the_laws("locale.default: { values: { LANG: C.UTF-8 } }");
    assert_eq!(machine.read("/etc/locale.conf"), "LANG=C.UTF-8\n");
}

#[test]
fn a_module_is_loaded_at_each_start_once_and_its_options_are_one_line() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.write("/etc/modules", "# of others\nsnd-pcm\n");
    let on = on(&machine);
    let call = "kernel_module.loaded: { name: some_module, options: { a: 1, b: x }, now: false }";
    let (_, result) = on.keeps_the_laws(call);
    assert_eq!(
        (&result["loaded"], &result["built_in"]),
        (&false.into(), &false.into())
    );
    assert_eq!(
        machine.says("cat /etc/modules-load.d/some_module.conf /etc/modprobe.d/some_module.conf"),
        "some_module\noptions some_module a=1 b=x\n"
    );
    // Another file names it already, in the other form.
    on.is_settled("kernel_module.loaded: { name: snd_pcm, now: false }");
    on.keeps_the_laws("kernel_module.absent: some-module");
    assert!(!machine.path("/etc/modules-load.d/some_module.conf").exists());
    assert_eq!(
        machine.read("/etc/modprobe.d/blacklist-some-module.conf"),
        "blacklist some-module\n"
    );
    on.keeps_the_laws("kernel_module.absent: { name: snd_pcm, blacklist: false }");
    assert_eq!(machine.read("/etc/modules"), "# of others\n");
    for bad in ["../x", "''", "'a b'"] {
        on.is_refused(&format!("kernel_module.loaded: {bad}"));
    }
    on.is_refused("kernel_module.loaded: { name: x, options: { a: 'b c' } }");
    on.is_refused("kernel_module.loaded: { name: x, now: false, persistent: false }");
}

#[test]
fn a_part_of_the_kernel_is_loaded_and_what_cannot_be_is_a_failure_before_anything_is_written() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    // What is in the kernel of this computer has a directory without a state.
    let built_in =
        machine.says("cd /sys/module; for it in *; do [ -e $it/initstate ] || { echo $it; break; }; done");
    let built_in = built_in.trim();
    let result = on.is_settled(&format!("kernel_module.loaded: '{built_in}'"));
    assert_eq!(result["built_in"], true);
    let failure = on.fails(&format!(
        "kernel_module.absent: {{ name: '{built_in}', now: true }}"
    ));
    assert!(failure.starts_with("conflict: "), "{failure}");
    let said = on.all_fail(&["kernel_module.loaded: no_such_module"]);
    assert!(
        said[0].starts_with("unsupported: this host has no `modprobe`, which the package `kmod` brings"),
        "{}",
        said[0]
    );
    let ran = on.run(&["id: it\nkernel_module.loaded: no_such_module"], &["-C"]);
    assert_eq!(ran.outcome("m", "it"), "failed", "{ran}");
}
