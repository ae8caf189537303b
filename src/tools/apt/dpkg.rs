//! What is installed, from dpkg's own database, without a process.

use std::collections::BTreeMap;
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::system::Reader;

const STATUS: &str = "/var/lib/dpkg/status";
/// The database of a host with some ten thousand packages.
const LIMIT: u64 = 64 << 20;

/// A package in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) version: String,
    /// It is there and configured.
    pub(super) is_installed: bool,
    /// It is gone, and its configuration is not.
    pub(super) is_leftover: bool,
    pub(super) is_held: bool,
}

/// Packages by name; those of a foreign architecture as `name:arch`.
#[derive(Debug, Default)]
pub(super) struct Database {
    packages: BTreeMap<String, Known>,
    /// The host's own architecture.
    own: String,
}

impl Database {
    /// What the host's database says of packages.
    ///
    /// # Errors
    /// `unsupported` where there is no dpkg.
    pub(super) fn read(host: &Reader<'_>) -> Result<Self, Failure> {
        match host.read(Path::new(STATUS), LIMIT) {
            Ok(text) => Ok(Self::parse(&String::from_utf8_lossy(&text))),
            Err(failure) if failure.kind == Kind::NotFound => Err(Failure::new(
                Kind::Unsupported,
                format!("this host has no apt: `{STATUS}` does not exist"),
            )),
            Err(failure) => Err(failure),
        }
    }

    pub(super) fn parse(text: &str) -> Self {
        let paragraphs: Vec<Paragraph<'_>> = text.split("\n\n").filter_map(Paragraph::parse).collect();
        let own = paragraphs
            .iter()
            .find(|it| it.name == "dpkg")
            .map_or("", |it| it.architecture);
        let mut packages = BTreeMap::new();
        for it in paragraphs {
            let known = Known {
                version: it.version.to_owned(),
                is_installed: matches!(it.state, "installed" | "triggers-awaited" | "triggers-pending"),
                is_leftover: it.state == "config-files",
                is_held: it.want == "hold",
            };
            let name = if it.architecture == own || it.architecture == "all" {
                it.name.to_owned()
            } else {
                format!("{}:{}", it.name, it.architecture)
            };
            packages.insert(name, known);
        }
        Self {
            packages,
            own: own.to_owned(),
        }
    }

    /// A package by its name, with or without an architecture.
    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.packages.get(self.plain(name))
    }

    /// The name as apt says it: with an architecture only where that is a foreign one.
    pub(super) fn plain<'a>(&self, name: &'a str) -> &'a str {
        match name.split_once(':') {
            Some((plain, architecture)) if architecture == self.own || architecture == "all" => plain,
            _ => name,
        }
    }

    /// The version that is installed.
    pub(super) fn version(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|it| it.is_installed).map(|it| &*it.version)
    }
}

#[derive(Default)]
struct Paragraph<'a> {
    name: &'a str,
    architecture: &'a str,
    version: &'a str,
    want: &'a str,
    state: &'a str,
}

impl<'a> Paragraph<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut found = Self::default();
        for line in text.lines() {
            // Most lines belong to descriptions and lists of files.
            let Some((field, value)) = line.split_once(": ") else {
                continue;
            };
            match field {
                "Package" => found.name = value,
                "Architecture" => found.architecture = value,
                "Version" => found.version = value,
                "Status" => {
                    let mut words = value.split(' ');
                    found.want = words.next().unwrap_or_default();
                    found.state = words.nth(1).unwrap_or_default();
                }
                _ => {}
            }
        }
        (!found.name.is_empty()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a Debian 12, shortened.
    const TEXT: &str = "Package: dpkg\nEssential: yes\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.21.22\n\n\
        Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 2.36-9+deb12u9\nDescription: GNU C Library\n Version: of the description\n\n\
        Package: libc6\nStatus: install ok installed\nArchitecture: i386\nMulti-Arch: same\nVersion: 2.36-9+deb12u4\n\n\
        Package: tzdata\nStatus: hold ok installed\nArchitecture: all\nVersion: 2024a-0+deb12u1\n\n\
        Package: nano\nStatus: deinstall ok config-files\nConffiles:\n /etc/nanorc 5\nArchitecture: amd64\nVersion: 7.2-1\n\n\
        Package: torn\nStatus: install reinstreq half-installed\nArchitecture: amd64\nVersion: 1\n";

    #[test]
    fn the_database_knows_what_is_installed_held_left_over_or_torn() {
        let all = Database::parse(TEXT);
        assert_eq!(all.version("libc6"), Some("2.36-9+deb12u9"));
        assert_eq!(all.version("libc6:amd64"), Some("2.36-9+deb12u9"));
        assert_eq!(all.version("libc6:i386"), Some("2.36-9+deb12u4"));
        assert!(all.get("tzdata").unwrap().is_held);
        // Of another architecture it is another package.
        assert_eq!(all.version("dpkg:amd64"), Some("1.21.22"));
        assert_eq!(all.version("dpkg:i386"), None);
        assert_eq!(all.version("tzdata:all"), all.version("tzdata"));
        assert_eq!(all.version("tzdata"), Some("2024a-0+deb12u1"));
        assert_eq!(all.version("nano"), None);
        assert!(all.get("nano").unwrap().is_leftover);
        assert_eq!(all.version("torn"), None);
        assert_eq!(all.get("vim"), None);
    }
}
