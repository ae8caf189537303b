//! What is installed, from dpkg's own database, without a process.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader};

const STATUS: &str = "/var/lib/dpkg/status";
/// What dpkg has noted and not yet taken over into its database: each file a package, where dpkg was interrupted.
const NOTES: &str = "/var/lib/dpkg/updates";
/// Which packages are there only because others need them.
const MARKS: &str = "/var/lib/apt/extended_states";
/// The database of a host with some ten thousand packages.
const LIMIT: u64 = 64 << 20;

/// A package in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) version: String,
    pub(super) standing: Standing,
    pub(super) is_held: bool,
}

/// How far a package is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is there and configured.
    Installed,
    /// It was left half-way: unpacked, not configured, or half gone.
    Torn,
    /// It is gone, and its configuration is not.
    Leftover,
    /// It is gone.
    Gone,
}

/// Packages by name; those of a foreign architecture as `name:arch`.
#[derive(Debug, Default)]
pub(super) struct Database {
    packages: BTreeMap<String, Known>,
    /// The host's own architecture.
    own: String,
    /// dpkg did not come to its end, and refuses to begin anything else.
    pub(super) is_interrupted: bool,
    automatic: BTreeSet<String>,
    /// Names that installed packages stand for.
    provided: BTreeSet<String>,
}

impl Database {
    /// What the host's database says of packages.
    ///
    /// # Errors
    /// `unsupported` where there is no dpkg.
    pub(super) fn read(host: &Reader<'_>) -> Result<Self, Failure> {
        let mut text = host
            .read(Path::new(STATUS), LIMIT)
            .map_err(|failure| match failure.kind {
                Kind::NotFound => Failure::new(
                    Kind::Unsupported,
                    format!("this host has no apt: `{STATUS}` does not exist"),
                ),
                _ => failure,
            })?;
        let notes = notes(host)?;
        for note in &notes {
            // The later word about a package counts.
            text.extend_from_slice(b"\n\n");
            text.extend(host.read(&Path::new(NOTES).join(note), LIMIT)?);
        }
        let marks = match host.read(Path::new(MARKS), LIMIT) {
            Err(failure) if failure.kind == Kind::NotFound => Vec::new(),
            marks => marks?,
        };
        let mut all = Self::parse(&String::from_utf8_lossy(&text), &String::from_utf8_lossy(&marks));
        all.is_interrupted = !notes.is_empty();
        Ok(all)
    }

    pub(super) fn parse(text: &str, marks: &str) -> Self {
        let paragraphs: Vec<Paragraph<'_>> = text.split("\n\n").filter_map(Paragraph::parse).collect();
        let own = paragraphs
            .iter()
            .find(|it| it.name == "dpkg")
            .map_or("", |it| it.architecture);
        let full = |it: &Paragraph<'_>| {
            if it.architecture == own || it.architecture == "all" {
                it.name.to_owned()
            } else {
                format!("{}:{}", it.name, it.architecture)
            }
        };
        let mut packages = BTreeMap::new();
        for it in &paragraphs {
            let standing = match it.state {
                _ if it.error == "reinstreq" => Standing::Torn,
                "installed" => Standing::Installed,
                "config-files" => Standing::Leftover,
                "not-installed" => Standing::Gone,
                _ => Standing::Torn,
            };
            let known = Known {
                version: it.version.to_owned(),
                standing,
                is_held: it.want == "hold",
            };
            packages.insert(full(it), known);
        }
        let installed = paragraphs.iter().filter(|it| it.state == "installed");
        let provided = installed.flat_map(|it| it.provides.split(", "));
        let provided = provided.filter_map(|it| it.split([' ', ':']).next());
        let marks = marks.split("\n\n").filter_map(Paragraph::parse);
        Self {
            packages,
            automatic: marks.filter(|it| it.is_automatic).map(|it| full(&it)).collect(),
            provided: provided.map(str::to_owned).collect(),
            own: own.to_owned(),
            is_interrupted: false,
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

    /// Whether a name means nothing by itself, and an installed package, or a task, stands for it.
    pub(super) fn is_provided(&self, name: &str) -> bool {
        let plain = name.split(':').next().unwrap_or(name);
        self.provided.contains(plain) || name.ends_with('^')
    }

    /// Whether a package is there only because others need it.
    pub(super) fn is_automatic(&self, name: &str) -> bool {
        self.automatic.contains(self.plain(name))
    }

    /// Whether a package is there so far.
    pub(super) fn is(&self, name: &str, standing: Standing) -> bool {
        self.get(name).is_some_and(|it| it.standing == standing)
    }

    /// Whether it was left half-way.
    pub(super) fn is_torn(&self, name: &str) -> bool {
        self.is(name, Standing::Torn)
    }

    /// The packages that are on hold.
    pub(super) fn held(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().filter(|it| it.1.is_held).map(|it| &**it.0)
    }

    /// The version that is installed.
    pub(super) fn version(&self, name: &str) -> Option<&str> {
        self.get(name)
            .filter(|it| it.standing == Standing::Installed)
            .map(|it| &*it.version)
    }
}

/// The files of an installed package, by its name as apt says it.
///
/// # Errors
/// Where dpkg's list of them cannot be read.
pub(super) fn files(name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure> {
    const INFO: &str = "/var/lib/dpkg/info";
    // Packages of which several architectures may be there have theirs in the name, also that of the host.
    let plain = format!("{name}.list");
    let names = host.names_in(Path::new(INFO))?;
    let names = names.iter().filter_map(|it| it.to_str());
    let list = names
        .filter(|it| {
            let package = it.strip_suffix(".list").and_then(|it| it.split_once(':'));
            *it == plain || package.is_some_and(|it| it.0 == name)
        })
        .map(|it| Path::new(INFO).join(it));
    let mut files = Vec::new();
    for path in list {
        let text = host.read(&path, LIMIT)?;
        for line in String::from_utf8_lossy(&text).lines() {
            let is_folder = host
                .metadata(Path::new(line), Follow::Yes)?
                .is_some_and(|it| it.is_dir());
            if !is_folder {
                files.push(line.to_owned());
            }
        }
    }
    Ok(files)
}

/// What dpkg left behind where it was interrupted, in its order. It takes all of it over when it ends well.
fn notes(host: &Reader<'_>) -> Result<Vec<String>, Failure> {
    let names = host.names_in(Path::new(NOTES))?.into_iter();
    let names = names.filter_map(|it| it.into_string().ok());
    let mut notes: Vec<String> = names
        .filter(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    notes.sort();
    Ok(notes)
}

#[derive(Default)]
struct Paragraph<'a> {
    name: &'a str,
    architecture: &'a str,
    version: &'a str,
    want: &'a str,
    error: &'a str,
    state: &'a str,
    provides: &'a str,
    is_automatic: bool,
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
                    found.error = words.next().unwrap_or_default();
                    found.state = words.next().unwrap_or_default();
                }
                "Provides" => found.provides = value,
                "Auto-Installed" => found.is_automatic = value == "1",
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
        Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nProvides: libc, libc-x (= 2)\nVersion: 2.36-9+deb12u9\nDescription: GNU C Library\n Version: of the description\n\n\
        Package: libc6\nStatus: install ok installed\nArchitecture: i386\nMulti-Arch: same\nVersion: 2.36-9+deb12u4\n\n\
        Package: tzdata\nStatus: hold ok installed\nArchitecture: all\nVersion: 2024a-0+deb12u1\n\n\
        Package: nano\nStatus: deinstall ok config-files\nConffiles:\n /etc/nanorc 5\nArchitecture: amd64\nVersion: 7.2-1\n\n\
        Package: torn\nStatus: install reinstreq half-installed\nArchitecture: amd64\nVersion: 1\n\n\
        Package: half\nStatus: install ok half-configured\nArchitecture: all\nVersion: 1\n\n\
        Package: await\nStatus: install ok triggers-awaited\nArchitecture: all\nVersion: 1\n\n\
        Package: again\nStatus: install reinstreq installed\nArchitecture: all\nVersion: 1\n\n\
        Package: tzdata\nStatus: hold ok installed\nArchitecture: all\nVersion: 2024b-0+deb12u1\n";
    const MARKS: &str = "Package: libc6\nArchitecture: amd64\nAuto-Installed: 1\n\n\
        Package: tzdata\nArchitecture: amd64\nAuto-Installed: 0\n\nPackage: libc6\nArchitecture: i386\nAuto-Installed: 1\n";

    #[test]
    fn the_database_knows_what_is_installed_held_left_over_or_torn() {
        let all = Database::parse(TEXT, MARKS);
        assert_eq!(all.version("libc6"), Some("2.36-9+deb12u9"));
        assert_eq!(all.version("libc6:amd64"), Some("2.36-9+deb12u9"));
        assert_eq!(all.version("libc6:i386"), Some("2.36-9+deb12u4"));
        assert!(all.get("tzdata").unwrap().is_held);
        assert_eq!(all.held().collect::<Vec<_>>(), ["tzdata"]);
        // Of another architecture it is another package.
        assert_eq!(all.version("dpkg:amd64"), Some("1.21.22"));
        assert_eq!(all.version("dpkg:i386"), None);
        assert_eq!(all.version("tzdata:all"), all.version("tzdata"));
        // The later word counts.
        assert_eq!(all.version("tzdata"), Some("2024b-0+deb12u1"));
        assert_eq!(all.version("nano"), None);
        assert!(all.is("nano", Standing::Leftover));
        for name in ["torn", "half", "await", "again"] {
            assert!(all.version(name).is_none() && all.is_torn(name), "{name}");
        }
        assert_eq!(all.get("vim"), None);
        assert!(all.is_provided("libc") && all.is_provided("libc-x") && !all.is_provided("nano"));
        assert!(all.is_automatic("libc6") && all.is_automatic("libc6:i386"));
        assert!(!all.is_automatic("tzdata") && !all.is_automatic("nano"));
    }
}
