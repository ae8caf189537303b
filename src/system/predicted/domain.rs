//! The parts of a host that programs look after.

/// A part of a host that programs look after, and that is no file or more than files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Domain {
    /// Users and groups.
    Accounts,
    /// What is installed.
    Packages,
    /// Services.
    Units,
    /// Crontabs of users.
    Crontabs,
    /// What is mounted.
    Mounts,
    /// Modules of the kernel.
    Modules,
    /// Access lists of files.
    Acls,
    /// Containers of Docker and Podman.
    Containers,
}

impl Domain {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Accounts,
        Self::Packages,
        Self::Units,
        Self::Crontabs,
        Self::Mounts,
        Self::Modules,
        Self::Acls,
        Self::Containers,
    ];

    /// The files that programs which look after it read.
    pub(super) const fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Accounts => &[
                "/etc/passwd",
                "/etc/group",
                "/etc/shadow",
                "/etc/gshadow",
                "/etc/nsswitch.conf",
            ],
            Self::Packages => &[
                "/etc/apt",
                "/etc/dnf",
                "/etc/yum.conf",
                "/etc/yum.repos.d",
                "/etc/apk",
                "/etc/pacman.conf",
                "/etc/pacman.d",
                "/var/lib/apt",
                "/var/lib/dpkg",
                "/var/lib/rpm",
                "/var/lib/pacman",
                "/usr/share/keyrings",
            ],
            Self::Units => &[
                "/etc/systemd",
                "/etc/init.d",
                "/etc/conf.d",
                "/etc/runlevels",
                "/usr/lib/systemd",
                "/lib/systemd",
                "/usr/local/lib/systemd",
                "/run/systemd",
            ],
            Self::Crontabs => &["/var/spool/cron", "/etc/cron.allow", "/etc/cron.deny"],
            Self::Containers => &[
                "/etc/containers",
                "/etc/docker",
                "/run/docker.sock",
                "/var/lib/containers",
                "/var/lib/docker",
                "/var/run/docker.sock",
            ],
            Self::Mounts | Self::Modules | Self::Acls => &[],
        }
    }
}
