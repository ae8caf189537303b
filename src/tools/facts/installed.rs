//! Installed packages, from the databases of their managers.

use std::collections::BTreeMap;
use std::path::Path;

use crate::argument::{Argv, Text};
use crate::failure::Failure;
use crate::system::{About, Domain, Follow, Program, Reader};
use crate::tools::said;

const LIMIT: u64 = 64 << 20;

/// The version of each package, by name. Nothing where no manager is known.
pub(super) fn read(host: &Reader<'_>) -> Result<BTreeMap<String, String>, Failure> {
    let is_there = |path: &str| Ok::<_, Failure>(host.metadata(Path::new(path), Follow::Yes)?.is_some());
    let text = |path: &str| {
        host.read(Path::new(path), LIMIT)
            .map(|it| String::from_utf8_lossy(&it).into_owned())
    };
    if is_there("/usr/bin/apt-get")? {
        return Ok(dpkg(&text("/var/lib/dpkg/status")?));
    }
    if is_there("/usr/bin/rpm")? {
        let words = [
            "rpm",
            "-qa",
            "--queryformat",
            "%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\n",
        ];
        let ended = host.ask(
            &Program::of(&Argv(words.map(Text::from).into())),
            &[About::Domain(Domain::Packages)],
        )?;
        if ended.exit_code != 0 {
            return Err(said::failure(&ended, "rpm"));
        }
        let output = String::from_utf8_lossy(&ended.stdout.bytes);
        let lines = output.lines().filter_map(|it| it.split_once(' '));
        return Ok(lines
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .collect());
    }
    if is_there("/usr/bin/pacman")? {
        let entries = host.names_in(Path::new("/var/lib/pacman/local"))?.into_iter();
        let names = entries.filter_map(|it| it.into_string().ok());
        return Ok(names.filter_map(|it| folder(&it)).collect());
    }
    if is_there("/lib/apk/db/installed")? {
        return Ok(apk(&text("/lib/apk/db/installed")?));
    }
    Ok(BTreeMap::new())
}

fn dpkg(text: &str) -> BTreeMap<String, String> {
    let one = |paragraph: &str| {
        let field = |name: &str| {
            paragraph
                .lines()
                .find_map(|it| it.strip_prefix(name))
                .map(str::to_owned)
        };
        let is_installed = field("Status: ")?.ends_with(" installed");
        is_installed.then(|| Some((field("Package: ")?, field("Version: ")?)))?
    };
    text.split("\n\n").filter_map(one).collect()
}

/// `shop-lib-2.0-1` is `shop-lib` in version `2.0-1`.
fn folder(name: &str) -> Option<(String, String)> {
    let (rest, release) = name.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    Some((name.to_owned(), format!("{version}-{release}")))
}

fn apk(text: &str) -> BTreeMap<String, String> {
    let one = |paragraph: &str| {
        let field = |name: &str| {
            paragraph
                .lines()
                .find_map(|it| it.strip_prefix(name))
                .map(str::to_owned)
        };
        Some((field("P:")?, field("V:")?))
    };
    text.split("\n\n").filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_give_names_and_versions() {
        let of = |all: BTreeMap<String, String>| all.into_iter().collect::<Vec<_>>();
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let text = "Package: a\nStatus: install ok installed\nVersion: 1-1\n\nPackage: b\nStatus: deinstall ok config-files\nVersion: 2\n";
        assert_eq!(of(dpkg(text)), [pair("a", "1-1")]);
        // Alpine 3.20, shortened.
        let text = "C:Q1a=\nP:musl\nV:1.2.5-r0\nA:x86_64\nF:lib\nR:ld-musl-x86_64.so.1\n\nC:Q1b=\nP:busybox\nV:1.36.1-r28\n\n";
        assert_eq!(
            of(apk(text)),
            [pair("busybox", "1.36.1-r28"), pair("musl", "1.2.5-r0")]
        );
        assert_eq!(folder("shop-lib-2.0-1"), Some(pair("shop-lib", "2.0-1")));
    }
}
