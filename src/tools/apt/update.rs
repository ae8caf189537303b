//! Reads the lists of the repositories again.

use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::apt::{command, locks, simulation};
use crate::tools::packages::{Lists, Refresh, due_for_root, five_minutes, picture};

const LISTS: &str = "/var/lib/apt/lists";
/// Where Debian's own timers note a success.
const STAMP: &str = "/var/lib/apt/periodic/update-success-stamp";

/// `apt.update`.
#[derive(Debug)]
pub(crate) struct Update;

/// Reads the lists of the repositories again: always, or with `ttl` only where they are older than that. Their age is their
/// own, so that updates which others made count. A repository that cannot be read, or whose signature is not good, is a
/// failure, and its old lists stay. It is `changed` where something in them is new.
///
/// Check mode: says whether they would be read.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Lists that are younger are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<Duration>,
    /// How long to wait while others read them.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

impl Update {
    /// The arguments by which lists are read again that are older than that.
    pub(in crate::tools) const fn every(ttl: Option<Duration>) -> Args {
        Args {
            ttl,
            lock_timeout: five_minutes(),
        }
    }
}

impl Tool for Update {
    const NAME: &'static str = "apt.update";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("ttl");
    const EXAMPLE: &'static str = "apt.update: { ttl: 1h }";

    const FORESEES: bool = false;
    const KNOWS_LATE: bool = true;

    type Args = Args;
    type Change = Refresh;
    type Output = Lists;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::LISTS
    }

    fn is_changed(lists: &Lists) -> bool {
        lists.is_new
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        if host.metadata(Path::new(LISTS), Follow::Yes)?.is_none() {
            let message = format!("this host has no apt: `{LISTS}` does not exist");
            return Err(Failure::new(Kind::Unsupported, message));
        }
        due_for_root(args.ttl, last_read(host)?, host)
    }

    fn apply(args: &Args, _: Refresh, host: &Writer<'_>) -> Result<Lists, Failure> {
        locks::wait(host, &locks::LISTS, args.lock_timeout.0)?;
        let before = picture(host, Path::new(LISTS), is_release)?;
        refresh(host, &[])?;
        // Where nothing was new, apt leaves no trace of having asked.
        host.touch(Path::new(LISTS))?;
        Ok(Lists::read(
            picture(host, Path::new(LISTS), is_release)? != before,
        ))
    }
}

/// Reads lists again; `options` may restrict it to some.
pub(in crate::tools) fn refresh(host: &Writer<'_>, options: &[&str]) -> Result<(), Failure> {
    let strict = ["-q", "-o", "APT::Update::Error-Mode=any"];
    let args: Vec<&str> = strict.iter().chain(options).copied().chain(["update"]).collect();
    let ended = command::act(host, "apt-get", &args)?;
    if ended.exit_code != 0 {
        return Err(simulation::refusal(&ended));
    }
    // Versions of apt that do not know the mode above say so in a warning, and end well.
    let stderr = String::from_utf8_lossy(&ended.stderr.bytes);
    match stderr.lines().find(|it| it.starts_with("W: ") && is_failure(it)) {
        None => Ok(()),
        Some(line) => Err(Failure::new(
            Kind::CommandFailed,
            format!("apt could not read all lists: {line}"),
        )),
    }
}

fn is_failure(line: &str) -> bool {
    // A repository that is trusted without a signature may warn of that.
    [
        "Failed to fetch",
        "Some index files failed",
        "previous index files will be used",
    ]
    .iter()
    .any(|it| line.contains(it))
}

/// Lists begin with the file that names and signs all others.
fn is_release(name: &str) -> bool {
    name.ends_with("Release")
}

/// When the lists were last read; nothing where there are none.
fn last_read(host: &Reader<'_>) -> Result<Option<SystemTime>, Failure> {
    let mut newest = None;
    for path in [LISTS, STAMP] {
        let time = host
            .metadata(Path::new(path), Follow::Yes)?
            .map(|it| it.modified());
        newest = newest.max(time);
    }
    let names = host.names_in(Path::new(LISTS))?;
    let has_lists = names.iter().any(|it| it.to_str().is_some_and(is_release));
    Ok(newest.filter(|_| has_lists))
}
