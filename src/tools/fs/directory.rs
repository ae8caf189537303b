//! Makes a directory.

use rustix::fs::FileType;

use serde::{Deserialize, Serialize};

use crate::argument::{ModeChange, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Fresh, Location, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{accounts, no_folder};

const fn yes() -> bool {
    true
}

/// `fs.directory`.
#[derive(Debug)]
pub(crate) struct Directory;

/// Makes sure that a directory is there, with this mode and owner. What it holds is left alone.
///
/// Check mode: says what would be created or changed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The directory.
    path: HostPath,
    /// The permission bits, such as 0755 or u=rwx,go=rx; a new directory gets 0755 less the umask, an old one keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ModeChange>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Creates missing directories above it too; they get the same mode, owner and group.
    #[serde(default = "yes")]
    parents: bool,
}

/// The directory.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is, links followed.
    path: Text,
}

impl Tool for Directory {
    const NAME: &'static str = "fs.directory";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "fs.directory: { path: /srv/app/releases, owner: deploy, mode: 0755 }";

    type Args = Args;
    type Change = FolderChange;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = Footprint::writes(args.path.area());
        if args.owner.is_some() || args.group.is_some() {
            footprint.reads.extend(&accounts());
        }
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let title = args.path.to_string();
        let owner = Attributes::of(host, None, args.owner.as_ref(), args.group.as_ref())?;
        let place = host.locate(args.path.as_path(), Follow::Yes)?;
        if place.is_none() && !args.parents {
            return Err(no_folder(&args.path));
        }
        let stat = place.as_ref().map_or(Ok(None), Location::stat)?;
        let wanted = owner.with_mode(args.mode.as_ref(), stat.as_ref(), Fresh::Folder);
        let (Some(at), Some(stat)) = (&place, stat) else {
            let mut diffs = vec![Diff::of_property(
                &title,
                "state",
                Some("absent"),
                Some("directory"),
            )];
            diffs.extend(wanted.diff(host, &title, None));
            host.check_makeable(args.path.as_path())?;
            host.check_giveable(&title, &wanted)?;
            return Ok(Finding::Pending(FolderChange {
                place,
                exists: false,
                wanted,
                diffs,
            }));
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            let message = format!("cannot create the directory `{title}`: something else is there");
            return Err(Failure::new(Kind::Conflict, message));
        }
        let wanted = wanted.missing_in(&stat);
        if wanted.is_empty() {
            return Ok(Finding::Settled(Output::at(at)));
        }
        host.check_changeable(at, &stat, &wanted)?;
        let diffs = wanted.diff(host, &title, Some(&stat));
        Ok(Finding::Pending(FolderChange {
            place,
            exists: true,
            wanted,
            diffs,
        }))
    }

    fn apply(args: &Args, change: FolderChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let made = match &change.place {
            Some(_) => Vec::new(),
            None => host.make_folders_above(args.path.as_path(), &change.wanted)?,
        };
        let at = match change.place {
            Some(place) => Ok(place),
            None => host.make_place(args.path.as_path(), Follow::Yes),
        };
        let done = at.and_then(|at| {
            if change.exists {
                host.set_attributes(&at, &change.wanted)?;
            } else {
                host.make_folder(&at, &change.wanted)?;
            }
            Ok(Output::at(&at))
        });
        if done.is_err() {
            host.take_back(&made);
        }
        done
    }
}

impl Output {
    fn at(place: &Location) -> Self {
        Self {
            path: place.path().into_os_string().into(),
        }
    }
}

/// What is to be done to a directory.
#[derive(Debug)]
pub(crate) struct FolderChange {
    place: Option<Location>,
    exists: bool,
    wanted: Attributes,
    diffs: Vec<Diff>,
}

impl Describe for FolderChange {
    fn diff(&self) -> Vec<Diff> {
        self.diffs.clone()
    }
}
