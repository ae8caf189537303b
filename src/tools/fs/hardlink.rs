//! Gives a file another name.

use rustix::fs::{FileType, Stat};

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Location, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::fs::deploy::no_folder;

/// `fs.hardlink`.
#[derive(Debug)]
pub(crate) struct Hardlink;

/// Makes sure that a path is another name of a file: a hard link. Both have one content, one mode and one owner, and are in one
/// file system. What is there with `force` is replaced in one step, so that the path is never missing.
///
/// A tool that writes a file puts a new one in its place: the other name then keeps the old content, and a warning says so.
///
/// Check mode: says whether the name would be made.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The new name.
    path: HostPath,
    /// The file that it is to be a name of. A link at the end of this path stands for what it points to.
    target: HostPath,
    /// Also replaces another file or a link that is there.
    #[serde(default)]
    force: bool,
}

/// The name.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Its path.
    path: Text,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    at: Location,
    first: Location,
    diffs: Vec<Diff>,
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        self.diffs.clone()
    }
}

impl Tool for Hardlink {
    const NAME: &'static str = "fs.hardlink";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.hardlink: { path: /srv/app/current.conf, target: /etc/app.conf }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = Footprint::writes(args.path.area());
        footprint.reads.extend(&args.target.area());
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        for (argument, path) in [("path", &args.path), ("target", &args.target)] {
            if path.ends_in_slash() {
                let message = format!("`{path}/` names a directory, which can have one name only");
                return Err((argument, message));
            }
        }
        if args.path == args.target {
            return Err(("path target", "`path` and `target` are the same".to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let missing = || Failure::new(Kind::NotFound, format!("`{}` does not exist", args.target));
        let first = host
            .locate(args.target.as_path(), Follow::Yes)?
            .ok_or_else(missing)?;
        let stat = first.stat()?.ok_or_else(missing)?;
        let sort = |stat: &Stat| FileType::from_raw_mode(stat.st_mode);
        if sort(&stat) == FileType::Directory {
            let message = format!("`{}` is a directory, which can have one name only", args.target);
            return Err(Failure::new(Kind::Conflict, message));
        }
        let at = host
            .locate(args.path.as_path(), Follow::No)?
            .ok_or_else(|| no_folder(&args.path))?;
        let (title, target) = (args.path.to_string(), args.target.to_string());
        let mut diffs = Vec::new();
        if let Some(there) = at.stat()? {
            if (there.st_dev, there.st_ino) == (stat.st_dev, stat.st_ino) {
                return Ok(Finding::Settled(Output::at(&at)));
            }
            let found = match sort(&there) {
                FileType::Directory => "directory",
                FileType::Symlink => "link",
                FileType::RegularFile => "file",
                _ => "special file",
            };
            if sort(&there) == FileType::Directory || !args.force {
                let help = match sort(&there) {
                    FileType::Directory => "",
                    _ => ", and `force` is not set",
                };
                let message = format!("cannot create the hard link `{title}`: a {found} is there{help}");
                return Err(Failure::new(Kind::Conflict, message));
            }
            host.check_removable(&at, &there)?;
            diffs.push(Diff::of_property(&title, "state", Some(found), Some("hard link")));
        } else {
            host.check_placeable(&at)?;
        }
        host.check_linkable(&first, &stat, &at)?;
        diffs.push(Diff::of_property(&title, "same file as", None, Some(&target)));
        Ok(Finding::Pending(Change { at, first, diffs }))
    }

    fn apply(_: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        host.make_same(&change.first, &change.at)?;
        Ok(Output::at(&change.at))
    }
}

impl Output {
    fn at(place: &Location) -> Self {
        Self {
            path: place.path().into_os_string().into(),
        }
    }
}
