//! The root filesystems that machines are layered over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{is_root, program};

/// What must be there to make roots and machines, by the program and its package.
const NEEDED: [(&str, &str); 6] = [
    ("mmdebstrap", "mmdebstrap"),
    ("ip", "iproute2"),
    ("busybox", "busybox-static"),
    ("dropbear", "dropbear-bin"),
    ("setpriv", "util-linux"),
    ("ssh-keygen", "openssh-client"),
];

/// A script of these tests.
pub(super) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/support/machines")
        .join(name)
}

/// Where roots and machines are kept: once for all checkouts of this computer.
pub(super) fn cache() -> PathBuf {
    PathBuf::from("/var/cache/rmote-play-tests")
}

/// The folder of the roots, made where it is not there yet.
///
/// # Errors
/// The reason why this computer cannot have any.
pub(super) fn roots() -> Result<PathBuf, String> {
    if !is_root() {
        return Err("only root can start machines of its own".into());
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let is_debian = release.lines().any(|line| line == "ID=debian");
    if !is_debian || program("apt-get").is_none() {
        return Err("the roots of test machines are made of Debian's packages, and this is no Debian".into());
    }
    let missing: Vec<_> = NEEDED
        .iter()
        .filter(|(name, _)| program(name).is_none())
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        return Err(format!("these packages are missing: {}", missing.join(" ")));
    }
    let made = Command::new("sh")
        .arg(script("roots.sh"))
        .arg(cache())
        .output()
        .map_err(|error| format!("sh does not start: {error}"))?;
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stderr);
        return Err(format!(
            "the roots of test machines cannot be made: {}",
            said.trim_end()
        ));
    }
    Ok(String::from_utf8_lossy(&made.stdout).trim_end().into())
}
