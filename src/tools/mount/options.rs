//! Options of mounts: what a line asks for, and what is in force.

/// What one mount lets programs do, whatever its file system is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the kernel's")]
pub(super) struct Flags {
    pub(super) ro: bool,
    pub(super) nosuid: bool,
    pub(super) nodev: bool,
    pub(super) noexec: bool,
    pub(super) nosymfollow: bool,
    pub(super) nodiratime: bool,
    pub(super) atime: Atime,
}

/// When a read is noted in a file's times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Atime {
    #[default]
    Sometimes,
    Never,
    Always,
}

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted<'a> {
    pub(super) flags: Flags,
    /// `rw` was written, and not only not denied.
    pub(super) is_rw: bool,
    /// A directory is shown a second time.
    pub(super) is_bind: bool,
    /// What is left for the file system itself.
    pub(super) specific: Vec<&'a str>,
}

impl Flags {
    /// Those that the kernel lists.
    pub(super) fn in_force(listed: &str) -> Self {
        let has = |name: &str| listed.split(',').any(|it| it == name);
        Self {
            ro: has("ro"),
            nosuid: has("nosuid"),
            nodev: has("nodev"),
            noexec: has("noexec"),
            nosymfollow: has("nosymfollow"),
            nodiratime: has("nodiratime"),
            atime: match (has("noatime"), has("relatime")) {
                (true, _) => Atime::Never,
                (_, true) => Atime::Sometimes,
                _ => Atime::Always,
            },
        }
    }

    /// As they are written.
    pub(super) fn words(self) -> String {
        let atime = match self.atime {
            Atime::Never => "noatime",
            Atime::Sometimes => "relatime",
            Atime::Always => "strictatime",
        };
        let mut words = vec![if self.ro { "ro" } else { "rw" }];
        for (is_set, word) in [
            (self.nosuid, "nosuid"),
            (self.nodev, "nodev"),
            (self.noexec, "noexec"),
            (self.nosymfollow, "nosymfollow"),
            (self.nodiratime, "nodiratime"),
        ] {
            words.extend(is_set.then_some(word));
        }
        words.push(atime);
        words.join(",")
    }

    /// Whether all that these forbid is forbidden by others, too.
    pub(super) fn are_kept_by(self, other: Self) -> bool {
        let kept = [
            (self.ro, other.ro),
            (self.nosuid, other.nosuid),
            (self.nodev, other.nodev),
            (self.noexec, other.noexec),
        ];
        kept.iter().all(|(wanted, found)| *found || !wanted)
    }
}

/// Reads the options of a line. `base`: the flags that hold where the line does not say otherwise.
pub(super) fn wanted(options: &str, base: Flags) -> Wanted<'_> {
    let mut flags = base;
    let mut specific = Vec::new();
    let is_bind = split(options).any(|it| matches!(it, "bind" | "rbind"));
    let mut is_rw = false;
    for word in split(options) {
        match word {
            "ro" => flags.ro = true,
            "rw" => (flags.ro, is_rw) = (false, true),
            "suid" => flags.nosuid = false,
            "nosuid" => flags.nosuid = true,
            "dev" => flags.nodev = false,
            "nodev" => flags.nodev = true,
            "exec" => flags.noexec = false,
            "noexec" => flags.noexec = true,
            "symfollow" => flags.nosymfollow = false,
            "nosymfollow" => flags.nosymfollow = true,
            "diratime" => flags.nodiratime = false,
            "nodiratime" => flags.nodiratime = true,
            "noatime" => flags.atime = Atime::Never,
            "strictatime" => flags.atime = Atime::Always,
            "relatime" | "atime" | "norelatime" | "nostrictatime" => flags.atime = Atime::Sometimes,
            "user" | "users" => (flags.nosuid, flags.nodev, flags.noexec) = (true, true, true),
            "owner" | "group" => (flags.nosuid, flags.nodev) = (true, true),
            "defaults" if !is_bind => {
                (flags.ro, flags.nosuid, flags.nodev, flags.noexec) = (false, false, false, false);
            }
            _ if is_of_programs(word) => {}
            _ => specific.push(word),
        }
    }
    Wanted {
        flags,
        is_rw,
        is_bind,
        specific,
    }
}

/// What a mount is told, whatever its line says about when and by whom.
pub(super) fn for_mount(options: &str) -> String {
    // With it the program would say nothing of a device that is not there.
    let kept: Vec<&str> = split(options).filter(|it| *it != "nofail").collect();
    if kept.is_empty() {
        "defaults".to_owned()
    } else {
        kept.join(",")
    }
}

/// Whether an option is for mount(8), systemd and others, and never reaches a file system.
fn is_of_programs(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    let is_propagation = ["shared", "private", "slave", "unbindable"]
        .iter()
        .any(|it| name.strip_prefix('r').unwrap_or(name) == *it);
    is_propagation
        || name.starts_with("x-")
        || name.starts_with("X-")
        || matches!(
            name,
            "" | "defaults"
                | "auto"
                | "noauto"
                | "nofail"
                | "_netdev"
                | "bind"
                | "rbind"
                | "nouser"
                | "nousers"
                | "noowner"
                | "nogroup"
                | "comment"
                | "loop"
                | "offset"
                | "sizelimit"
                | "silent"
                | "loud"
        )
}

/// The single options; commas in quotes are part of a value.
fn split(options: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    options.split(move |c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    })
}

/// Whether an option of a file system is plainly not in force: the list says something else of it.
pub(super) fn is_denied(kind: &str, word: &str, whole: &str) -> bool {
    // How others list what they were given is their own.
    let known: &[&str] = match kind {
        "tmpfs" => &["size", "nr_inodes", "mode", "uid", "gid"],
        "ext2" | "ext3" | "ext4" => &["errors", "commit"],
        _ => return false,
    };
    let Some((name, value)) = word.split_once('=').filter(|it| known.contains(&it.0)) else {
        return false;
    };
    let listed = split(whole).find_map(|it| it.split_once('=').filter(|it| it.0 == name));
    match (listed, number(name, value)) {
        (Some((_, listed)), Some(value)) => number(name, listed).is_some_and(|it| it != value),
        (Some((_, listed)), None) => name == "errors" && listed != value,
        // What the kernel does not list is what it does by itself.
        (None, Some(value)) => match name {
            "uid" | "gid" => value != 0,
            "mode" => value != 0o1777,
            _ => false,
        },
        (None, None) => false,
    }
}

/// A size in bytes, a mode, or a plain number.
fn number(name: &str, text: &str) -> Option<u64> {
    if name == "mode" {
        return u64::from_str_radix(text, 8).ok();
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return None,
    };
    let number = digits.parse::<u64>().ok()?.checked_mul(1 << shift)?;
    // Memory comes in pages.
    Some(if name == "size" {
        number.next_multiple_of(4096)
    } else {
        number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_asks_for_flags_and_for_what_is_the_file_systems() {
        let base = Flags::default();
        let found = wanted(
            "noatime,ro,nofail,x-systemd.automount,size=1m,context=\"a,b\"",
            base,
        );
        assert_eq!(found.flags.words(), "ro,noatime");
        assert_eq!(found.specific, ["size=1m", "context=\"a,b\""]);
        assert_eq!(
            wanted("user,exec", base).flags.words(),
            "rw,nosuid,nodev,relatime"
        );
        assert_eq!(wanted("ro,defaults", base).flags, base);
        assert!(!wanted("defaults", base).is_rw && wanted("ro,rw", base).is_rw);
        // What is shown a second time has the flags of the first, unless others are named.
        let inherited = Flags { nosuid: true, ..base };
        let found = wanted("bind,defaults,ro", inherited);
        assert!(found.is_bind && found.specific.is_empty());
        assert_eq!(found.flags.words(), "ro,nosuid,relatime");
    }

    #[test]
    fn flags_are_read_as_the_kernel_lists_them() {
        for words in [
            "rw,relatime",
            "ro,nosuid,nodev,noexec,noatime",
            "rw,nodiratime,relatime",
        ] {
            assert_eq!(Flags::in_force(words).words(), words);
        }
        assert_eq!(Flags::in_force("rw").atime, Atime::Always);
        let (strict, loose) = (Flags::in_force("ro,nosuid"), Flags::in_force("rw"));
        assert!(loose.are_kept_by(strict) && !strict.are_kept_by(loose));
    }

    #[test]
    fn a_size_is_denied_only_where_it_is_another() {
        let denied = |word: &str, whole: &str| is_denied("tmpfs", word, whole);
        assert!(denied("size=2m", "rw,size=1024k"));
        assert!(!denied("size=1m", "rw,size=1024k") && !denied("size=50%", "rw,size=1024k"));
        assert!(!denied("size=5000", "rw,size=8k"));
        assert!(denied("mode=0700", "rw,size=1k") && !denied("mode=0700", "rw,mode=700"));
        assert!(denied("uid=7", "rw") && !denied("uid=0", "rw") && !denied("uid=bob", "rw"));
        assert!(is_denied("ext4", "errors=panic", "rw,errors=remount-ro"));
        assert!(!is_denied("nfs4", "vers=4", "rw,vers=4.2"));
    }
}
