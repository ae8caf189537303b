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
    /// The same with its domain, as `/etc/hosts` has it; where it does not, the same as `hostname`.
    pub fqdn: String,
    /// What `fqdn` has behind its first dot; empty where there is none.
    pub domain: String,
    /// Where IPv4 packets for everybody else leave the host.
    pub default_ipv4: Route,
    /// Where IPv6 packets for everybody else leave the host.
    pub default_ipv6: Route,
    /// What is in `/etc/machine-id`; empty where there is none.
    pub machine_id: String,
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
    /// What `version` has before its first dot.
    pub major: String,
    /// `VERSION_CODENAME`, such as `bookworm`; empty where the release has none.
    pub codename: String,
}

/// The default route; all are empty where the host has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Route {
    /// The host's address on it.
    pub address: String,
    /// The network interface, such as `eth0`.
    pub interface: String,
    /// The address of the router; empty where the interface leads to a single peer.
    pub gateway: String,
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
            &mut self.os.major,
            &mut self.os.codename,
            &mut self.kernel,
            &mut self.architecture,
            &mut self.hostname,
            &mut self.fqdn,
            &mut self.domain,
            &mut self.default_ipv4.address,
            &mut self.default_ipv4.interface,
            &mut self.default_ipv4.gateway,
            &mut self.default_ipv6.address,
            &mut self.default_ipv6.interface,
            &mut self.default_ipv6.gateway,
            &mut self.machine_id,
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
