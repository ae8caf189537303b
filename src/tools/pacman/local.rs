//! What is installed, from pacman's own database, without a process.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::failure::{Failure, Kind};

const LOCAL: &str = "/var/lib/pacman/local";

/// The version of each package that is installed.
#[derive(Debug, Default)]
pub(super) struct Installed(BTreeMap<String, String>);

impl Installed {
    /// Reads the names of the database's folders.
    ///
    /// # Errors
    /// `unsupported` where there is no pacman.
    pub(super) fn read() -> Result<Self, Failure> {
        let entries = match fs::read_dir(Path::new(LOCAL)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let message = format!("this host has no pacman: `{LOCAL}` does not exist");
                return Err(Failure::new(Kind::Unsupported, message));
            }
            Err(error) => return Err(Failure::io(format_args!("cannot list `{LOCAL}`"), &error)),
        };
        let names = entries
            .flatten()
            .filter_map(|it| it.file_name().into_string().ok());
        Ok(Self(names.filter_map(|it| split(&it)).collect()))
    }

    /// The version that is installed.
    pub(super) fn version(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
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
