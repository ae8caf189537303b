//! Makes sure that a file is there, whatever it holds.

use serde::{Deserialize, Serialize};

use crate::argument::{ModeChange, Text, Time};
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Attributes, Caution, Follow, Fresh, Location, Moment, Reader, Times, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{accounts, no_folder, verify_file};

const fn yes() -> bool {
    true
}

/// `fs.touch`.
#[derive(Debug)]
pub(crate) struct Touch;

/// Makes sure that a file is there, with this mode and owner: an empty one is made where nothing is. What a file holds is left
/// alone, and so are its times, unless they are given or `only_if_absent` is false. A directory that is there will do.
///
/// Check mode: says what would be made or changed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The file. A link at the end of the path stands for what it points to.
    path: HostPath,
    /// The permission bits, such as 0644 or u=rw,go=r; a new file gets 0644 less the umask, an old one keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ModeChange>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// The times of what is there stay as they are. If it is false, those that are not given are set to now: each run changes
    /// them, and says so.
    #[serde(default = "yes")]
    only_if_absent: bool,
    /// When its content was last changed: in UTC such as `2026-01-31T23:59:59Z`, or in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<Time>,
    /// When it was last read, likewise. Whoever reads it may change that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accessed: Option<Time>,
}

/// The file.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is, links followed.
    path: Text,
    /// Whether it was made.
    created: bool,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    at: Location,
    is_new: bool,
    wanted: Attributes,
    times: Times,
    diffs: Vec<Diff>,
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        self.diffs.clone()
    }
}

impl Tool for Touch {
    const NAME: &'static str = "fs.touch";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "fs.touch: { path: /var/log/app.log, owner: app, mode: 0640 }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = Footprint::writes(args.path.area());
        if args.owner.is_some() || args.group.is_some() {
            footprint.reads.extend(&accounts());
        }
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        verify_file("path", &args.path, None)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let title = args.path.to_string();
        let at = host
            .locate(args.path.as_path(), Follow::Yes)?
            .ok_or_else(|| no_folder(&args.path))?;
        let stat = at.stat()?;
        let wanted = Attributes::of(host, None, args.owner.as_ref(), args.group.as_ref())?;
        let wanted = wanted.with_mode(args.mode.as_ref(), stat.as_ref(), Fresh::File);
        let given = |time: Option<Time>| time.map(|it| Moment::At(it.0));
        let Some(stat) = stat else {
            let state = Diff::of_property(&title, "state", Some("absent"), Some("empty file"));
            let mut diffs = vec![state];
            diffs.extend(wanted.diff(host, &title, None));
            for (name, time) in [("modified", args.modified), ("accessed", args.accessed)] {
                if let Some(time) = time {
                    diffs.push(Diff::of_property(&title, name, None, Some(&time.to_string())));
                }
            }
            host.check_placeable(&at)?;
            host.check_giveable(&title, &wanted)?;
            let times = Times {
                modified: given(args.modified),
                accessed: given(args.accessed),
            };
            return Ok(Finding::Pending(Change {
                at,
                is_new: true,
                wanted,
                times,
                diffs,
            }));
        };
        let missing = wanted.missing_in(&stat);
        let mut diffs = missing.diff(host, &title, Some(&stat));
        let mut wanted_time = |name: &str, time: Option<Time>, before: i64| match time {
            Some(Time(seconds)) if seconds == before => None,
            Some(time) => {
                let (before, after) = (Time(before).to_string(), time.to_string());
                diffs.push(Diff::of_property(&title, name, Some(&before), Some(&after)));
                Some(Moment::At(time.0))
            }
            None if args.only_if_absent => None,
            None => {
                diffs.push(Diff::of_property(&title, name, None, Some("now")));
                Some(Moment::Now)
            }
        };
        let times = Times {
            modified: wanted_time("modified", args.modified, stat.st_mtime),
            accessed: wanted_time("accessed", args.accessed, stat.st_atime),
        };
        if missing.is_empty() && times == Times::default() {
            return Ok(Finding::Settled(Output::at(&at, false)));
        }
        host.check_changeable(&at, &stat, &missing)?;
        Ok(Finding::Pending(Change {
            at,
            is_new: false,
            wanted: missing,
            times,
            diffs,
        }))
    }

    fn apply(_: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let Change {
            at,
            is_new,
            wanted,
            times,
            ..
        } = change;
        if is_new {
            host.replace(&at, &wanted, &Caution::default(), &mut |_| Ok(()))?;
        } else {
            host.set_attributes(&at, &wanted)?;
        }
        host.set_times(&at, times)?;
        Ok(Output::at(&at, is_new))
    }
}

impl Output {
    fn at(place: &Location, created: bool) -> Self {
        Self {
            path: place.path().into_os_string().into(),
            created,
        }
    }
}
