//! Reads the lists of the repositories anew.

use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, Tool};
use crate::tools::apt::package::five_minutes;
use crate::tools::apt::{command, locks, simulation};

const LISTS: &str = "/var/lib/apt/lists";
/// Where Debian's own timers note a success.
const STAMP: &str = "/var/lib/apt/periodic/update-success-stamp";

/// `apt.update`.
#[derive(Debug)]
pub(crate) struct Update;

/// Reads the lists of the repositories anew: always, or with `ttl` only where they are older than that. Their age is their
/// own, so that updates which others made count. A repository that cannot be read, or whose signature is not good, is a
/// failure, and its old lists stay.
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

/// The lists.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// How old they are, in seconds.
    age: u64,
}

/// Lists that are to be read anew.
#[derive(Debug)]
pub(crate) struct Refresh;

impl Describe for Refresh {
    fn diff(&self) -> Vec<Diff> {
        vec![Diff::of_property(
            "lists of packages",
            "age",
            Some("too old"),
            Some("0s"),
        )]
    }
}

impl Tool for Update {
    const NAME: &'static str = "apt.update";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("ttl");
    const EXAMPLE: &'static str = "apt.update: { ttl: 1h }";

    type Args = Args;
    type Change = Refresh;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        if host.metadata(Path::new(LISTS), Follow::Yes)?.is_none() {
            let message = format!("this host has no apt: `{LISTS}` does not exist");
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let age = age(host)?;
        Ok(match (args.ttl, age) {
            (Some(ttl), Some(age)) if age < ttl.0 => Finding::Settled(Output { age: age.as_secs() }),
            _ => Finding::Pending(Refresh),
        })
    }

    fn apply(args: &Args, _: Refresh, host: &Writer<'_>) -> Result<Output, Failure> {
        locks::wait(host, &locks::LISTS, args.lock_timeout.0)?;
        refresh(host, &[])?;
        // Where nothing was new, apt leaves no trace of having asked.
        host.touch(Path::new(LISTS))?;
        Ok(Output { age: 0 })
    }
}

/// Reads lists anew; `options` may restrict it to some.
pub(in crate::tools) fn refresh(host: &Writer<'_>, options: &[&str]) -> Result<(), Failure> {
    let strict = ["-q", "-o", "APT::Update::Error-Mode=any"];
    let args: Vec<&str> = strict.iter().chain(options).copied().chain(["update"]).collect();
    let ended = command::run(host, "apt-get", &args)?;
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

/// How old the lists are; nothing where there are none.
fn age(host: &Reader<'_>) -> Result<Option<std::time::Duration>, Failure> {
    let mut newest = None;
    for path in [LISTS, STAMP] {
        let time = host
            .metadata(Path::new(path), Follow::Yes)?
            .and_then(|it| it.modified().ok());
        newest = newest.max(time);
    }
    let has_lists = std::fs::read_dir(LISTS).is_ok_and(|mut entries| {
        entries.any(|it| it.is_ok_and(|it| it.file_name().to_string_lossy().ends_with("Release")))
    });
    let age = |time| SystemTime::now().duration_since(time).unwrap_or_default();
    Ok(newest.filter(|_| has_lists).map(age))
}
