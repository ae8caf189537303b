//! Reads the lists of the repositories again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::apk::command::{act, refusal};
use crate::tools::packages::{Lists, Refresh, due_for_root, five_minutes, picture};

/// The lists, unless `/etc/apk/cache` leads elsewhere.
const CACHES: [&str; 2] = ["/etc/apk/cache", "/var/cache/apk"];

/// `apk.update`.
#[derive(Debug)]
pub(crate) struct Update;

/// Reads the lists of the repositories again: always, or with `ttl` only where they are older than that. What is installed
/// is not upgraded. A repository that cannot be read, or whose signature is not good, is a failure. It is `changed` where
/// something in them is new.
///
/// Check mode: says whether they would be read.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Lists that are younger are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<Duration>,
    /// How long to wait while others work on packages, in whole seconds.
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
    const NAME: &'static str = "apk.update";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("ttl");
    const EXAMPLE: &'static str = "apk.update: { ttl: 1h }";

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
        if host.metadata(Path::new("/etc/apk"), Follow::Yes)?.is_none() {
            let message = "this host has no apk: `/etc/apk` does not exist";
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let cache = cache(host)?;
        let has_lists = !picture(host, cache, is_list)?.is_empty();
        let read = host.metadata(cache, Follow::Yes)?.map(|it| it.modified());
        due_for_root(args.ttl, read.filter(|_| has_lists), host)
    }

    fn apply(args: &Args, _: Refresh, host: &Writer<'_>) -> Result<Lists, Failure> {
        let cache = cache(host)?;
        let before = picture(host, cache, is_list)?;
        // Some versions of `apk update` leave lists alone that are younger than four hours, unless they are told twice.
        let wait = args.lock_timeout.0.as_secs().to_string();
        let ended = act(host, &["--wait", &wait, "--update-cache", "update"])?;
        if ended.exit_code != 0 {
            return Err(refusal(&ended));
        }
        // Where nothing was new, apk leaves no trace of having asked; lists of local directories are not kept.
        let after = picture(host, cache, is_list)?;
        if !after.is_empty() {
            host.touch(cache)?;
        }
        Ok(Lists::read(after != before))
    }
}

/// The directory of the lists.
fn cache(host: &Reader<'_>) -> Result<&'static Path, Failure> {
    let own = Path::new(CACHES[0]);
    let is_there = host.metadata(own, Follow::Yes)?.is_some();
    Ok(if is_there { own } else { Path::new(CACHES[1]) })
}

fn is_list(name: &str) -> bool {
    name.starts_with("APKINDEX.")
}
