//! The first contact of an account is like every later one: what installs the agent leaves nothing of itself to it.

use super::fixture;
use crate::support::{Fixture, Lab, Machine};

/// What calls find around them, and what becomes of what they make.
const CALLS: &str = "
      - { id: around, exec.shell: 'umask; pwd; env | sort; ulimit -a; ls -l /proc/self/fd | wc -l' }
      - { id: clear, exec.shell: 'rm -rf ~/made && mkdir ~/made && chmod 755 ~/made' }
      - { id: home, exec.shell: 'echo ~' }
      - { fs.write: { path: '{{ results.home.stdout }}/made/etc/file', content: x, parents: true } }
      - { fs.directory: '{{ results.home.stdout }}/made/folder' }
      - { exec.shell: 'touch ~/made/shell; mkdir ~/made/shelled' }
      - { id: modes, exec.shell: 'cd ~/made; find . | sort | xargs stat -c \"%n %a %U\"' }
";

fn forget(machine: &Machine) {
    machine.says(
        "umount /root/.cache 2>/dev/null; rm -rf /root/.cache /home/*/.cache /var/tmp/rmote-play-* /dev/shm/rmote-play-*",
    );
}

#[test]
fn the_first_contact_is_like_the_second() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    for way in [
        "become: false",
        "become: { user: root, method: sudo }",
        "become: { user: carol, method: sudo }",
        "become: { user: carol, method: su, password: carol }",
    ] {
        let playbook = format!(
            "hosts: {{ web: {{ user: bob }} }}\nsecrets: {{ carol: {{ env: CAROL }} }}\nrounds:\n  - name: one\n    hosts: all\n    {way}\n    calls:{CALLS}"
        );
        forget(&machine);
        let scene = Fixture::new(playbook)
            .machine("web", &machine)
            .env("CAROL", "pw-carol")
            .build();
        let mut seen = Vec::new();
        for _ in 0..2 {
            let ran = scene.events(&[]).code(0);
            let said = |id: &str| ran.end("web", id)["result"]["stdout"].to_string();
            let around = said("around");
            // What differs from one connection to the next.
            let around = around.split("\\n").filter(|it| !it.starts_with("SSH_"));
            let around: Vec<_> = around.map(str::to_owned).collect();
            assert!(around[0].contains("0022"), "{way}: {around:?}");
            seen.push((around, said("modes")));
        }
        assert_eq!(seen[0], seen[1], "{way}");
        assert!(seen[0].1.contains("./etc/file 644"), "{way}: {}", seen[0].1);
    }
}

#[test]
fn a_directory_that_others_may_write_is_not_used() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let calls = "      - { id: it, exec.shell: 'readlink /proc/$PPID/exe' }\n";
    let agent = || {
        let ran = fixture(&machine, calls).events(&[]).code(0);
        ran.end("web", "it")["result"]["stdout"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    forget(&machine);
    assert!(agent().starts_with("/root/.cache/rmote-play/"));
    // Others may write the folder itself, or what is above it; or it is another account's.
    for harm in [
        "chmod 777 /root/.cache/rmote-play",
        "chmod 777 /root/.cache",
        "chown -h bob /root/.cache",
    ] {
        machine.says(harm);
        let used = agent();
        assert!(used.starts_with("/var/tmp/rmote-play-0/"), "{harm}: {used}");
        machine.says("rm -rf /var/tmp/rmote-play-0; chown root /root/.cache; chmod 700 /root/.cache /root/.cache/rmote-play");
    }
    // Nobody's name but the account's own number is looked at.
    machine.says(
        "set -e; build=$(ls /root/.cache/rmote-play); rm -rf /root/.cache
        for d in /var/tmp/rmote-play-x0001 /dev/shm/rmote-play-12345; do
          mkdir -m 700 $d; printf '#!/bin/sh\\ntouch /tmp/owned\\n' >$d/$build; chmod 700 $d/$build
        done",
    );
    assert!(agent().starts_with("/root/.cache/rmote-play/"));
    assert!(!machine.path("/tmp/owned").exists());
}
