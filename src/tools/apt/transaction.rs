//! One transaction for any number of packages: planned from what is installed and what apt says, then made.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tools::apt::command;
use crate::tools::apt::dpkg::{Database, Known, Standing, files};
use crate::tools::apt::{locks, policy, simulation};
use crate::tools::packages::{
    Manager, Packages, PackagesChange, Request, Step, Want, five_minutes, verify, versions,
};
use crate::tools::said;

/// Whose configuration file stays where both the package and the host have changed it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::tools) enum Conffiles {
    /// The host's; the package's is next to it as `NAME.dpkg-dist`.
    #[default]
    Keep,
    /// The package's; the host's is next to it as `NAME.dpkg-old`.
    Replace,
}

impl Conffiles {
    /// What dpkg is told, so that it does not ask.
    const fn policy(self) -> &'static [&'static str] {
        match self {
            Self::Keep => &["--force-confdef", "--force-confold"],
            // Where both have changed a file, what is there is dpkg's default.
            Self::Replace => &["--force-confnew"],
        }
    }
}

/// A simulation keeps its caches to itself: whoever only looks writes nothing.
pub(super) const SIMULATE: [&str; 7] = [
    "-s",
    "-o",
    "Dir::Cache::pkgcache=",
    "-o",
    "Dir::Cache::srcpkgcache=",
    "-o",
    "Dir::Log::Planner=/dev/null",
];

/// How a transaction may be made.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an argument of the tool")]
pub(in crate::tools) struct Options {
    pub(in crate::tools) allow_downgrade: bool,
    pub(in crate::tools) allow_change_held: bool,
    pub(in crate::tools) allow_removals: bool,
    pub(in crate::tools) recommends: Option<bool>,
    pub(in crate::tools) conffiles: Conffiles,
    pub(in crate::tools) hold: Option<bool>,
    pub(in crate::tools) lock_timeout: Duration,
    /// The release from which packages are taken first.
    pub(in crate::tools) release: Option<String>,
    /// Packages that are not installed stay so.
    pub(in crate::tools) only_upgrade: bool,
    /// Repositories without a good signature are taken from.
    pub(in crate::tools) allow_unauthenticated: bool,
    /// Whether services of new packages are started.
    pub(in crate::tools) start_services: bool,
    /// Files of packages by the names of the packages in them.
    pub(in crate::tools) files: BTreeMap<String, String>,
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
            release: None,
            only_upgrade: false,
            allow_unauthenticated: false,
            start_services: true,
            files: BTreeMap::new(),
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
            let ended = command::ask(host, "apt-get", &args)?;
            if ended.exit_code != 0 {
                return Err(simulation::refusal(&ended));
            }
            change
                .steps
                .extend(simulation::steps(&String::from_utf8_lossy(&ended.stdout.bytes)));
        }
        refuse_removals(requests, self, &change.steps, &found)?;
        if change.steps.is_empty() && !self.only_upgrade {
            requests.iter().try_for_each(|it| refuse_missing(it, &found))?;
        }
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
        let has_conffiles =
            |name: &String| found.is(name, Standing::Leftover) || found.is(name, Standing::Installed);
        change.purges = purged
            .chain(gone)
            .filter(has_conffiles)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let wanted = || {
            let wanted = requests
                .iter()
                .filter(|it| matches!(it.want, Want::Present | Want::Latest));
            wanted.map(|it| it.package.name.clone())
        };
        if let Some(hold) = self.hold {
            let differs = |name: &String| found.get(name).is_some_and(|it| it.is_held) != hold;
            change.holds = wanted().filter(differs).map(|name| (name, hold)).collect();
        }
        let is_named = |name: &String| found.version(name).is_some() && found.is_automatic(name);
        change.wanted = wanted().filter(is_named).collect();
        let all = requests.iter().map(|it| it.package.name.clone());
        change.repairs = all.filter(|name| found.is_torn(name)).collect();
        Ok(if change.is_empty() {
            Ok(versions(requests, |name| found.version(name)))
        } else {
            change.check_root(host)?;
            if !self.start_services {
                policy::check(host)?;
            }
            Err(change)
        })
    }

    fn files(&self, name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure> {
        files(name, host)
    }

    fn act(
        &self,
        requests: &[Request],
        change: &PackagesChange,
        host: &Writer<'_>,
    ) -> Result<Packages, Failure> {
        locks::wait(host, &locks::DPKG, self.lock_timeout.0)?;
        let found = Database::read(host)?;
        if !(change.steps.is_empty() && change.purges.is_empty() && change.repairs.is_empty()) {
            let transact = || self.transact(requests, &found, host);
            let done = if self.start_services {
                transact()
            } else {
                policy::without_services(host, transact)
            };
            // apt takes the hold away from what it changes, also where it does not come to its end.
            let kept = self.hold_again(requests, &found, host);
            done.and(kept)?;
        }
        let marks = |hold: bool| {
            let names = change.holds.iter().filter(move |it| it.1 == hold);
            names.map(|it| &*it.0).collect()
        };
        mark(host, "hold", &marks(true))?;
        mark(host, "unhold", &marks(false))?;
        mark(host, "manual", &change.wanted.iter().map(|it| &**it).collect())?;
        self.verify(requests, &Database::read(host)?)
    }
}

impl Options {
    fn transact(&self, requests: &[Request], found: &Database, host: &Writer<'_>) -> Result<(), Failure> {
        configure(self, found, host)?;
        for args in commands(requests, &Database::read(host)?, self) {
            let args: Vec<&str> = args.iter().map(|it| &**it).collect();
            let ended = command::act(host, "apt-get", &args)?;
            if ended.exit_code != 0 {
                return Err(simulation::refusal(&ended));
            }
        }
        Ok(())
    }

    /// Holds again what was on hold, but for what is to be on hold no more.
    fn hold_again(&self, requests: &[Request], before: &Database, host: &Writer<'_>) -> Result<(), Failure> {
        let now = Database::read(host)?;
        let is_freed = |name: &str| {
            self.hold == Some(false) && requests.iter().any(|it| before.plain(&it.package.name) == name)
        };
        let is_lost = |name: &&str| {
            let is_there =
                |it: &Known| !it.is_held && matches!(it.standing, Standing::Installed | Standing::Torn);
            now.get(name).is_some_and(is_there) && !is_freed(name)
        };
        mark(host, "hold", &before.held().filter(is_lost).collect())
    }

    /// Holds what is there now against what was asked for.
    fn verify(&self, requests: &[Request], now: &Database) -> Result<Packages, Failure> {
        let failed = |message: String| Err(Failure::new(Kind::CommandFailed, message));
        for request in requests {
            let name = &request.package.name;
            verify("apt", request, now.version(name), |it| {
                request.package.accepts(it)
            })?;
            if !self.only_upgrade {
                refuse_missing(request, now)?;
            }
            if now.is_torn(name) {
                return failed(format!(
                    "apt ended well, but `{name}` was left half-way; `dpkg --audit` on the host says more"
                ));
            }
            let is_wanted = matches!(request.want, Want::Present | Want::Latest);
            if let Some(known) = now
                .get(name)
                .filter(|it| is_wanted && it.standing == Standing::Installed)
            {
                if self.hold.is_some_and(|hold| hold != known.is_held) {
                    return failed(format!("apt ended well, but the hold of `{name}` is what it was"));
                }
                if now.is_automatic(name) {
                    return failed(format!(
                        "apt ended well, but `{name}` is there only because others need it"
                    ));
                }
            }
        }
        Ok(versions(requests, |name| now.version(name)))
    }
}

/// Gives packages a mark.
/// Brings to an end what dpkg had to leave when it was interrupted.
pub(super) fn configure(options: &Options, found: &Database, host: &Writer<'_>) -> Result<(), Failure> {
    if !found.is_interrupted {
        return Ok(());
    }
    // Until this was done, apt does nothing at all.
    let policy = options.conffiles.policy();
    let args: Vec<&str> = policy.iter().copied().chain(["--configure", "-a"]).collect();
    let ended = command::act(host, "dpkg", &args)?;
    if ended.exit_code == 0 {
        Ok(())
    } else {
        Err(simulation::dpkg_refusal(&ended))
    }
}

fn mark(host: &Writer<'_>, verb: &str, names: &Vec<&str>) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    let args: Vec<&str> = std::iter::once(verb).chain(names.iter().copied()).collect();
    let ended = command::act(host, "apt-mark", &args)?;
    if ended.exit_code == 0 {
        Ok(())
    } else {
        Err(said::failure(&ended, "apt-mark"))
    }
}

/// The calls of apt-get for what is not as it is to be: one, or a second one for what is purged next to what is removed.
fn commands(requests: &[Request], found: &Database, options: &Options) -> Vec<Vec<String>> {
    let (mut install, mut purge) = (Vec::new(), Vec::new());
    for Request { package, want } in requests {
        let installed = found.version(&package.name);
        let is_torn = found.is_torn(&package.name);
        match want {
            Want::Present if installed.is_some_and(|it| package.accepts(it)) => {}
            Want::Present | Want::Latest if options.only_upgrade && installed.is_none() && !is_torn => {}
            Want::Present | Want::Latest => {
                let file = options.files.get(&package.name).cloned();
                install.push(file.unwrap_or_else(|| package.to_string()));
            }
            Want::Absent if installed.is_some() || is_torn => install.push(format!("{}-", package.name)),
            Want::Purged
                if found
                    .get(&package.name)
                    .is_some_and(|it| it.standing != Standing::Gone) =>
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

pub(super) fn flags(options: &Options) -> Vec<String> {
    let mut flags: Vec<String> = ["-y", "-q", "-o", "Dpkg::Use-Pty=0", "-o"].map(Into::into).into();
    flags.push(format!(
        "DPkg::Lock::Timeout={}",
        options.lock_timeout.0.as_secs()
    ));
    for option in options.conffiles.policy() {
        flags.extend(["-o".to_owned(), format!("Dpkg::Options::={option}")]);
    }
    let switches = [
        (options.allow_downgrade, "--allow-downgrades"),
        (options.allow_change_held, "--allow-change-held-packages"),
        (options.allow_unauthenticated, "--allow-unauthenticated"),
        (options.recommends == Some(true), "--install-recommends"),
        (options.recommends == Some(false), "--no-install-recommends"),
    ];
    flags.extend(switches.iter().filter(|it| it.0).map(|it| it.1.to_owned()));
    if let Some(release) = &options.release {
        flags.push(format!("--target-release={release}"));
    }
    flags
}

/// That apt says that there is nothing to be done does not mean that a package is there.
fn refuse_missing(request: &Request, found: &Database) -> Result<(), Failure> {
    let name = &request.package.name;
    let is_wanted = matches!(request.want, Want::Present | Want::Latest);
    let is_there = match found.version(name) {
        Some(version) => request.package.accepts(version),
        None => found.is_torn(name) || found.is_provided(name),
    };
    if !is_wanted || is_there {
        return Ok(());
    }
    let message = format!("apt ended well, but `{}` is not installed", request.package);
    Err(Failure::new(Kind::CommandFailed, message))
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
