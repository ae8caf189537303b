//! Owner, group and mode of what exists.

use std::path::Path;

use rustix::fs::{FileType, Stat};
use serde::{Deserialize, Serialize};

use crate::argument::{ModeChange, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{self, Enter, Follow, Location, Mounts, Reader, Unreadable, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::accounts;
use crate::tools::fs::tree::after_others;

/// `fs.attributes`.
#[derive(Debug)]
pub(crate) struct Attributes;

/// Gives something that exists its owner, group and mode. What it holds, its access lists and its other attributes stay as
/// they are, setuid and setgid included. If something cannot be changed, what was changed before it is set back. With `recursive`, everything in a directory is treated alike; symbolic links in it get the owner, and are never
/// followed. A file with several names is a failure there, before anything is changed, where the kernel lets users link the files of
/// others (`fs.protected_hardlinks` is 0).
///
/// Check mode: says what would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The file or directory. A link at the end of the path stands for what it points to.
    path: HostPath,
    /// The permission bits: in octal, such as 0640, or as a change, such as `u+x,go-w` or `u=rwX,go=rX`, where `X` is `x`
    /// for directories and for what somebody may execute already. Where nobody is named, the umask counts, as with `chmod`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ModeChange>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Also everything in the directory.
    #[serde(default)]
    recursive: bool,
    /// With `recursive`: also goes into other file systems that are mounted below; otherwise such a mount is a failure, before
    /// anything is changed.
    #[serde(default)]
    other_file_systems: bool,
}

/// What was changed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The path, links followed.
    path: Text,
    /// How many things were changed.
    count: u64,
}

/// One thing: what it is to have, and what it has.
#[derive(Debug)]
struct Step {
    path: HostPath,
    wanted: system::Attributes,
    before: system::Attributes,
}

/// What is to be changed.
#[derive(Debug)]
pub(crate) struct Change {
    /// Where it is, links followed: a link on the way may belong to somebody else afterwards.
    path: Text,
    steps: Vec<Step>,
    diffs: Vec<Diff>,
}

/// More differences than this are counted rather than shown.
const SHOWN: usize = 100;

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = self.diffs.clone();
        if let Some(rest) = self.steps.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
            diffs.push(Diff {
                title: "and more".into(),
                text: format!("{rest} other files and directories differ\n"),
            });
        }
        diffs
    }
}

impl Tool for Attributes {
    const NAME: &'static str = "fs.attributes";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str =
        "fs.attributes: { path: /srv/app, owner: app, mode: \"u=rwX,go=rX\", recursive: true }";

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
        if args.mode.is_none() && args.owner.is_none() && args.group.is_none() {
            let message = "one of `mode`, `owner` and `group` is needed";
            return Err((" mode owner group", message.to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let missing = || {
            let message = format!("`{}` does not exist", args.path);
            Failure::new(Kind::NotFound, message)
        };
        let place = host
            .locate(args.path.as_path(), Follow::Yes)?
            .ok_or_else(missing)?;
        let stat = place.stat()?.ok_or_else(missing)?;
        let owner = system::Attributes::of(host, None, args.owner.as_ref(), args.group.as_ref())?;
        let mut change = Change {
            path: place.path().into_os_string().into(),
            steps: Vec::new(),
            diffs: Vec::new(),
        };
        let mut look = |at: &Location, stat: &Stat, links: HardLinks| -> Result<(), Failure> {
            let missing = args.wanted(owner, stat).missing_in(stat);
            if missing.is_empty() {
                return Ok(());
            }
            links.check(at, stat)?;
            let path = at.path();
            if change.steps.len() < SHOWN {
                change
                    .diffs
                    .extend(missing.diff(host, &path.to_string_lossy(), Some(stat)));
            }
            let path = HostPath::new(Text::from(path.into_os_string()).as_bytes())
                .map_err(|message| Failure::new(Kind::Invalid, message))?;
            host.check_changeable(at, stat, &missing)?;
            change.steps.push(Step {
                path,
                wanted: missing,
                before: system::Attributes::found_in(stat),
            });
            Ok(())
        };
        look(&place, &stat, HardLinks::Protected)?;
        if args.recursive && FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            let mounts = Mounts::entered(args.other_file_systems);
            let links = HardLinks::found(host);
            host.walk_over(&place, Unreadable::Fail, mounts, &mut |seen| {
                look(&seen.at, &seen.stat, links)?;
                Ok(Enter::Yes)
            })?;
        }
        if change.steps.is_empty() {
            return Ok(Finding::Settled(Output::at(&place, 0)));
        }
        Ok(Finding::Pending(change))
    }

    fn apply(_: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let count = change.steps.len();
        // What is deepest comes first, so that a directory is left open until all in it is done.
        for (done, step) in change.steps.iter().rev().enumerate() {
            let ended = host
                .check_canceled()
                .and_then(|()| set(&step.path, &step.wanted, host));
            if let Err(failure) = ended {
                return Err(match failure.kind {
                    Kind::Canceled | Kind::Timeout => after_others(failure, done, count),
                    _ => taken_back(failure, &change.steps[count - done..], host),
                });
            }
        }
        let count = count as u64;
        Ok(Output {
            path: change.path,
            count,
        })
    }
}

/// Whether a name in a directory may be somebody else's file, put there by who may write the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HardLinks {
    /// It may not: it was named itself, or the kernel lets users link only what they own or may write.
    Protected,
    Open,
}

impl HardLinks {
    const SETTING: &str = "/proc/sys/fs/protected_hardlinks";

    fn found(host: &Reader<'_>) -> Self {
        match host.read(Path::new(Self::SETTING), 16) {
            Ok(value) if value.starts_with(b"0") => Self::Open,
            _ => Self::Protected,
        }
    }

    /// Refuses what may be a file from elsewhere.
    fn check(self, at: &Location, stat: &Stat) -> Result<(), Failure> {
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if self == Self::Protected || !is_file || stat.st_nlink < 2 {
            return Ok(());
        }
        let message = format!(
            "`{}` has other names and may be a file from elsewhere, since `{}` is 0: set it to 1, or name the file by itself",
            at.path().display(),
            Self::SETTING,
        );
        Err(Failure::new(Kind::Conflict, message))
    }
}

fn set(path: &HostPath, wanted: &system::Attributes, host: &Writer<'_>) -> Result<(), Failure> {
    match host.locate(path.as_path(), Follow::No)? {
        Some(at) if at.stat()?.is_some() => host.set_attributes(&at, wanted),
        _ => Ok(()),
    }
}

/// A failure after which the things that were changed before it have again what they had.
fn taken_back(failure: Failure, steps: &[Step], host: &Writer<'_>) -> Failure {
    let left = steps
        .iter()
        .filter(|step| set(&step.path, &step.before, host).is_err());
    let left: Vec<_> = left.map(|step| step.path.to_string()).collect();
    if left.is_empty() {
        return failure;
    }
    Failure {
        message: format!("{}; changed before it: `{}`", failure.message, left.join("`, `")),
        ..failure
    }
}

impl Output {
    fn at(place: &Location, count: u64) -> Self {
        Self {
            path: place.path().into_os_string().into(),
            count,
        }
    }
}

impl Args {
    /// What something is to have. A link has no mode of its own.
    fn wanted(&self, owner: system::Attributes, stat: &Stat) -> system::Attributes {
        let is_link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        let mode = self.mode.as_ref().filter(|_| !is_link);
        owner.with_mode(mode, Some(stat), system::Fresh::File)
    }
}
