//! What the host tells of itself: read from files, without starting a process.

use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use rustix::process::{getgid, getuid};
use rustix::system::uname;

use crate::agent::network;
use crate::protocol::{Facts, Os, User};

/// Files are read up to this many bytes.
const FILE_LIMIT: u64 = 4 << 20;

/// Gathers the facts; what cannot be found out stays empty.
pub(super) fn gather() -> Facts {
    let system = uname();
    let text = |it: &std::ffi::CStr| it.to_string_lossy().into_owned();
    let hostname = text(system.nodename());
    let fqdn = network::full_name(&hostname, &read("/etc/hosts").unwrap_or_default());
    Facts {
        os: os(&read("/etc/os-release")
            .or_else(|| read("/usr/lib/os-release"))
            .unwrap_or_default()),
        kernel: text(system.release()),
        architecture: text(system.machine()),
        domain: fqdn
            .split_once('.')
            .map_or_else(String::new, |(_, domain)| domain.to_owned()),
        hostname,
        fqdn,
        default_ipv4: network::default_ipv4(&read("/proc/net/route").unwrap_or_default()),
        default_ipv6: network::default_ipv6(&read("/proc/net/ipv6_route").unwrap_or_default()),
        machine_id: read("/etc/machine-id").unwrap_or_default().trim().to_owned(),
        user: user(&read("/etc/passwd").unwrap_or_default()),
        package_manager: first(&[
            ("apt", &["/usr/bin/apt-get"]),
            ("dnf", &["/usr/bin/dnf"]),
            ("pacman", &["/usr/bin/pacman"]),
            ("apk", &["/sbin/apk", "/usr/bin/apk"]),
            ("zypper", &["/usr/bin/zypper"]),
        ]),
        init: first(&[
            ("systemd", &["/run/systemd/system"]),
            ("openrc", &["/run/openrc", "/sbin/openrc-run"]),
            ("sysv", &["/etc/init.d"]),
        ]),
    }
}

/// What names this start of the kernel.
pub(super) fn boot_id() -> String {
    let text = read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().chars().take(64).collect()
}

fn read(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path)
        .ok()?
        .take(FILE_LIMIT)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn first(choices: &[(&str, &[&str])]) -> String {
    let found = choices.iter().find(|(_, signs)| {
        signs
            .iter()
            .any(|sign| fs::exists(Path::new(sign)).unwrap_or(false))
    });
    found.map_or_else(String::new, |(name, _)| (*name).to_owned())
}

fn os(release: &str) -> Os {
    let field = |name: &str| {
        let value = release
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        unquote(value.unwrap_or_default().trim())
    };
    let id = field("ID");
    let likes = field("ID_LIKE");
    let family = likes.split_whitespace().rev().find_map(family);
    Os {
        family: family
            .or_else(|| self::family(&id))
            .map_or_else(|| id.clone(), str::to_owned),
        name: field("NAME"),
        major: field("VERSION_ID")
            .split('.')
            .next()
            .unwrap_or_default()
            .to_owned(),
        version: field("VERSION_ID"),
        codename: field("VERSION_CODENAME"),
        id,
    }
}

fn family(id: &str) -> Option<&'static str> {
    match id {
        "debian" => Some("debian"),
        "rhel" | "fedora" | "centos" => Some("redhat"),
        "arch" => Some("arch"),
        "suse" | "opensuse" => Some("suse"),
        "alpine" => Some("alpine"),
        _ => None,
    }
}

fn unquote(value: &str) -> String {
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).replace('\\', "")
}

fn user(passwd: &str) -> User {
    let (uid, gid) = (getuid().as_raw(), getgid().as_raw());
    let account = passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let known = fields.len() >= 6 && fields[2].parse() == Ok(uid);
        known.then(|| (fields[0].to_owned(), fields[5].to_owned()))
    });
    // Accounts of a directory service are not in the file; what logged in knows them.
    let (name, home) = account.unwrap_or_else(|| {
        let name = env::var("LOGNAME").or_else(|_| env::var("USER"));
        (
            name.unwrap_or_else(|_| uid.to_string()),
            env::var("HOME").unwrap_or_default(),
        )
    });
    User { name, uid, gid, home }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_file_gives_name_version_and_family() {
        let ubuntu =
            os("NAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n");
        assert_eq!((&*ubuntu.major, &*ubuntu.codename), ("24", "noble"));
        assert_eq!(
            (&*ubuntu.id, &*ubuntu.family, &*ubuntu.version),
            ("ubuntu", "debian", "24.04")
        );
        assert_eq!(
            os("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"").family,
            "redhat"
        );
        assert_eq!(os("ID=fedora").family, "redhat");
        assert_eq!(os("ID=void").family, "void");
        assert_eq!(os(""), Os::default());
    }

    #[test]
    fn facts_of_this_machine_name_its_kernel_and_account() {
        let facts = gather();
        assert!(!facts.kernel.is_empty() && !facts.architecture.is_empty());
        assert_eq!(facts.user.uid, getuid().as_raw());
    }
}
