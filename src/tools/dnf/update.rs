//! Reads the lists of the repositories again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::argument::Duration;
use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::dnf::command::{act, refusal};
use crate::tools::packages::{Lists, Refresh, due, picture};

/// Where dnf 5 and dnf 4 keep them.
const CACHES: [&str; 2] = ["/var/cache/libdnf5", "/var/cache/dnf"];

/// `dnf.update`.
#[derive(Debug)]
pub(crate) struct Update;

/// Reads the lists of the repositories again: always, or with `ttl` only where they are older than that. What is installed
/// is not upgraded. A repository that cannot be read is a failure. It is `changed` where something in them is new.
///
/// Check mode: says whether they would be read.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Lists that are younger are left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<Duration>,
}

impl Update {
    /// The arguments by which lists are read again that are older than that.
    pub(in crate::tools) const fn every(ttl: Option<Duration>) -> Args {
        Args { ttl }
    }
}

impl Tool for Update {
    const NAME: &'static str = "dnf.update";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("ttl");
    const EXAMPLE: &'static str = "dnf.update: { ttl: 1h }";

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
        if host.metadata(Path::new("/usr/bin/dnf"), Follow::Yes)?.is_none() {
            let message = "this host has no dnf: `/usr/bin/dnf` does not exist";
            return Err(Failure::new(Kind::Unsupported, message));
        }
        Ok(due(args.ttl, last_read(host)?))
    }

    fn apply(_: &Args, _: Refresh, host: &Writer<'_>) -> Result<Lists, Failure> {
        let before = lists(host)?;
        let strict = "--setopt=*.skip_if_unavailable=False";
        let ended = act(host, &["dnf", "-y", "--refresh", strict, "makecache"])?;
        if ended.exit_code != 0 {
            return Err(refusal(&ended));
        }
        Ok(Lists::read(lists(host)? != before))
    }
}

/// The lists of what packages there are.
fn lists(host: &Reader<'_>) -> Result<BTreeMap<PathBuf, Hash>, Failure> {
    let mut lists = BTreeMap::new();
    for cache in CACHES {
        lists.append(&mut picture(host, Path::new(cache), |name| {
            name.contains("-primary.xml")
        })?);
    }
    Ok(lists)
}

/// When the lists were last read: dnf touches them then, new or not.
fn last_read(host: &Reader<'_>) -> Result<Option<SystemTime>, Failure> {
    let mut newest = None;
    for path in lists(host)?.keys() {
        let read = host.metadata(path, Follow::Yes)?.map(|it| it.modified());
        newest = newest.max(read);
    }
    Ok(newest)
}
