//! What is installed, from pacman's own database, without a process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader};

const LOCAL: &str = "/var/lib/pacman/local";
/// The most that is read of what a package says of itself.
const LIMIT: u64 = 16 << 20;

/// The version of each package that is installed.
#[derive(Debug, Default)]
pub(super) struct Installed(BTreeMap<String, String>);

impl Installed {
    /// Reads the names of the database's directories.
    ///
    /// # Errors
    /// `unsupported` where there is no pacman.
    pub(super) fn read(host: &Reader<'_>) -> Result<Self, Failure> {
        if host.metadata(Path::new(LOCAL), Follow::Yes)?.is_none() {
            let message = format!("this host has no pacman: `{LOCAL}` does not exist");
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let names = host.names_in(Path::new(LOCAL))?.into_iter();
        let names = names.filter_map(|it| it.into_string().ok());
        Ok(Self(names.filter_map(|it| split(&it)).collect()))
    }

    /// The version that is installed. What pacman was interrupted in has a directory and nothing in it.
    pub(super) fn version(&self, name: &str, host: &Reader<'_>) -> Option<&str> {
        let version = self.0.get(name)?;
        let found = host.metadata(&description(name, version), Follow::Yes);
        matches!(found, Ok(Some(_))).then_some(version)
    }

    /// Whether a package is there only because others need it.
    pub(super) fn is_automatic(&self, name: &str, host: &Reader<'_>) -> bool {
        let text = self
            .0
            .get(name)
            .map(|version| host.read(&description(name, version), LIMIT));
        text.is_some_and(|text| text.is_ok_and(|text| says_automatic(&String::from_utf8_lossy(&text))))
    }
}

fn description(name: &str, version: &str) -> PathBuf {
    Path::new(LOCAL).join(format!("{name}-{version}")).join("desc")
}

/// The reason is below its heading, and is 1 for what others need.
fn says_automatic(text: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|it| it == "%REASON%") && lines.next() == Some("1")
}

/// `shop-lib-2.0-1` is `shop-lib` in version `2.0-1`.
fn split(folder: &str) -> Option<(String, String)> {
    let (rest, release) = folder.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    Some((name.to_owned(), format!("{version}-{release}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read() {
        assert!(says_automatic("%NAME%\nshop-lib\n\n%REASON%\n1\n\n%SIZE%\n3\n"));
        assert!(!says_automatic("%NAME%\n%REASON%\n0\n") && !says_automatic("%NAME%\nx\n"));
    }

    #[test]
    fn a_folder_is_a_name_a_version_and_a_release() {
        let owned = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(split("shop-lib-2.0-1"), owned("shop-lib", "2.0-1"));
        assert_eq!(
            split("linux-firmware-1:20240610.9c10a208-1"),
            owned("linux-firmware", "1:20240610.9c10a208-1")
        );
        assert_eq!(split("ALPM_DB_VERSION"), None);
    }
}
