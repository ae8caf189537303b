//! What a host tells about itself when it is connected: what costs it no process.

use serde::{Deserialize, Serialize};

/// What `facts` holds in templates. All of it comes from the host: data, never trusted to be short or clean before
/// [`Facts::sanitized`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Facts {
    /// The operating system.
    pub os: Os,
    /// The kernel's release, such as `6.1.0-18-amd64`.
    pub kernel: String,
    /// The machine's architecture as the kernel names it, such as `x86_64`.
    pub architecture: String,
    /// The host's own name for itself.
    pub hostname: String,
    /// The account that calls run as.
    pub user: User,
    /// `apt`, `dnf`, `pacman`, `apk`, `zypper`, or empty where none was found.
    pub package_manager: String,
    /// `systemd`, `openrc`, `sysv`, or empty where none was found.
    pub init: String,
}

/// From `/etc/os-release`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Os {
    /// `ID`, such as `ubuntu`.
    pub id: String,
    /// The family: the last word of `ID_LIKE` that names one (`debian`, `redhat`, `arch`, `suse`, `alpine`), else `ID`.
    pub family: String,
    /// `NAME`.
    pub name: String,
    /// `VERSION_ID`; empty on rolling releases.
    pub version: String,
}

/// An account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct User {
    /// Its name; its number where it has none.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
    /// Its home directory.
    pub home: String,
}

impl Facts {
    /// The same with control characters taken out and every text cut at 256 characters.
    #[must_use]
    pub fn sanitized(mut self) -> Self {
        let fields = [
            &mut self.os.id,
            &mut self.os.family,
            &mut self.os.name,
            &mut self.os.version,
            &mut self.kernel,
            &mut self.architecture,
            &mut self.hostname,
            &mut self.user.name,
            &mut self.user.home,
            &mut self.package_manager,
            &mut self.init,
        ];
        for field in fields {
            *field = field.chars().filter(|c| !c.is_control()).take(256).collect();
        }
        self
    }
}
