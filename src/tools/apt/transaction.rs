//! One transaction for any number of packages: planned from what is installed and what apt says, then made.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tools::apt::command;
use crate::tools::apt::dpkg::Database;
use crate::tools::apt::{locks, simulation};
use crate::tools::packages::{
    Manager, Packages, PackagesChange, Request, Step, Want, five_minutes, verify, versions,
};

/// Whose configuration file stays where both the package and the host have changed it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum Conffiles {
    /// The host's; the package's lies beside it as `NAME.dpkg-dist`.
    #[default]
    Keep,
    /// The package's; the host's lies beside it as `NAME.dpkg-old`.
    Replace,
}

/// A simulation keeps its caches to itself: whoever only looks writes nothing.
const SIMULATE: [&str; 5] = [
    "-s",
    "-o",
    "Dir::Cache::pkgcache=",
    "-o",
    "Dir::Cache::srcpkgcache=",
];

/// How a transaction may be made.
#[derive(Debug, Clone, Copy)]
pub(in crate::tools) struct Options {
    pub(in crate::tools) allow_downgrade: bool,
    pub(in crate::tools) allow_change_held: bool,
    pub(in crate::tools) allow_removals: bool,
    pub(in crate::tools) recommends: Option<bool>,
    pub(in crate::tools) conffiles: Conffiles,
    pub(in crate::tools) hold: Option<bool>,
    pub(in crate::tools) lock_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_downgrade: false,
            allow_change_held: false,
            allow_removals: false,
            recommends: None,
            conffiles: Conffiles::Keep,
            hold: None,
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
        for args in commands(requests, &found, self) {
            let args: Vec<&str> = SIMULATE.into_iter().chain(args.iter().map(|it| &**it)).collect();
            let ended = command::run(host, "apt-get", &args)?;
            if ended.exit_code != 0 {
                return Err(simulation::refusal(&ended));
            }
            change
                .steps
                .extend(simulation::steps(&String::from_utf8_lossy(&ended.stdout.bytes)));
        }
        refuse_removals(requests, self, &change.steps, &found)?;
        // What apt purges without removing it was gone already.
        let (gone, steps) = change
            .steps
            .into_iter()
            .partition(|it: &Step| it.before.is_none() && it.after.is_none());
        change.steps = steps;
        let gone = gone.into_iter().map(|it| it.name);
        let purged = requests
            .iter()
            .filter(|it| it.want == Want::Purged)
            .map(|it| it.package.name.clone());
        let has_conffiles = |name: &String| {
            found
                .get(name)
                .is_some_and(|it| it.is_leftover || it.is_installed)
        };
        change.purges = purged
            .chain(gone)
            .filter(has_conffiles)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if let Some(hold) = self.hold {
            let wanted = requests
                .iter()
                .filter(|it| matches!(it.want, Want::Present | Want::Latest));
            let differs = |name: &String| found.get(name).is_some_and(|it| it.is_held) != hold;
            let names = wanted.map(|it| it.package.name.clone()).filter(differs);
            change.holds = names.map(|name| (name, hold)).collect();
        }
        Ok(if change.is_empty() {
            Ok(versions(requests, |name| found.version(name)))
        } else {
            Err(change)
        })
    }

    fn act(
        &self,
        requests: &[Request],
        change: &PackagesChange,
        host: &Writer<'_>,
    ) -> Result<Packages, Failure> {
        locks::wait(host, &locks::DPKG, self.lock_timeout.0)?;
        let found = Database::read(host)?;
        if !(change.steps.is_empty() && change.purges.is_empty()) {
            for args in commands(requests, &found, self) {
                let args: Vec<&str> = args.iter().map(|it| &**it).collect();
                let ended = command::run(host, "apt-get", &args)?;
                if ended.exit_code != 0 {
                    return Err(simulation::refusal(&ended));
                }
            }
        }
        for (verb, hold) in [("hold", true), ("unhold", false)] {
            let names = change.holds.iter().filter(|it| it.1 == hold).map(|it| &*it.0);
            let args: Vec<&str> = std::iter::once(verb).chain(names).collect();
            if args.len() > 1 {
                let ended = command::run(host, "apt-mark", &args)?;
                if ended.exit_code != 0 {
                    return Err(ended.failure("apt-mark"));
                }
            }
        }
        let now = Database::read(host)?;
        for request in requests {
            let version = now.version(&request.package.name);
            verify("apt", request, version, |it| request.package.accepts(it))?;
        }
        Ok(versions(requests, |name| now.version(name)))
    }
}

/// The calls of apt-get for what is not as it is to be: one, or a second one for what is purged beside what is removed.
fn commands(requests: &[Request], found: &Database, options: &Options) -> Vec<Vec<String>> {
    let (mut install, mut purge) = (Vec::new(), Vec::new());
    for Request { package, want } in requests {
        let installed = found.version(&package.name);
        match want {
            Want::Present if installed.is_some_and(|it| package.accepts(it)) => {}
            Want::Present | Want::Latest => install.push(package.to_string()),
            Want::Absent if installed.is_some() => install.push(format!("{}-", package.name)),
            Want::Purged
                if found
                    .get(&package.name)
                    .is_some_and(|it| it.is_installed || it.is_leftover) =>
            {
                purge.push(package.name.clone());
            }
            Want::Absent | Want::Purged => {}
        }
    }
    let mut commands = Vec::new();
    for (verb, names) in [("install", install), ("purge", purge)] {
        if !names.is_empty() {
            let mut command = flags(options);
            command.extend([verb.to_owned(), "--".to_owned()]);
            command.extend(names);
            commands.push(command);
        }
    }
    commands
}

fn flags(options: &Options) -> Vec<String> {
    let mut flags: Vec<String> = ["-y", "-q", "-o", "Dpkg::Use-Pty=0", "-o"].map(Into::into).into();
    flags.push(format!(
        "DPkg::Lock::Timeout={}",
        options.lock_timeout.0.as_secs()
    ));
    let policy: &[&str] = match options.conffiles {
        Conffiles::Keep => &["--force-confdef", "--force-confold"],
        // Where both have changed a file, what is there is dpkg's default.
        Conffiles::Replace => &["--force-confnew"],
    };
    for option in policy {
        flags.extend(["-o".to_owned(), format!("Dpkg::Options::={option}")]);
    }
    let switches = [
        (options.allow_downgrade, "--allow-downgrades"),
        (options.allow_change_held, "--allow-change-held-packages"),
        (options.recommends == Some(true), "--install-recommends"),
        (options.recommends == Some(false), "--no-install-recommends"),
    ];
    flags.extend(switches.iter().filter(|it| it.0).map(|it| it.1.to_owned()));
    flags
}

/// A package that nobody asked to remove is not removed in passing.
fn refuse_removals(
    requests: &[Request],
    options: &Options,
    steps: &[Step],
    found: &Database,
) -> Result<(), Failure> {
    let is_asked = |step: &Step| {
        requests.iter().any(|it| {
            matches!(it.want, Want::Absent | Want::Purged) && found.plain(&it.package.name) == step.name
        })
    };
    let others: Vec<&str> = steps
        .iter()
        .filter(|step| step.after.is_none() && !is_asked(step))
        .map(|step| &*step.name)
        .collect();
    if others.is_empty() || options.allow_removals {
        return Ok(());
    }
    let message = format!(
        "apt would remove {}, too, which was not asked for (`allow_removals: true` lets it)",
        others.join(", ")
    );
    Err(Failure::new(Kind::Conflict, message))
}
