//! A transaction for any number of packages: planned from what is installed and what dnf says, then made.

use crate::failure::{Failure, Kind};
use crate::system::{Ended, Reader, Writer};
use crate::tools::dnf::command::{act, ask, refusal};
use crate::tools::dnf::installed::Installed;
use crate::tools::dnf::simulation::{Verb, steps};
use crate::tools::packages::{
    Manager, Packages, PackagesChange, Request, Spec, Step, Want, verify, versions,
};

/// Lists are read again by `dnf.update` alone, so that what was looked at is what is done.
pub(super) const SETTLED_LISTS: &str = "--setopt=*.metadata_expire=-1";
/// A repository without lists is told, not left out.
pub(super) const STRICT: &str = "--setopt=*.skip_if_unavailable=False";

/// How a transaction may be made.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an argument of the tool")]
pub(in crate::tools) struct Options {
    pub(in crate::tools) allow_downgrade: bool,
    pub(in crate::tools) allow_removals: bool,
    pub(in crate::tools) recommends: Option<bool>,
    /// Repositories that are used although they are not enabled, and those that are not used.
    pub(in crate::tools) enable_repositories: Vec<String>,
    pub(in crate::tools) disable_repositories: Vec<String>,
    /// Packages without a good signature are taken.
    pub(in crate::tools) is_unchecked: bool,
    /// Packages that are left alone.
    pub(in crate::tools) excludes: Vec<String>,
    /// Whether the newest version is taken or nothing; else as dnf is configured.
    pub(in crate::tools) best: Option<bool>,
    /// Packages that are not installed stay so.
    pub(in crate::tools) only_upgrade: bool,
}

impl Manager for Options {
    fn look(
        &self,
        requests: &[Request],
        host: &Reader<'_>,
    ) -> Result<Result<Packages, PackagesChange>, Failure> {
        let installed = Installed::read(host)?;
        let mut found = Vec::new();
        for command in self.commands(requests, &installed) {
            let words = [&["dnf", "-C", "--assumeno", STRICT], &*words(&command)].concat();
            let ended = ask(host, &words)?;
            if ended.exit_code != 0 && !is_aborted(&ended) {
                return Err(refusal(&ended));
            }
            let output = String::from_utf8_lossy(&ended.stdout.bytes);
            found.extend(steps(&output, &installed));
        }
        self.refuse(&found)?;
        let change = PackagesChange {
            steps: found.into_iter().map(|it| it.1).collect(),
            ..PackagesChange::default()
        };
        Ok(if change.is_empty() {
            Ok(versions(requests, |name| installed.version(name)))
        } else {
            change.check_root(host)?;
            Err(change)
        })
    }

    fn files(&self, name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure> {
        let ended = ask(
            host,
            &[
                "rpm",
                "-q",
                "--qf",
                "[%{FILEMODES:perms} %{FILENAMES}\\n]",
                "--",
                name,
            ],
        )?;
        let text = String::from_utf8_lossy(&ended.stdout.bytes);
        let files = text.lines().filter_map(|it| it.split_once(' '));
        let files = files.filter(|(mode, path)| !mode.starts_with('d') && path.starts_with('/'));
        Ok(files.map(|(_, path)| path.to_owned()).collect())
    }

    fn act(&self, requests: &[Request], _: &PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        for command in self.commands(requests, &Installed::read(host)?) {
            let words = [&["dnf", "-y", SETTLED_LISTS, STRICT], &*words(&command)].concat();
            let ended = act(host, &words)?;
            if ended.exit_code != 0 {
                return Err(refusal(&ended));
            }
            let said = [&*ended.stdout.bytes, &ended.stderr.bytes].concat();
            let said = String::from_utf8_lossy(&said);
            if let Some(line) = said.lines().find(|it| it.contains("scriptlet failed")) {
                // rpm takes the package for installed all the same.
                host.link()
                    .warn(format!("a script of a package has failed: {}", line.trim()));
            }
        }
        let now = Installed::read(host)?;
        for request in requests {
            let version = now.version(&request.package.name);
            verify("dnf", request, version, |_| now.has(&request.package))?;
        }
        Ok(versions(requests, |name| now.version(name)))
    }
}

impl Options {
    /// What dnf is told besides what is to be done.
    pub(super) fn words(&self) -> Vec<String> {
        let lists = [
            ("--enablerepo", &self.enable_repositories),
            ("--disablerepo", &self.disable_repositories),
            ("--exclude", &self.excludes),
        ];
        let each = |(option, words): (&str, &Vec<String>)| -> Vec<String> {
            words.iter().map(|it| format!("{option}={it}")).collect()
        };
        // One that is enabled stays so where all others are not used.
        let mut all: Vec<String> = lists.into_iter().rev().flat_map(each).collect();
        if let Some(recommends) = self.recommends {
            all.push(format!("--setopt=install_weak_deps={recommends}"));
        }
        if let Some(best) = self.best {
            all.push(if best { "--best" } else { "--nobest" }.to_owned());
        }
        if self.is_unchecked {
            all.push("--nogpgcheck".to_owned());
        }
        all
    }

    /// The calls of dnf for what is not as it is to be: for the newest versions there may be two.
    fn commands(&self, requests: &[Request], installed: &Installed) -> Vec<Vec<String>> {
        let (mut install, mut upgrade, mut remove) = (Vec::new(), Vec::new(), Vec::new());
        for Request { package, want } in requests {
            let is_there = installed.version(&package.name).is_some();
            match want {
                Want::Present if installed.has(package) => {}
                Want::Present | Want::Latest if self.only_upgrade && !is_there => {}
                Want::Latest if is_there => upgrade.push(package.name.clone()),
                Want::Present | Want::Latest => install.push(argument(package)),
                Want::Absent | Want::Purged if is_there => remove.push(package.name.clone()),
                Want::Absent | Want::Purged => {}
            }
        }
        let options = self.words();
        // What came along with a package that goes is not asked about here.
        let keep = vec!["--setopt=clean_requirements_on_remove=False".to_owned()];
        let calls = [
            ("install", install, options.clone()),
            ("upgrade", upgrade, options),
            ("remove", remove, keep),
        ];
        let call = |(verb, names, options): (&str, Vec<String>, Vec<String>)| {
            [options, vec![verb.to_owned()], names].concat()
        };
        calls
            .into_iter()
            .filter(|it| !it.1.is_empty())
            .map(call)
            .collect()
    }

    /// Nothing that was not asked for is removed, and nothing is made older, unless that is allowed.
    fn refuse(&self, found: &[(Verb, Step)]) -> Result<(), Failure> {
        let rules = [
            (Verb::RemoveToo, self.allow_removals, "remove", "allow_removals"),
            (
                Verb::Downgrade,
                self.allow_downgrade,
                "downgrade",
                "allow_downgrade",
            ),
        ];
        for (verb, is_allowed, what, argument) in rules {
            let names: Vec<&str> = found
                .iter()
                .filter(|it| it.0 == verb)
                .map(|it| &*it.1.name)
                .collect();
            if !(is_allowed || names.is_empty()) {
                let names = names.join(", ");
                let message = format!("dnf would {what} {names}, too (`{argument}: true` lets it)");
                return Err(Failure::new(Kind::Conflict, message));
            }
        }
        Ok(())
    }
}

/// Architectures, as the end of a name can be one.
const ARCHITECTURES: [&str; 9] = [
    "noarch", "x86_64", "i686", "i386", "aarch64", "armv7hl", "ppc64le", "riscv64", "s390x",
];

/// `shop=1.0` is `shop-1.0` for dnf, and `shop.noarch=1.0` is `shop-1.0-*.noarch`.
fn argument(package: &Spec) -> String {
    let Some(version) = &package.version else {
        return package.name.clone();
    };
    match package.name.rsplit_once('.') {
        Some((name, arch)) if ARCHITECTURES.contains(&arch) => {
            let release = if version.contains('-') { "" } else { "-*" };
            format!("{name}-{version}{release}.{arch}")
        }
        _ => format!("{}-{version}", package.name),
    }
}

/// Whether dnf has said what it would do, and that it does not do it.
pub(super) fn is_aborted(ended: &Ended) -> bool {
    [&ended.stdout.bytes, &ended.stderr.bytes]
        .iter()
        .any(|it| String::from_utf8_lossy(it).contains("Operation aborted"))
}

fn words(command: &[String]) -> Vec<&str> {
    command.iter().map(|it| &**it).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_as_dnf_names_it() {
        for (given, wanted) in [
            ("shop", "shop"),
            ("shop=1.0-1", "shop-1.0-1"),
            ("java-1.8.0-openjdk=1:1.8.0", "java-1.8.0-openjdk-1:1.8.0"),
            ("shop.noarch=1.0", "shop-1.0-*.noarch"),
            ("shop.noarch=1.0-1", "shop-1.0-1.noarch"),
            ("shop.noarch", "shop.noarch"),
        ] {
            assert_eq!(argument(&given.parse().unwrap()), wanted);
        }
    }
}
