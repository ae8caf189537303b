//! Files that many write: what others have in them before a run, and how it is seen that nothing of it was touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::Machine;

/// Everything of ours has this in it.
pub(super) const OURS: &str = "rp";

/// A file, what others have in it, and what of it is ours although it does not have [`OURS`] in it.
pub(super) struct Shared {
    pub(super) path: &'static str,
    pub(super) text: &'static str,
    pub(super) ours: &'static [&'static str],
}

/// What others have written, as oddly as its readers allow. Some of it looks like ours, or has the names that our calls use.
pub(super) const FILES: &[Shared] = &[
    Shared {
        path: "/etc/cron.d/shared",
        text: "# of others\nMAILTO=ops\n# rmote-play: rp-torn\nPATH=/bin:/usr/bin\n0 1 * * * root /bin/mine\n\n\
               #Ansible: rp-a\n0 2 * * * root /bin/ansible\n\t30 4 * * mon-fri root  /bin/x %y\r\n@reboot root /bin/y\n# end",
        ours: &["# rmote-play: rp-torn"],
    },
    Shared {
        path: "/var/spool/cron/crontabs/alice",
        text: "# of others\nSHELL=/bin/sh\n5 4 * * sun echo '# rmote-play: x'\n# rmote-play: other\n@daily /bin/other\n",
        // crontab(1) writes them itself.
        ours: &["# DO NOT EDIT", "# (- installed", "# (Cron version"],
    },
    Shared {
        path: "/home/alice/.ssh/authorized_keys",
        text: "# of others\n\nsome-type AAAA x\ncert-authority ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0 ca\n\
               from=\"10.0.0.1, 10.0.0.2\",command=\"echo \\\"a b\\\"\"\t ssh-ed25519   AAAAC3NzaC1lZDI1NTE5AAAAIBtq3zQmZ0lV4o1hVd7Vh5lI1oXk2cN2T8m9oQh2m0aB of others\n",
        ours: &[],
    },
    Shared {
        path: "/etc/hosts",
        text: "127.0.0.1\tlocalhost deb\n# 127.0.1.1 deb rp-a rp-b\n127.0.1.1\tdeb # deb\n10.0.0.1  deb db # deb\n::1 ip6-localhost ip6-loopback\r\n",
        ours: &["127.0.1.1\t"],
    },
    Shared {
        path: "/etc/sysctl.d/50-shared.conf",
        text: "# vm.swappiness=1\n; kernel.sysrq = 0\nvm.swappiness=1\n-net.ipv4.conf.*.rp_filter = 1\nvm/swappiness = 2\n\
               kernel.sysrq\t=  438\r\nnet/ipv4/conf/eth0.1/forwarding = 0\n",
        ours: &["vm.swappiness = ", "vm/swappiness = 2", "kernel.domainname = "],
    },
    Shared {
        path: "/etc/modules",
        text: "# of others\nloop\n\n  dummy numdummies=1\nrp_others\n# end",
        ours: &["rp_others"],
    },
    Shared {
        path: "/etc/modules-load.d/others.conf",
        text: "# of others\n; rp\nfuse\n",
        ours: &[],
    },
    Shared {
        path: "/etc/default/locale",
        text: "#  of others\nLANG=\"C.UTF-8\"\nexport LC_TIME=C\nLC_PAPERS=C\n",
        ours: &["LC_PAPER="],
    },
    Shared {
        path: "/etc/yum.repos.d/shared.repo",
        text: "# of others\n[others]\nname = others\nbaseurl=file:///others\n  file:///more\n; [rp-a]\n[ rp-b ]\nname=x\n",
        ours: &["enabled=0", "gpgcheck=0", "priority=7", "[ rp-b ]"],
    },
    Shared {
        path: "/etc/sudoers.d/rpmine",
        text: "# by hand\nrpmine ALL=(root) /bin/special\nbob ALL=(ALL) ALL\n",
        ours: &[],
    },
    Shared {
        path: "/etc/sudoers.d/_rpgroup",
        text: "Defaults:bob !requiretty\n",
        ours: &[],
    },
    Shared {
        path: "/etc/apt/sources.list.d/rp-mine.sources",
        text: "# of others\nTypes: deb\nURIs: file:///others\nSuites: a\nComponents: main\nEnabled: no\n",
        ours: &[],
    },
    Shared {
        path: "/etc/apt/sources.list.d/rp-list.list",
        text: "deb [trusted=yes] file:///srv/apt test main\ndeb [trusted=yes] file:///srv/apt2 test main\n",
        ours: &[],
    },
    Shared {
        path: "/etc/apt/sources.list.d/others.list",
        text: "# deb [signed-by=/etc/apt/keyrings/rp-a.gpg] file:///others a main\n",
        ours: &[],
    },
];

/// Lines, each with what ends it.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|it| *it == b'\n').collect()
}

impl Shared {
    /// Writes what others have.
    pub(super) fn lay(&self, machine: &Machine) {
        machine.write(self.path, self.text);
    }

    /// What was touched of it.
    pub(super) fn touched(&self, machine: &Machine) -> Option<String> {
        let after = fs::read(machine.path(self.path)).unwrap_or_default();
        let has = |line: &[u8], word: &str| line.windows(word.len()).any(|it| it == word.as_bytes());
        let is_ours = |line: &[u8]| self.ours.iter().any(|it| has(line, it));
        let mut theirs = lines(self.text.as_bytes());
        theirs.retain(|line| !is_ours(line));
        let mut rest = theirs.iter().peekable();
        for line in lines(&after) {
            // The last line of a file may get the newline that it lacks.
            let is_last = rest.len() == 1;
            let is_next = rest
                .peek()
                .is_some_and(|next| **next == line || is_last && line.strip_suffix(b"\n") == Some(**next));
            if is_next {
                rest.next();
            } else if !is_ours(line) && !has(line, OURS) {
                return Some(format!("{}: a line is new: {}", self.path, line.escape_ascii()));
            }
        }
        let missing = rest.next()?;
        Some(format!(
            "{}: a line is gone: {}\nnow:\n{}",
            self.path,
            missing.escape_ascii(),
            after.escape_ascii().to_string().replace("\\n", "\n")
        ))
    }
}

/// The lines of others in the files of accounts, without our members.
pub(super) fn accounts(machine: &Machine) -> BTreeMap<String, Vec<String>> {
    let is_ours = |name: &str| name.starts_with(OURS);
    let theirs = |file: &str| {
        let text = machine.read(file);
        let lines = text
            .lines()
            .filter(|line| !is_ours(line.split(':').next().unwrap_or_default()));
        let line = |line: &str| {
            let mut fields: Vec<String> = line.split(':').map(str::to_owned).collect();
            if let (true, Some(members)) = (file.starts_with("/etc/g"), fields.last_mut()) {
                let kept: Vec<&str> = members.split(',').filter(|it| !is_ours(it)).collect();
                *members = kept.join(",");
            }
            fields.join(":")
        };
        lines.map(line).collect()
    };
    ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"]
        .map(|file| (file.to_owned(), theirs(file)))
        .into()
}

/// Files of others in folders where each name is somebody's, with what they hold.
pub(super) fn folders(machine: &Machine) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for folder in [
        "/etc/sudoers.d",
        "/etc/cron.d",
        "/etc/sysctl.d",
        "/etc/apt/sources.list.d",
        "/etc/apt/keyrings",
    ] {
        let Ok(entries) = fs::read_dir(machine.path(folder)) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = Path::new(folder).join(&name).display().to_string();
            let is_shared = FILES.iter().any(|it| it.path == path);
            // sudo's files of ours may begin with `_25`, which is `%`.
            let is_ours = name.contains(OURS) || name == "zz-rmote-play.conf";
            if !is_shared && !is_ours {
                all.insert(path, fs::read(entry.path()).unwrap());
            }
        }
    }
    all
}
