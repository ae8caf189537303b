//! Reads the databases of the repositories anew.

use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Duration, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Program, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, Tool};
use crate::tools::pacman::package::five_minutes;
use crate::tools::pacman::transaction::{refusal, wait_for_lock};

const SYNC: &str = "/var/lib/pacman/sync";

/// `pacman.update`.
#[derive(Debug)]
pub(crate) struct Update;

/// Reads the databases of the repositories anew: always, or with `ttl` only where they are older than that. What is installed
/// is not upgraded; `pacman.package` with `state: latest` does that.
///
/// Check mode: says whether they would be read.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Databases that are younger are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<Duration>,
    /// How long to wait while others work on packages.
    #[serde(default = "five_minutes")]
    lock_timeout: Duration,
}

/// The databases.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// How old they are, in seconds.
    age: u64,
}

/// Databases that are to be read anew.
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
    const NAME: &'static str = "pacman.update";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("ttl");
    const EXAMPLE: &'static str = "pacman.update: { ttl: 1h }";

    type Args = Args;
    type Change = Refresh;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        if host
            .metadata(Path::new("/var/lib/pacman"), Follow::Yes)?
            .is_none()
        {
            let message = "this host has no pacman: `/var/lib/pacman` does not exist";
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let changed = host
            .metadata(Path::new(SYNC), Follow::Yes)?
            .and_then(|it| it.modified().ok());
        let age = changed.map(|it| SystemTime::now().duration_since(it).unwrap_or_default());
        Ok(match (args.ttl, age) {
            (Some(ttl), Some(age)) if age < ttl.0 => Finding::Settled(Output { age: age.as_secs() }),
            _ => Finding::Pending(Refresh),
        })
    }

    fn apply(args: &Args, _: Refresh, host: &Writer<'_>) -> Result<Output, Failure> {
        wait_for_lock(host, args.lock_timeout)?;
        let words = Argv(["pacman", "-Sy", "--noconfirm"].map(Text::from).into());
        let ended = host.run(&Program::of(&words))?;
        if ended.exit_code != 0 {
            return Err(refusal(&ended));
        }
        // Where nothing was new, pacman leaves no trace of having asked.
        host.touch(Path::new(SYNC))?;
        Ok(Output { age: 0 })
    }
}
