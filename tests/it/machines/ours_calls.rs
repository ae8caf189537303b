//! The random calls of the law "only what is ours".

use crate::support::Random;

/// Makes a random call of a tool.
pub(super) type Make = fn(&mut Random) -> String;

pub(super) const ON_DEBIAN: &[(&str, Make)] = &[
    ("apt_repository.absent", |r| {
        let key = r.pick(&["", ", key: true"]);
        format!("name: {}{key}", r.pick(REPOSITORIES))
    }),
    ("apt_repository.key", |r| {
        format!("name: {}, data: \"KEY\"", r.pick(REPOSITORIES))
    }),
    ("apt_repository.present", |r| {
        let signed = r.pick(&["", ", signed_by: /etc/apt/keyrings/rp-b.gpg", ", trusted: true"]);
        format!(
            "name: {}, uris: 'file:///srv/rp', suites: {}, components: main, enabled: false{signed}",
            r.pick(REPOSITORIES),
            r.pick(&["a", "b"])
        )
    }),
    ("dnf_repository.absent", |r| {
        format!("name: {}, file: shared", r.pick(&["rp-a", "rp-b"]))
    }),
    ("dnf_repository.present", |r| {
        let more = r.pick(&["", ", options: { priority: 7 }", ", keys: 'file:///rp'"]);
        format!(
            "name: {}, file: shared, description: rp, baseurl: 'file:///rp', enabled: false, gpg_check: false{more}",
            r.pick(&["rp-a", "rp-b"])
        )
    }),
    ("cron.job", |r| {
        let place = r.pick(&["file: /etc/cron.d/shared", "user: alice", "file: /etc/cron.d/rp"]);
        let name = r.pick(JOBS);
        if r.below(3) == 0 {
            return format!("name: '{name}', {place}, state: absent");
        }
        let more = r.pick(&["", ", minute: '*/5'", ", disabled: true", ", env: { rp: 'b c' }"]);
        format!("name: '{name}', {place}, hour: 3, job: 'rp {name}'{more}")
    }),
    ("group.absent", |r| format!("name: {}", r.pick(GROUPS))),
    ("group.present", |r| format!("name: {}", r.pick(GROUPS))),
    ("hostname.set", |r| format!("name: {}", r.pick(&["rp-a", "rp-b"]))),
    ("kernel_module.absent", |r| {
        let more = r.pick(&["", ", blacklist: false"]);
        format!("name: {}{more}", r.pick(MODULES))
    }),
    ("kernel_module.loaded", |r| {
        let more = r.pick(&["", ", options: { rp: 1 }", ", options: {}"]);
        format!("name: {}, now: false{more}", r.pick(MODULES))
    }),
    ("locale.default", |r| {
        let name = r.pick(&["LC_PAPER", "LC_RP"]);
        match r.pick(&["rp_A", "rp_B.UTF-8", ""]) {
            &"" => format!("absent: {name}"),
            value => format!("values: {{ {name}: {value} }}"),
        }
    }),
    ("sysctl.absent", |r| {
        let path = r.pick(&["", ", path: /etc/sysctl.d/50-shared.conf"]);
        let name = r.pick(&["kernel.domainname", "[kernel.domainname, vm.nosuch]"]);
        format!("name: {name}{path}")
    }),
    ("sysctl.converge", |r| {
        let path = r.pick(&[
            "/etc/sysctl.d/50-shared.conf, exclusive: false",
            "/etc/sysctl.d/rp.conf",
        ]);
        let name = r.pick(&["vm.swappiness", "kernel.domainname"]);
        format!(
            "values: {{ {name}: {} }}, reload: false, path: {path}",
            r.below(3)
        )
    }),
    ("sysctl.set", |r| {
        let path = r.pick(&["", ", path: /etc/sysctl.d/50-shared.conf"]);
        let name = r.pick(&["vm.swappiness", "kernel.domainname"]);
        format!("name: {name}, value: {}, reload: false{path}", r.below(3))
    }),
    ("user.absent", |r| format!("name: {}", r.pick(USERS))),
    ("user.authorized_key", |r| {
        let key = r.pick(&[
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0 rp-1",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBb0j9uauLwC1IWq1WhpYW2rwsY+ueJ4LDZ/6wW4HkKg rp-2",
        ]);
        let more = r.pick(&["", ", state: absent", ", options: no-pty", ", options: ''"]);
        format!("user: alice, key: '{key}'{more}")
    }),
    ("user.present", |r| {
        let more = r.pick(&[
            "",
            ", groups: [adm]",
            ", groups: [], append: false",
            ", shell: /bin/sh",
        ]);
        format!("name: {}{more}", r.pick(USERS))
    }),
    ("user.sudoer", |r| {
        let more = r.pick(&["", ", state: absent", ", nopasswd: true", ", commands: /bin/ls"]);
        format!("name: '{}'{more}", r.pick(SUDOERS))
    }),
];

pub(super) const ON_ARCH: &[(&str, Make)] = &[
    ("pacman_repository.absent", |r| {
        format!("name: {}", r.pick(&["rp-a", "rp-b"]))
    }),
    ("pacman_repository.present", |r| {
        let level = r.pick(&["", ", sig_level: Optional TrustAll"]);
        format!(
            "name: {}, servers: ['file:///srv/rp{}']{level}",
            r.pick(&["rp-a", "rp-b"]),
            r.below(3)
        )
    }),
];

/// Some have files of others under their names.
const REPOSITORIES: &[&str] = &["rp-a", "rp-b", "rp-mine", "rp-list"];
const JOBS: &[&str] = &["rp-a", "rp-torn", "rp a", "rp-a ", "rp", "rp-%"];
/// Two that are the same to the kernel, and one that a file of others names.
const MODULES: &[&str] = &["rp-a", "rp_a", "rp_others"];
const GROUPS: &[&str] = &["rpg", "rph"];
const USERS: &[&str] = &["rpu", "rpv"];
/// Their files could be the same, or are those of others.
const SUDOERS: &[&str] = &["rp.a", "rp_a", "rp_2ea", "%rp.a", "_rp", "rpmine", "%rpgroup"];

/// A key that apt takes, as text in double quotes.
pub(super) const KEY: &str = concat!(
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\\n",
    "\\n",
    "mDMEawz+LhYJKwYBBAHaRw8BAQdA8ek1IFE+amcByQ98QzNZoFR3Oqbjr123EG4n\\n",
    "vu7X30e0F3JwIDxycEBleGFtcGxlLmludmFsaWQ+iJAEExYIADgWIQSGtH1bLnU+\\n",
    "ABjPnQJyXPEEi9WTEwUCawz+LgIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAK\\n",
    "CRByXPEEi9WTE/kfAP945SJg4wqz1NKfwVodJWgWRtT5dYcDR3d6WihIB1CZZAD/\\n",
    "TJxbvGHW6piEaAJ6fJlOkYJmG5ZexZCMHIQQ6hgvyAY=\\n",
    "=s9ti\\n",
    "-----END PGP PUBLIC KEY BLOCK-----\\n",
);
