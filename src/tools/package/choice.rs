//! Which manager a host has.

use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader};
use crate::tools::packages::{Whole, five_minutes};
use crate::tools::{apt, dnf, pacman};

/// A manager of packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Apt,
    Dnf,
    Pacman,
    Apk,
}

/// As `facts.package_manager` says it.
pub(super) fn choice(host: &Reader<'_>) -> Result<Choice, Failure> {
    let programs = [
        ("/usr/bin/apt-get", Choice::Apt),
        ("/usr/bin/dnf", Choice::Dnf),
        ("/usr/bin/pacman", Choice::Pacman),
        ("/sbin/apk", Choice::Apk),
        ("/usr/bin/apk", Choice::Apk),
    ];
    for (program, choice) in programs {
        if host.metadata(Path::new(program), Follow::Yes)?.is_some() {
            return Ok(choice);
        }
    }
    let message = "this host has none of apt, dnf, pacman and apk, which are the managers that the tools `package.*` know";
    Err(Failure::new(Kind::Unsupported, message))
}

/// By which all packages are upgraded.
pub(super) fn upgrade(host: &Reader<'_>) -> Result<Box<dyn Whole>, Failure> {
    Ok(match choice(host)? {
        Choice::Apt => Box::new(apt::Whole::new(
            &["upgrade", "--with-new-pkgs"],
            apt::Options::default(),
        )),
        Choice::Dnf => Box::new(dnf::Whole::new(&["upgrade"], dnf::Options::default())),
        Choice::Pacman => Box::new(pacman::Whole(five_minutes())),
        Choice::Apk => return Err(unknown("package.upgrade", "apk")),
    })
}

/// By which what nobody needs is removed.
pub(super) fn autoremove(host: &Reader<'_>) -> Result<Box<dyn Whole>, Failure> {
    Ok(match choice(host)? {
        Choice::Apt => Box::new(apt::Whole::new(&["autoremove"], apt::Options::default())),
        Choice::Dnf => Box::new(dnf::Whole::new(&["autoremove"], dnf::Options::default())),
        Choice::Pacman => return Err(unknown("package.autoremove", "pacman")),
        Choice::Apk => return Err(unknown("package.autoremove", "apk")),
    })
}

fn unknown(tool: &str, manager: &str) -> Failure {
    let message = format!("`{tool}` does not work with {manager}, which this host has");
    Failure::new(Kind::Unsupported, message)
}
