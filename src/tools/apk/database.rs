//! What is installed and what is wanted for its own sake, from apk's own files, without a process.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::system::Reader;

/// Where apk 2 and apk 3 keep it.
const INSTALLED: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
const WORLD: &str = "/etc/apk/world";
/// The database of a host with some thousand packages, each with its files.
const LIMIT: u64 = 64 << 20;

/// What apk's files say.
#[derive(Debug, Default)]
pub(super) struct Database {
    versions: BTreeMap<String, String>,
    /// Those of which a script or a file has failed.
    torn: BTreeSet<String>,
    world: BTreeSet<String>,
}

impl Database {
    /// Reads them.
    ///
    /// # Errors
    /// `unsupported` where there is no apk.
    pub(super) fn read(host: &Reader<'_>) -> Result<Self, Failure> {
        let mut installed = None;
        for path in INSTALLED.map(Path::new) {
            match host.read(path, LIMIT) {
                Ok(text) => installed = Some(text),
                Err(failure) if failure.kind == Kind::NotFound => {}
                Err(failure) => return Err(failure),
            }
        }
        let Some(installed) = installed else {
            let message = format!("this host has no apk: `{}` does not exist", INSTALLED[0]);
            return Err(Failure::new(Kind::Unsupported, message));
        };
        let world = match host.read(Path::new(WORLD), 1 << 20) {
            Err(failure) if failure.kind == Kind::NotFound => Vec::new(),
            world => world?,
        };
        Ok(Self::parse(
            &String::from_utf8_lossy(&installed),
            &String::from_utf8_lossy(&world),
        ))
    }

    fn parse(installed: &str, world: &str) -> Self {
        let (mut versions, mut torn) = (BTreeMap::new(), BTreeSet::new());
        let mut name = "";
        for line in installed.lines() {
            if let Some(text) = line.strip_prefix("P:") {
                name = text;
            } else if let Some(text) = line.strip_prefix("V:") {
                versions.insert(name.to_owned(), text.to_owned());
            } else if line.starts_with("f:") {
                torn.insert(name.to_owned());
            }
        }
        // `nginx`, `nginx=1.24.0-r0`, `nginx~1.24`, `nginx@edge`, `!nginx`.
        let names = world
            .split_whitespace()
            .filter_map(|it| it.split(['=', '~', '<', '>', '@']).next());
        Self {
            versions,
            torn,
            world: names.map(str::to_owned).collect(),
        }
    }

    /// The version that is installed.
    pub(super) fn version(&self, name: &str) -> Option<&str> {
        self.versions.get(name).map(String::as_str)
    }

    /// Whether it was left half-way.
    pub(super) fn is_torn(&self, name: &str) -> bool {
        self.torn.contains(name)
    }

    /// Whether a package is wanted for its own sake, and not only because others need it.
    pub(super) fn is_wanted(&self, name: &str) -> bool {
        self.world.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_apk_say_what_is_there_and_what_is_wanted() {
        // apk-tools 2.14.10, shortened.
        let installed = "C:Q1yC5Cqe2tZgMkuJxzXGTYKZUrTu4=\nP:shop\nV:2.0-r0\nA:noarch\nD:shop-lib\nF:etc\nR:shop.conf\n\n\
            C:Q17npTrP1qcGURqPcHw4KJhHPrTKc=\nP:shop-lib\nV:2.0-r1\nA:noarch\nf:s\n\n";
        let all = Database::parse(installed, "shop=2.0-r0\nbusybox\n!other\nedge@testing\n");
        assert_eq!(all.version("shop"), Some("2.0-r0"));
        assert_eq!(all.version("shop-lib"), Some("2.0-r1"));
        assert_eq!(all.version("busybox"), None);
        assert!(all.is_torn("shop-lib") && !all.is_torn("shop"));
        assert!(all.is_wanted("shop") && all.is_wanted("edge"));
        assert!(!all.is_wanted("shop-lib") && !all.is_wanted("other"));
    }
}
