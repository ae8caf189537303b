//! One transaction for any number of packages: planned from what is installed and what apk says, then made.

use crate::argument::Duration;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tools::apk::command::{act, ask, refusal};
use crate::tools::apk::database::Database;
use crate::tools::packages::{
    Manager, Packages, PackagesChange, Request, Spec, Step, Want, five_minutes, verify, versions,
};

/// Lists are read again by `apk.update` alone, so that what was looked at is what is done: ten years, in minutes.
const SETTLED_LISTS: [&str; 2] = ["--cache-max-age", "5256000"];

/// How a transaction may be made.
#[derive(Debug, Clone, Copy)]
pub(in crate::tools) struct Options {
    pub(in crate::tools) allow_downgrade: bool,
    pub(in crate::tools) allow_removals: bool,
    pub(in crate::tools) lock_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_downgrade: false,
            allow_removals: false,
            lock_timeout: five_minutes(),
        }
    }
}

impl Manager for Options {
    fn look(
        &self,
        requests: &[Request],
        host: &Reader<'_>,
    ) -> Result<Result<Packages, PackagesChange>, Failure> {
        let found = Database::read(host)?;
        let mut change = PackagesChange::default();
        for command in self.commands(requests, &found) {
            let args: Vec<&str> = ["--simulate"]
                .into_iter()
                .chain(command.iter().map(|it| &**it))
                .collect();
            let ended = ask(host, &args)?;
            if ended.exit_code != 0 {
                return Err(refusal(&ended));
            }
            let output = String::from_utf8_lossy(&ended.stdout.bytes);
            refuse_kept(&output)?;
            for (is_older, step) in output.lines().filter_map(step) {
                if is_older && !self.allow_downgrade {
                    let message = format!(
                        "apk would downgrade {} (`allow_downgrade: true` lets it)",
                        step.name
                    );
                    return Err(Failure::new(Kind::Conflict, message));
                }
                change.steps.push(step);
            }
        }
        let wanted = requests
            .iter()
            .filter(|it| matches!(it.want, Want::Present | Want::Latest))
            .map(|it| &it.package.name);
        change.wanted = wanted
            .filter(|name| found.version(name).is_some() && !found.is_wanted(name))
            .cloned()
            .collect();
        change.repairs = torn(requests, &found);
        Ok(if change.is_empty() {
            Ok(versions(requests, |name| found.version(name)))
        } else {
            change.check_root(host)?;
            Err(change)
        })
    }

    fn files(&self, name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure> {
        let ended = ask(host, &["info", "--quiet", "--contents", name])?;
        let text = String::from_utf8_lossy(&ended.stdout.bytes);
        let names = text.lines().filter(|it| !it.is_empty());
        Ok(names
            .map(|it| format!("/{}", it.trim_start_matches('/')))
            .collect())
    }

    fn act(&self, requests: &[Request], _: &PackagesChange, host: &Writer<'_>) -> Result<Packages, Failure> {
        let wait = self.lock_timeout.0.as_secs().to_string();
        for command in self.commands(requests, &Database::read(host)?) {
            let args: Vec<&str> = ["--wait", &wait]
                .into_iter()
                .chain(command.iter().map(|it| &**it))
                .collect();
            let ended = act(host, &args)?;
            if ended.exit_code != 0 {
                return Err(refusal(&ended));
            }
        }
        let torn = torn(requests, &Database::read(host)?);
        if !torn.is_empty() {
            let mut args = vec!["--wait", &wait];
            args.extend(SETTLED_LISTS);
            args.extend(["fix", "--reinstall"]);
            args.extend(torn.iter().map(|it| &**it));
            let ended = act(host, &args)?;
            if ended.exit_code != 0 {
                return Err(refusal(&ended));
            }
        }
        let now = Database::read(host)?;
        if let Some(name) = self::torn(requests, &now).first() {
            let message = format!("apk ended well, but `{name}` was left half-way");
            return Err(Failure::new(Kind::CommandFailed, message));
        }
        for request in requests {
            let version = now.version(&request.package.name);
            verify("apk", request, version, |it| request.package.accepts(it))?;
        }
        Ok(versions(requests, |name| now.version(name)))
    }
}

impl Options {
    /// The calls of apk for what is not as it is to be.
    fn commands(&self, requests: &[Request], found: &Database) -> Vec<Vec<String>> {
        let (mut add, mut newest, mut del) = (Vec::new(), Vec::new(), Vec::new());
        for Request { package, want } in requests {
            let name = &package.name;
            let version = found.version(name);
            match want {
                Want::Present if found.is_wanted(name) && version.is_some_and(|it| package.accepts(it)) => {}
                Want::Present => add.push(argument(package)),
                Want::Latest => newest.push(name.clone()),
                Want::Absent | Want::Purged if version.is_some() || found.is_wanted(name) => {
                    del.push(name.clone());
                }
                Want::Absent | Want::Purged => {}
            }
        }
        let rdepends: &[&str] = if self.allow_removals { &["--rdepends"] } else { &[] };
        let calls: [(&str, &[&str], Vec<String>); 3] = [
            ("add", &[], add),
            ("add", &["--upgrade"], newest),
            ("del", rdepends, del),
        ];
        let call = |(verb, options, names): (&str, &[&str], Vec<String>)| {
            let words = [&SETTLED_LISTS[..], &[verb], options].concat();
            words.into_iter().map(str::to_owned).chain(names).collect()
        };
        calls
            .into_iter()
            .filter(|it| !it.2.is_empty())
            .map(call)
            .collect()
    }
}

/// What is to be there, and was left half-way.
fn torn(requests: &[Request], found: &Database) -> Vec<String> {
    let wanted = requests
        .iter()
        .filter(|it| matches!(it.want, Want::Present | Want::Latest));
    let names = wanted.map(|it| it.package.name.clone());
    names.filter(|name| found.is_torn(name)).collect()
}

/// `nginx=1.24.*` is `nginx~1.24` for apk.
fn argument(package: &Spec) -> String {
    match &package.version {
        None => package.name.clone(),
        Some(version) => match version.strip_suffix(".*") {
            Some(start) => format!("{}~{start}", package.name),
            None => format!("{}={version}", package.name),
        },
    }
}

/// `(1/2) Installing shop (1.0-r0)`, `(2/2) Upgrading shop (1.0-r0 -> 2.0-r0)`, and whether the new version is an older one.
fn step(line: &str) -> Option<(bool, Step)> {
    let (verb, rest) = line.strip_prefix('(')?.split_once(") ")?.1.split_once(' ')?;
    let (name, versions) = rest.split_once(" (")?;
    let versions = versions.split_once(')')?.0;
    let (before, after) = match (verb, versions.split_once(" -> ")) {
        ("Installing", _) => (None, Some(versions)),
        ("Purging", _) => (Some(versions), None),
        ("Upgrading" | "Downgrading" | "Replacing", Some((before, after))) => (Some(before), Some(after)),
        _ => return None,
    };
    let step = Step {
        name: name.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    Some((verb == "Downgrading", step))
}

/// Packages that others need are not removed, and apk ends well.
fn refuse_kept(output: &str) -> Result<(), Failure> {
    let Some((_, kept)) = output.split_once("are not removed due to:\n") else {
        return Ok(());
    };
    let kept: Vec<&str> = kept
        .lines()
        .take_while(|it| it.starts_with(' '))
        .take(8)
        .map(str::trim)
        .collect();
    let message = format!(
        "apk would keep what others need: {} (`allow_removals: true` removes those, too)",
        kept.join("; ")
    );
    Err(Failure::new(Kind::Conflict, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulation_lists_what_is_installed_replaced_and_removed() {
        // apk-tools 2.14.10.
        let output = "fetch http://127.0.0.1/noarch/APKINDEX.tar.gz\n(1/3) Installing shop-lib (2.0-r0)\n\
            (2/3) Upgrading shop (1.0-r0 -> 2.0-r0)\n(3/3) Purging shop-doc (1.0-r0)\nOK: 0 MiB in 2 packages\n";
        let found: Vec<_> = output.lines().filter_map(step).collect();
        let wanted = [
            ("shop-lib", None, Some("2.0-r0")),
            ("shop", Some("1.0-r0"), Some("2.0-r0")),
            ("shop-doc", Some("1.0-r0"), None),
        ]
        .map(|(name, before, after)| {
            let step = Step {
                name: name.to_owned(),
                before: before.map(str::to_owned),
                after: after.map(str::to_owned),
            };
            (false, step)
        });
        assert_eq!(found, wanted);
        let (is_older, _) = step("(1/1) Downgrading shop (2.0-r0 -> 1.1-r0)").unwrap();
        assert!(is_older);
    }

    #[test]
    fn what_is_kept_for_others_is_a_failure_that_names_them() {
        let output = "World updated, but the following packages are not removed due to:\n  shop: shop-doc\n\nOK: 0 MiB in 3 packages\n";
        let failure = refuse_kept(output).unwrap_err();
        assert_eq!(
            failure.message,
            "apk would keep what others need: shop: shop-doc (`allow_removals: true` removes those, too)"
        );
        assert!(refuse_kept("OK: 0 MiB in 3 packages\n").is_ok());
    }

    #[test]
    fn a_version_is_named_as_apk_names_it() {
        for (given, wanted) in [
            ("shop", "shop"),
            ("shop=1.0-r0", "shop=1.0-r0"),
            ("shop=1.*", "shop~1"),
        ] {
            assert_eq!(argument(&given.parse().unwrap()), wanted);
        }
    }
}
