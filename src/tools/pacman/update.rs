//! Reads the databases of the repositories again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Duration, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Program, Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::packages::{Lists, Refresh, due_for_root, five_minutes, picture};
use crate::tools::pacman::transaction::{refusal, wait_for_lock};

const SYNC: &str = "/var/lib/pacman/sync";

/// `pacman.update`.
#[derive(Debug)]
pub(crate) struct Update;

/// Reads the databases of the repositories again: always, or with `ttl` only where they are older than that. What is installed
/// is not upgraded; `pacman.package` with `state: latest` does that. It is `changed` where something in them is
/// new.
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
    const NAME: &'static str = "pacman.update";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("ttl");
    const EXAMPLE: &'static str = "pacman.update: { ttl: 1h }";

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
        if host
            .metadata(Path::new("/var/lib/pacman"), Follow::Yes)?
            .is_none()
        {
            let message = "this host has no pacman: `/var/lib/pacman` does not exist";
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let read = host
            .metadata(Path::new(SYNC), Follow::Yes)?
            .map(|it| it.modified());
        due_for_root(args.ttl, read, host)
    }

    fn apply(args: &Args, _: Refresh, host: &Writer<'_>) -> Result<Lists, Failure> {
        wait_for_lock(host, args.lock_timeout)?;
        let before = picture(host, Path::new(SYNC), is_database)?;
        let words = Argv(["pacman", "-Sy", "--noconfirm"].map(Text::from).into());
        let ended = host.act(&Program::of(&words))?;
        if ended.exit_code != 0 {
            return Err(refusal(&ended));
        }
        // Where nothing was new, pacman leaves no trace of having asked.
        host.touch(Path::new(SYNC))?;
        Ok(Lists::read(
            picture(host, Path::new(SYNC), is_database)? != before,
        ))
    }
}

fn is_database(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it == "db")
}
