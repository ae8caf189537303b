//! What becomes unknown in check mode where it cannot be foreseen what a call would do.

use std::path::Path;

use crate::system::{Domain, Writer};
use crate::tool::Area;

/// What a call of check mode makes unknown, where it cannot be foreseen what it would do.
#[derive(Debug, Clone, Default)]
pub struct Spoils {
    area: Option<Area>,
    paths: &'static [&'static str],
    domains: &'static [Domain],
    /// Whether files may come wherever packages put them.
    brings: bool,
}

impl Spoils {
    /// What is there.
    pub const fn of(area: Area) -> Self {
        Self {
            area: Some(area),
            ..Self::NOTHING
        }
    }

    /// This as well.
    #[must_use]
    pub fn and(self, area: Area) -> Self {
        Self {
            area: Some(area),
            ..self
        }
    }

    /// Parts of the host that are more than files.
    #[must_use]
    pub fn with(self, domains: &'static [Domain]) -> Self {
        Self { domains, ..self }
    }

    /// What packages bring along.
    pub const PACKAGES: Self = Self {
        domains: &[Domain::Packages, Domain::Units],
        brings: true,
        ..Self::NOTHING
    };

    /// What can be installed.
    pub const LISTS: Self = Self {
        paths: &[
            "/var/lib/apt",
            "/var/cache/apt",
            "/var/cache/dnf",
            "/var/cache/apk",
            "/var/lib/pacman/sync",
        ],
        domains: &[Domain::Packages],
        ..Self::NOTHING
    };

    /// What can be installed, and where from.
    pub const REPOSITORIES: Self = Self {
        paths: &[
            "/etc/apt",
            "/usr/share/keyrings",
            "/var/lib/apt",
            "/etc/pacman.conf",
            "/etc/pacman.d",
        ],
        domains: &[Domain::Packages],
        ..Self::NOTHING
    };

    /// What services do that are started and stopped.
    pub const UNITS: Self = Self {
        paths: &["/run"],
        domains: &[Domain::Units],
        ..Self::NOTHING
    };

    /// Who may do what.
    pub const ACCOUNTS: Self = Self {
        paths: &[
            "/etc/passwd",
            "/etc/shadow",
            "/etc/group",
            "/etc/gshadow",
            "/etc/sudoers.d",
            "/home",
        ],
        domains: &[Domain::Accounts],
        ..Self::NOTHING
    };

    /// Settings of the kernel, and the name of the host.
    pub const SYSTEM: Self = Self {
        paths: &[
            "/etc/sysctl.conf",
            "/etc/sysctl.d",
            "/proc/sys",
            "/etc/hostname",
            "/etc/hosts",
        ],
        domains: &[],
        ..Self::NOTHING
    };

    const NOTHING: Self = Self {
        area: None,
        paths: &[],
        domains: &[],
        brings: false,
    };

    /// Makes it unknown on the host as it would be.
    pub fn spoil(&self, host: &Writer<'_>, why: u64) {
        match &self.area {
            None => {}
            Some(Area::Paths(paths)) => {
                for path in paths {
                    host.spoil(Path::new(path), why);
                }
            }
            Some(Area::Everything) => {
                host.spoil(Path::new("/"), why);
                for domain in Domain::ALL {
                    host.spoil_domain(domain, why);
                }
            }
        }
        for path in self.paths {
            host.spoil(Path::new(path), why);
        }
        for domain in self.domains {
            host.spoil_domain(*domain, why);
        }
        if self.brings {
            host.expect_files(why);
        }
    }
}
