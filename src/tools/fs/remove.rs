//! Removes a path.

use rustix::fs::FileType;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Location, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};

/// `fs.remove`.
#[derive(Debug)]
pub(crate) struct Remove;

/// Makes sure that nothing is at a path. Symbolic links are removed and never followed. Nothing is removed where something
/// is mounted at the path or below it, or where something in it cannot be removed as far as that can be seen before.
///
/// Check mode: says what would be removed, and fails where the call would.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The path. `/` and the directories right below it are refused.
    path: HostPath,
    /// Also removes a directory that is not empty, with everything in it.
    #[serde(default)]
    recursive: bool,
}

/// What was removed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The path.
    path: Text,
}

impl Tool for Remove {
    const NAME: &'static str = "fs.remove";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "fs.remove: { path: /srv/app/releases/1, recursive: true }";

    type Args = Args;
    type Change = Removal;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::writes(args.path.area())
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        if args.path.as_path().components().count() <= 1 {
            return Err(("path", "the root of the file system is not removed".to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let settled = || Output {
            path: args.path.as_path().as_os_str().to_owned().into(),
        };
        // Also where what is above it is a file.
        if host.metadata(args.path.as_path(), Follow::No)?.is_none() {
            return Ok(Finding::Settled(settled()));
        }
        let place = host.locate(args.path.as_path(), Follow::No)?;
        let stat = place.as_ref().map_or(Ok(None), Location::stat)?;
        let (Some(place), Some(stat)) = (place, stat) else {
            return Ok(Finding::Settled(settled()));
        };
        let sort = FileType::from_raw_mode(stat.st_mode);
        if sort == FileType::Directory && place.path().components().count() <= 2 {
            let message = format!(
                "`{}` is not removed: it is one of the system's own directories",
                args.path
            );
            return Err(Failure::new(Kind::Invalid, message));
        }
        let mut count = 1;
        if sort == FileType::Directory && args.recursive {
            count = host.check_all_removable(&place, &stat)?;
        } else {
            host.check_removable(&place, &stat)?;
            if sort == FileType::Directory && !place.is_empty_folder()? {
                let message = format!(
                    "`{}` is a directory that is not empty, and `recursive` is not set",
                    args.path
                );
                return Err(Failure::new(Kind::Conflict, message));
            }
        }
        Ok(Finding::Pending(Removal {
            title: args.path.to_string(),
            place,
            sort: match sort {
                FileType::Directory => "directory",
                FileType::Symlink => "link",
                FileType::RegularFile => "file",
                _ => "special file",
            },
            count,
        }))
    }

    fn apply(args: &Args, change: Removal, host: &Writer<'_>) -> Result<Output, Failure> {
        if args.recursive && change.sort == "directory" {
            host.remove_all(&change.place)?;
        } else {
            host.remove(&change.place)?;
        }
        Ok(Output {
            path: args.path.as_path().as_os_str().to_owned().into(),
        })
    }
}

/// What is to be removed.
#[derive(Debug)]
pub(crate) struct Removal {
    title: String,
    place: Location,
    sort: &'static str,
    /// How many things, it included.
    count: u64,
}

impl Describe for Removal {
    fn diff(&self) -> Vec<Diff> {
        let state = match self.count - 1 {
            0 => self.sort.to_owned(),
            1 => format!("{} with 1 thing in it", self.sort),
            within => format!("{} with {within} things in it", self.sort),
        };
        vec![Diff::of_property(
            &self.title,
            "state",
            Some(&state),
            Some("absent"),
        )]
    }
}
