//! What is installed, from rpm's database.

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::system::Reader;
use crate::tools::dnf::command::ask;
use crate::tools::packages::Spec;
use crate::tools::said;

/// Packages by name and architecture, with their versions: `[epoch:]version-release`. Of some, such as kernels, there
/// may be several.
#[derive(Debug, Default)]
pub(super) struct Installed(BTreeMap<String, Vec<(String, String)>>);

impl Installed {
    /// What rpm's database says.
    ///
    /// # Errors
    /// `unsupported` where there is no rpm.
    pub(super) fn read(host: &Reader<'_>) -> Result<Self, Failure> {
        let format = "%{NAME} %{ARCH} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\n";
        let ended = ask(host, &["rpm", "-qa", "--qf", format])?;
        if ended.exit_code != 0 {
            return Err(said::failure(&ended, "rpm"));
        }
        Ok(Self::parse(&String::from_utf8_lossy(&ended.stdout.bytes)))
    }

    pub(super) fn parse(text: &str) -> Self {
        let mut packages = BTreeMap::<String, Vec<_>>::new();
        for line in text.lines() {
            let mut words = line.split(' ').map(str::to_owned);
            if let (Some(name), Some(arch), Some(version)) = (words.next(), words.next(), words.next()) {
                packages.entry(name).or_default().push((arch, plain(&version)));
            }
        }
        Self(packages)
    }

    /// The versions of a package, by its name with or without an architecture.
    pub(super) fn versions(&self, name: &str) -> impl Iterator<Item = &str> {
        let (name, arch) = match (self.0.contains_key(name), name.rsplit_once('.')) {
            (false, Some((name, arch))) => (name, Some(arch)),
            _ => (name, None),
        };
        let all = self.0.get(name).map(Vec::as_slice).unwrap_or_default();
        all.iter()
            .filter(move |it| arch.is_none_or(|arch| arch == it.0))
            .map(|it| &*it.1)
    }

    /// The newest version that is installed.
    pub(super) fn version(&self, name: &str) -> Option<&str> {
        self.versions(name).last()
    }

    /// Whether a version that is wanted is there.
    pub(super) fn has(&self, package: &Spec) -> bool {
        self.versions(&package.name).any(|it| accepts(package, it))
    }
}

/// A version without the epoch that every version has where none is given.
pub(super) fn plain(version: &str) -> String {
    version.strip_prefix("0:").unwrap_or(version).to_owned()
}

/// Whether a version is the one that is wanted, which may be named without its epoch and without its release.
fn accepts(package: &Spec, version: &str) -> bool {
    let without_epoch = version.split_once(':').map_or(version, |it| it.1);
    let without_release = |it: &str| it.rsplit_once('-').map(|it| it.0.to_owned());
    let shorter = [without_release(version), without_release(without_epoch)];
    let all = [version, without_epoch].map(str::to_owned);
    all.into_iter()
        .chain(shorter.into_iter().flatten())
        .any(|it| package.accepts(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_known_by_name_architecture_and_version() {
        let all = Installed::parse(
            "glibc i686 2.38-7.fc39\nglibc x86_64 2.38-7.fc39\nkernel x86_64 6.5.6-300.fc39\nkernel x86_64 6.6.2-201.fc39\n\
             bind-utils x86_64 32:9.18.20-1.fc39\njava-1.8.0-openjdk x86_64 1:1.8.0-1\ngpg-pubkey (none) 18b8e74c-62f2920f\n",
        );
        let has = |text: &str| all.has(&text.parse().unwrap());
        assert!(has("glibc") && has("glibc.i686") && !has("glibc.s390x") && !has("glib"));
        assert!(has("kernel=6.5.6") && has("kernel=6.6.2-201.fc39") && !has("kernel=6.6"));
        assert!(has("bind-utils=32:9.18.20-1.fc39") && has("bind-utils=9.18.20") && has("bind-utils=9.18.*"));
        assert!(has("java-1.8.0-openjdk") && has("java-1.8.0-openjdk.x86_64"));
        assert_eq!(all.version("kernel"), Some("6.6.2-201.fc39"));
    }
}
