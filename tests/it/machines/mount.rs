//! `mount.*`: what is mounted and what `/etc/fstab` says of it.

use super::law::on;
use crate::support::{Kind, Lab, Machine, Random};

/// A directory of the file system at `/mnt/disk` is shown at `/mnt/b`.
fn with_disk(lab: &Lab) -> Machine {
    let machine = lab.debian("deb");
    machine.write("/etc/fstab", "# static file system information\n");
    machine.says(
        "mkdir -p /mnt/disk /mnt/b && mount -t tmpfs -o size=1m tmpfs /mnt/disk && mkdir /mnt/disk/a /mnt/disk/other",
    );
    machine
}

const BIND: &str = "mount.present: { path: /mnt/b, source: /mnt/disk/a, type: none, options: bind }";
const READ_ONLY: &str =
    "mount.present: { path: /mnt/b, source: /mnt/disk/a, type: none, options: 'bind,ro' }";

fn options(machine: &Machine, path: &str) -> String {
    machine
        .says(&format!("findmnt -rno VFS-OPTIONS '{path}'"))
        .trim_end()
        .to_owned()
}

#[test]
fn a_file_system_is_mounted_now_and_at_the_next_start() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("sys", Kind::Systemd);
    machine.write("/etc/fstab", "# static file system information\n");
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws(
        "mount.present: { path: /srv/my data, source: tmpfs, type: tmpfs, options: 'size=1m' }",
    );
    assert!(
        diff.contains("+tmpfs /srv/my\\040data tmpfs size=1m 0 0\n"),
        "{diff}"
    );
    assert!(
        diff.contains("+directory: present\n") && diff.contains("-mounted: false\n+mounted: true\n"),
        "{diff}"
    );
    assert_eq!(result["mounted"], true);
    let (diff, _) = on.keeps_the_laws(
        "mount.present: { path: /srv/my data/, source: tmpfs, type: tmpfs, options: 'size=2m' }",
    );
    assert!(diff.contains("+options in force: size=2m\n"), "{diff}");
    assert!(
        machine
            .says("findmnt -no OPTIONS '/srv/my data'")
            .contains("size=2048k")
    );
    let failure = on.fails("mount.present: { path: /srv/my data, source: /dev/sdb, type: ext4 }");
    assert!(
        failure
            .starts_with("conflict: cannot mount `/srv/my data`: `tmpfs` of the type tmpfs is mounted there"),
        "{failure}"
    );
    on.keeps_the_laws(
        "mount.present: { path: /mnt/later, source: /dev/sdz9, type: ext4, mounted: false, pass: 2 }",
    );
    assert!(
        machine
            .read("/etc/fstab")
            .ends_with("/dev/sdz9 /mnt/later ext4 defaults 0 2\n")
    );
    let (diff, _) = on.keeps_the_laws("mount.absent: /srv/my data");
    assert!(diff.contains("-mounted: true\n+mounted: false\n"), "{diff}");
    assert!(!machine.read("/etc/fstab").contains("my\\040data"));
    assert!(machine.path("/srv/my data").is_dir());
}

#[test]
fn a_bind_mount_that_becomes_read_only_leaves_the_disk_below_it_as_it_is() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_disk(&lab);
    let on = on(&machine);
    on.keeps_the_laws(BIND);
    let (diff, _) = on.keeps_the_laws(READ_ONLY);
    assert!(
        diff.contains("-options in force: rw,relatime\n+options in force: ro,relatime\n"),
        "{diff}"
    );
    assert_eq!(options(&machine, "/mnt/b"), "ro,relatime");
    machine.says("touch /mnt/disk/a/x /mnt/disk/other/x && ! touch /mnt/b/y 2>/dev/null");
    on.keeps_the_laws(BIND);
    machine.says("touch /mnt/b/y");
    // The whole disk, of which others see a part: for its own path alone.
    machine.says("umount /mnt/disk/../b && mount --bind /mnt/disk/a /mnt/b");
    on.keeps_the_laws(
        "mount.present: { path: /mnt/disk, source: tmpfs, type: tmpfs, options: 'size=2m,ro,nosuid' }",
    );
    assert_eq!(options(&machine, "/mnt/disk"), "ro,nosuid,relatime");
    assert_eq!(options(&machine, "/mnt/b"), "rw,relatime");
    machine.says("touch /mnt/b/z && findmnt -rno FS-OPTIONS /mnt/disk | grep -q size=2048k");
}

#[test]
fn what_cannot_be_mounted_gets_no_line_and_no_directory_and_its_cause_is_told() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_disk(&lab);
    let before = machine.read("/etc/fstab");
    let on = on(&machine);
    let failure = on.fails("mount.present: { path: /srv/new/deep, source: /dev/nosuch, type: ext4 }");
    assert!(failure.contains("special device /dev/nosuch"), "{failure}");
    assert!(!machine.path("/srv/new").exists());
    machine.says("mkdir -p /srv/new/data");
    let calls = [
        "mount.present: { path: /srv/new/data, source: /dev/nosuch, type: ext4 }",
        "mount.present: { path: /srv/new/data, source: /dev/nosuch, type: ext4, options: nofail }",
        "mount.present: { path: /srv/new/data, source: tmpfs, type: tmpfs, options: 'nosuch=1' }",
        "mount.present: { path: /srv/new/data, source: /nosuch, type: none, options: bind }",
        "mount.present: { path: /srv/new/data, source: tmpfs, type: nosuch }",
        "mount.present: { path: /mnt, source: tmpfs, type: tmpfs }",
    ];
    let said = on.all_fail(&calls);
    for (part, said) in [
        "special device /dev/nosuch",
        "special device /dev/nosuch",
        "nosuch",
        "/nosuch",
        "nosuch",
    ]
    .iter()
    .zip(&said)
    {
        assert!(said.contains(part) && !said.contains("dmesg(1)"), "{said}");
    }
    assert!(
        said[5].ends_with("`/mnt/disk` is mounted below it and would be hidden; unmount it first"),
        "{}",
        said[5]
    );
    assert_eq!(machine.read("/etc/fstab"), before);
}

#[test]
fn what_failed_once_is_not_ok_until_it_is_in_force() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_disk(&lab);
    let on = on(&machine);
    on.keeps_the_laws(BIND);
    let before = machine.read("/etc/fstab");
    machine.says("sleep 1000 >/mnt/b/open 2>/dev/null & echo $! >/root/pid");
    for _ in 0..2 {
        let failure = on.fails(READ_ONLY);
        assert!(
            failure
                .starts_with("conflict: cannot make the mount `/mnt/b` read-only: a program has a file open"),
            "{failure}"
        );
        assert_eq!(machine.read("/etc/fstab"), before);
        assert_eq!(options(&machine, "/mnt/b"), "rw,relatime");
    }
    machine.says("kill $(cat /root/pid); while kill -0 $(cat /root/pid) 2>/dev/null; do sleep 0.02; done");
    on.keeps_the_laws(READ_ONLY);
    // The line is as wanted, and the mount is not.
    for (spoil, after) in [
        ("mount -o remount,bind,rw /mnt/b", "ro,relatime"),
        // What the line does not name may be stricter: programs differ in what they take along from what is shown.
        ("mount -o remount,bind,rw,noexec /mnt/b", "ro,noexec,relatime"),
        ("umount /mnt/b", "ro,relatime"),
    ] {
        machine.says(spoil);
        on.keeps_the_laws(READ_ONLY);
        assert_eq!(options(&machine, "/mnt/b"), after, "{spoil}");
    }
    // What the line has named so far, and names no more, is given up.
    on.keeps_the_laws(
        "mount.present: { path: /mnt/b, source: /mnt/disk/a, type: none, options: 'bind,ro,nosuid' }",
    );
    on.keeps_the_laws(READ_ONLY);
    assert_eq!(options(&machine, "/mnt/b"), "ro,relatime");
    // Written for the next start only, and then for now.
    let line = |rest: &str| {
        format!(
            "mount.present: {{ path: /mnt/disk, source: tmpfs, type: tmpfs, options: 'size=1m,nodev', {rest} }}"
        )
    };
    on.keeps_the_laws(&line("mounted: false"));
    assert_eq!(options(&machine, "/mnt/disk"), "rw,relatime");
    on.keeps_the_laws(&line("mounted: true"));
    assert_eq!(options(&machine, "/mnt/disk"), "rw,nodev,relatime");
    machine.says("mount -o remount,size=3m /mnt/disk");
    on.keeps_the_laws(&line("mounted: true"));
    // What only a new mount can have is not said to be there.
    let failure = on.fails(
        "mount.present: { path: /mnt/disk, source: tmpfs, type: tmpfs, options: 'size=1m,mode=0700' }",
    );
    assert!(failure.contains("`mode=0700` is not in force"), "{failure}");
}

#[test]
fn another_directory_that_is_mounted_there_is_a_failure_and_a_link_to_the_path_is_the_path() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_disk(&lab);
    let on = on(&machine);
    on.keeps_the_laws(BIND);
    let said = on.all_fail(&[
        "mount.present: { path: /mnt/b, source: /mnt/disk/other, type: none, options: bind }",
        "mount.present: { path: /mnt/b, source: /mnt/disk, type: none, options: bind }",
        "mount.present: { path: /mnt/b, source: tmpfs, type: tmpfs }",
    ]);
    for said in said {
        assert!(
            said.contains("the directory `/a` of `tmpfs`, of the type tmpfs, is mounted there"),
            "{said}"
        );
    }
    machine.says("ln -s /mnt/b /mnt/link && ln -s /mnt/disk/a /mnt/source");
    let linked = "mount.present: { path: /mnt/link, source: /mnt/source, type: none, options: bind }";
    on.keeps_the_laws(linked);
    assert_eq!(machine.says("grep -c ' /mnt/b ' /proc/self/mountinfo"), "1\n");
    // A directory on itself, so as to be read-only.
    let itself =
        "mount.present: { path: /mnt/disk/other, source: /mnt/disk/other, type: none, options: 'bind,ro' }";
    on.keeps_the_laws(itself);
    machine.says("! touch /mnt/disk/other/x 2>/dev/null && touch /mnt/disk/a/x");
}

#[test]
fn unmounting_touches_nothing_below_or_beside_and_waits_for_nobody() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_disk(&lab);
    let on = on(&machine);
    on.keeps_the_laws(BIND);
    machine.says("mount -t tmpfs tmpfs /mnt/disk/other; mount --bind /mnt/disk/a /mnt/b");
    let fstab = machine.read("/etc/fstab");
    let said = on.all_fail(&["mount.absent: /mnt/disk"]);
    assert!(
        said[0].contains("`/mnt/disk/other` is mounted below it"),
        "{}",
        said[0]
    );
    machine.says("sleep 1000 >/mnt/b/open 2>/dev/null & echo $! >/root/pid");
    let failure = on.fails("mount.absent: /mnt/b");
    assert!(failure.contains("umount"), "{failure}");
    assert_eq!(machine.read("/etc/fstab"), fstab);
    machine.says("kill $(cat /root/pid); while kill -0 $(cat /root/pid) 2>/dev/null; do sleep 0.02; done");
    on.keeps_the_laws("mount.absent: { path: /mnt/b, keep_line: true }");
    assert_eq!(machine.read("/etc/fstab"), fstab);
    machine.says("findmnt /mnt/disk && findmnt /mnt/disk/other && ! findmnt /mnt/b");
    on.keeps_the_laws("mount.absent: /mnt/b");
    on.is_settled("mount.absent: /mnt/b");
    on.is_settled("mount.absent: /mnt/never");
}

/// Lines that nobody asked for: odd ones, and some that look like those that are.
const OTHERS: [&[u8]; 9] = [
    b"# static file system information, f\xfcr alle\n",
    b"#tmpfs /mnt/a tmpfs defaults 0 0\n",
    b"\n",
    b"UUID=1\t/  ext4   defaults,errors=remount-ro 0 1 # the root\n",
    b"  proc /proc proc defaults\r\n",
    b"/dev/sr0 /media/\xe4 auto noauto\n",
    b"none none swap sw 0 0\n",
    b"/dev/sdb1 /mnt/a/b ext4 noauto 0 0\n",
    b"server:/share /mnt/a\\040b nfs noauto 0 0",
];

#[test]
fn the_lines_of_others_stay_byte_for_byte_over_random_calls() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let mut random = Random::new();
    let mut others = OTHERS.to_vec();
    random.shuffle(&mut others);
    let text = others.concat();
    machine.write("/etc/fstab", &text);
    machine.says("mkdir -p /opt/one /opt/two");
    let paths = ["/mnt/a", "/mnt/tab\\tx", "/mnt/c", "/srv/sp ace"];
    for _ in 0..4 {
        let calls: Vec<(usize, bool, String)> = (0..12)
            .map(|_| {
                let at = random.below(paths.len());
                let path = paths[at];
                let source = *random.pick(&[
                    "source: tmpfs, type: tmpfs, options: 'size=1m'",
                    "source: tmpfs, type: tmpfs, options: 'ro,nodev'",
                    "source: /opt/one, type: none, options: bind",
                    "source: /opt/two, type: none, options: 'bind,ro'",
                    "source: /nosuch, type: none, options: bind",
                ]);
                let rest = *random.pick(&["", ", mounted: false", ", pass: 2"]);
                match random.below(4) {
                    0 => (at, false, format!("mount.absent: \"{path}\"")),
                    _ => (
                        at,
                        true,
                        format!("mount.present: {{ path: \"{path}\", {source}{rest} }}"),
                    ),
                }
            })
            .collect();
        let entry = |(at, call): (usize, &(usize, bool, String))| {
            format!("id: c{at}\nignore_errors: true\n{}", call.2)
        };
        let entries: Vec<_> = calls.iter().enumerate().map(entry).collect();
        let entries: Vec<_> = entries.iter().map(String::as_str).collect();
        let ran = on(&machine).run(&entries, &[]);
        let fstab = std::fs::read(machine.path("/etc/fstab")).unwrap();
        let lines = fstab.split_inclusive(|byte| *byte == b'\n');
        let is_ours = |line: &&[u8]| {
            let words: Vec<_> = line.split(|byte| b" \t".contains(byte)).collect();
            [&b"/mnt/a"[..], b"/mnt/tab\\011x", b"/mnt/c", b"/srv/sp\\040ace"]
                .contains(words.get(1).unwrap_or(&&b""[..]))
                && !line.starts_with(b"#")
        };
        let (ours, left): (Vec<_>, Vec<_>) = lines.partition(is_ours);
        let left = left.concat();
        assert_eq!(
            left.strip_suffix(b"\n")
                .unwrap_or(&left)
                .escape_ascii()
                .to_string(),
            text.strip_suffix(b"\n")
                .unwrap_or(&text)
                .escape_ascii()
                .to_string(),
            "seed {}: {calls:#?}",
            random.seed
        );
        for (at, path) in paths.iter().enumerate() {
            let is_good =
                |it: &&usize| calls[**it].0 == at && ran.outcome("m", &format!("c{it}")) != "failed";
            let numbers: Vec<_> = (0..calls.len()).collect();
            let Some(last) = numbers.iter().rfind(is_good) else {
                continue;
            };
            let escaped = path.replace("\\t", "\\011").replace(' ', "\\040");
            let count = ours
                .iter()
                .filter(|it| String::from_utf8_lossy(it).contains(&format!(" {escaped} ")))
                .count();
            assert_eq!(
                count,
                usize::from(calls[*last].1),
                "seed {}: {} of {calls:#?}",
                random.seed,
                path
            );
        }
    }
}
