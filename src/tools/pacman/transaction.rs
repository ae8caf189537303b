//! One transaction for any number of packages: planned from what is installed and what pacman says, then made.

use std::path::Path;

use crate::argument::{Argv, Duration, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Follow, Level, Program, Reader, Writer};
use crate::tools::packages::{
    Manager, Packages, PackagesChange, Request, Spec, Step, Want, five_minutes, verify, versions,
};
use crate::tools::pacman::local::Installed;
use crate::tools::said;

const LOCK: &str = "/var/lib/pacman/db.lck";

/// How a transaction may be made.
#[derive(Debug, Clone, Copy)]
pub(in crate::tools) struct Options {
    pub(in crate::tools) allow_partial_upgrade: bool,
    pub(in crate::tools) allow_removals: bool,
    pub(in crate::tools) lock_timeout: Duration,
}

/// Versions are not for pacman, which only knows the newest one.
///
/// # Errors
/// For the first package with a version.
pub(in crate::tools) fn refuse_versions<'a>(
    packages: impl IntoIterator<Item = &'a Spec>,
) -> Result<(), (&'static str, String)> {
    match packages.into_iter().find(|it| it.version.is_some()) {
        None => Ok(()),
        Some(package) => {
            let message = format!("`{package}` names a version, and pacman installs only the newest one");
            Err(("name", message))
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_partial_upgrade: false,
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
        let installed = Installed::read(host)?;
        let mut change = PackagesChange::default();
        for mut command in commands(requests, &installed, self, host)? {
            let removes = command[1].starts_with("-R");
            // Together with a question about files pacman prints nothing.
            command[1] = command[1].replace('n', "") + "p";
            command.retain(|it| it != "--noconfirm");
            command.splice(2..2, ["--print-format", "%n=%v"].map(str::to_owned));
            let ended = ask(host, &command)?;
            if ended.exit_code != 0 {
                return Err(refusal(&ended));
            }
            for line in String::from_utf8_lossy(&ended.stdout.bytes).lines() {
                let Some((name, version)) = line.split_once('=') else {
                    continue;
                };
                let before = installed.version(name, host).map(str::to_owned);
                let after = (!removes).then(|| version.to_owned());
                if before != after {
                    change.steps.push(Step {
                        name: name.to_owned(),
                        before,
                        after,
                    });
                }
            }
        }
        refuse_partial_upgrade(requests, self, &change.steps)?;
        let purged = requests.iter().filter(|it| it.want == Want::Purged);
        let purged = purged.filter(|it| installed.version(&it.package.name, host).is_some());
        change.purges = purged.map(|it| it.package.name.clone()).collect();
        let wanted = requests
            .iter()
            .filter(|it| matches!(it.want, Want::Present | Want::Latest));
        let names = wanted.map(|it| it.package.name.clone());
        change.wanted = names
            .filter(|name| installed.version(name, host).is_some() && installed.is_automatic(name, host))
            .collect();
        Ok(if change.is_empty() {
            Ok(versions(requests, |name| installed.version(name, host)))
        } else {
            change.check_root(host)?;
            Err(change)
        })
    }

    fn files(&self, name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure> {
        let ended = ask(host, &["pacman", "-Qlq", "--", name].map(str::to_owned))?;
        let text = String::from_utf8_lossy(&ended.stdout.bytes);
        let files = text.lines().filter(|it| !it.ends_with('/'));
        Ok(files.map(str::to_owned).collect())
    }

    fn act(
        &self,
        requests: &[Request],
        change: &PackagesChange,
        host: &Writer<'_>,
    ) -> Result<Packages, Failure> {
        wait_for_lock(host, self.lock_timeout)?;
        let mut commands = commands(requests, &Installed::read(host)?, self, host)?;
        if !change.wanted.is_empty() {
            // What goes meanwhile is not asked for.
            let mut command = ["pacman", "-D", "--asexplicit", "--"].map(str::to_owned).to_vec();
            command.extend(change.wanted.iter().cloned());
            commands.insert(0, command);
        }
        for command in commands {
            let ended = act(host, &command)?;
            if ended.exit_code != 0 {
                return Err(refusal(&ended));
            }
            let said = String::from_utf8_lossy(&ended.stderr.bytes).into_owned();
            if said.contains("command failed to execute correctly") {
                // pacman takes the package for installed all the same.
                host.link()
                    .warn(format!("a script of a package has failed: {}", said.trim()));
            }
        }
        let now = Installed::read(host)?;
        for request in requests {
            let name = &request.package.name;
            // A name that no package has may be that of a group, or of what others provide.
            verify("pacman", request, now.version(name, host), |_| true)?;
        }
        Ok(versions(requests, |name| now.version(name, host)))
    }
}

/// The calls of pacman for what is not as it is to be.
fn commands(
    requests: &[Request],
    installed: &Installed,
    options: &Options,
    host: &Reader<'_>,
) -> Result<Vec<Vec<String>>, Failure> {
    let (mut install, mut remove, mut purge) = (Vec::new(), Vec::new(), Vec::new());
    let mut upgrades = false;
    for Request { package, want } in requests {
        let name = package.name.clone();
        let is_there = installed.version(&name, host).is_some();
        match want {
            Want::Present if is_there => {}
            Want::Present => {
                let members = group(host, &name)?;
                if members.is_empty() {
                    install.push(name);
                } else {
                    install.extend(
                        members
                            .into_iter()
                            .filter(|it| installed.version(it, host).is_none()),
                    );
                }
            }
            Want::Latest => {
                upgrades = true;
                install.push(name);
            }
            Want::Absent if is_there => remove.push(name),
            Want::Purged if is_there => purge.push(name),
            Want::Absent | Want::Purged => {}
        }
    }
    let sync = if upgrades && !options.allow_partial_upgrade {
        "-Su"
    } else {
        "-S"
    };
    let (plain, nosave) = if options.allow_removals {
        ("-Rc", "-Rcn")
    } else {
        ("-R", "-Rn")
    };
    let mut commands = Vec::new();
    for (verb, needed, names) in [
        (sync, true, install),
        (plain, false, remove),
        (nosave, false, purge),
    ] {
        if names.is_empty() {
            continue;
        }
        let mut command: Vec<String> = ["pacman", verb, "--noconfirm"].map(str::to_owned).into();
        if needed {
            command.push("--needed".to_owned());
        }
        command.push("--".to_owned());
        command.extend(names);
        commands.push(command);
    }
    Ok(commands)
}

/// The packages of a group; none where there is no such group.
fn group(host: &Reader<'_>, name: &str) -> Result<Vec<String>, Failure> {
    let ended = ask(host, &["pacman", "-Sgq", "--", name].map(str::to_owned))?;
    let output = String::from_utf8_lossy(&ended.stdout.bytes);
    Ok(output.lines().map(str::to_owned).collect())
}

/// What is installed is not upgraded in passing, without all else: libraries would no longer fit.
fn refuse_partial_upgrade(requests: &[Request], options: &Options, steps: &[Step]) -> Result<(), Failure> {
    let upgrades_all = requests.iter().any(|it| it.want == Want::Latest);
    let upgraded = steps
        .iter()
        .filter(|it| it.before.is_some() && it.after.is_some());
    let names: Vec<&str> = upgraded.map(|it| &*it.name).collect();
    if names.is_empty() || upgrades_all || options.allow_partial_upgrade {
        return Ok(());
    }
    let message = format!(
        "pacman would upgrade {} alone, and partial upgrades break what else is installed; `state: latest` upgrades everything",
        names.join(", ")
    );
    Err(Failure::new(Kind::Conflict, message))
}

pub(super) fn wait_for_lock(host: &Reader<'_>, limit: Duration) -> Result<(), Failure> {
    let start = std::time::Instant::now();
    let mut is_said = false;
    while host.metadata(Path::new(LOCK), Follow::No)?.is_some() {
        if start.elapsed() >= limit.0 {
            let message = format!(
                "`{LOCK}` was there for {limit}: another pacman runs, or one was killed and it must be removed by hand"
            );
            return Err(Failure::new(Kind::Timeout, message));
        }
        if !is_said {
            host.link().log(
                Level::Info,
                &format!("waiting for another pacman, which holds `{LOCK}`"),
            );
            is_said = true;
        }
        host.link()
            .cancel()
            .sleep(std::time::Duration::from_millis(100))?;
    }
    Ok(())
}

/// Why pacman refused, in its own words, with what can be done about it.
pub(super) fn refusal(ended: &Ended) -> Failure {
    let stderr = String::from_utf8_lossy(&ended.stderr.bytes);
    let stdout = String::from_utf8_lossy(&ended.stdout.bytes);
    let lines = stderr.lines().chain(stdout.lines());
    let errors: Vec<&str> = lines
        .filter_map(|it| it.strip_prefix("error: ").or_else(|| it.strip_prefix(":: ")))
        .take(8)
        .collect();
    if errors.is_empty() {
        return said::failure(ended, "pacman");
    }
    let message = errors.join("; ");
    let says = |text: &str| message.contains(text);
    let (kind, help) = if says("target not found") {
        (Kind::NotFound, "")
    } else if says("breaks dependency") && says("removing") {
        (
            Kind::Conflict,
            " (`allow_removals: true` removes what needs it, too)",
        )
    } else if says("could not satisfy dependencies") || says("conflicting") || says("lock database") {
        (Kind::Conflict, "")
    } else if says("you cannot perform this operation unless you are root") {
        (Kind::PermissionDenied, "")
    } else {
        (Kind::CommandFailed, "")
    };
    Failure {
        kind,
        message: format!("pacman refuses: {message}{help}"),
        ..ended.failure("pacman")
    }
}

fn argv(words: &[String]) -> Argv {
    Argv(words.iter().map(|it| Text::from(&**it)).collect())
}

pub(super) fn ask(host: &Reader<'_>, words: &[String]) -> Result<Ended, Failure> {
    host.ask(&Program::of(&argv(words)), &[About::Domain(Domain::Packages)])
}

pub(super) fn act(host: &Writer<'_>, words: &[String]) -> Result<Ended, Failure> {
    host.act(&Program::of(&argv(words)))
}
