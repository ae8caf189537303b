//! Moves a file or directory.

use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Location, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::fs::deploy::no_folder;

/// `fs.move`.
#[derive(Debug)]
pub(crate) struct Move;

/// Moves a file, directory or link on the host to another path, in one step. If `src` is gone and `dest` is there, there is
/// nothing to do. Between two file systems only files and links can be moved.
///
/// Check mode: says whether it would be moved.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What to move; a link is moved itself.
    src: HostPath,
    /// Its new path, not the directory that it goes into.
    dest: HostPath,
    /// Replaces a file or link that is at `dest`. A directory there is never replaced.
    #[serde(default)]
    force: bool,
}

/// What was moved.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is.
    path: Text,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    from: Location,
    to: Location,
    diff: Diff,
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        vec![self.diff.clone()]
    }
}

impl Tool for Move {
    const NAME: &'static str = "fs.move";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.move: { src: /etc/app.conf.new, dest: /etc/app.conf, force: true }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut area = args.src.area();
        area.extend(&args.dest.area());
        Footprint::writes(area)
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let refuse = |message: &str| Err(("dest src", message.to_owned()));
        if args.dest.ends_in_slash() {
            return refuse("`dest` is the new path itself, without a slash at its end");
        }
        if args.src.as_path() == args.dest.as_path() {
            return refuse("`src` and `dest` are the same");
        }
        if args.dest.as_path().starts_with(args.src.as_path()) {
            return refuse("`dest` is in `src`");
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let from = host.locate(args.src.as_path(), Follow::No)?;
        let old = from.as_ref().map_or(Ok(None), Location::stat)?;
        let to = host.locate(args.dest.as_path(), Follow::No)?;
        let new = to.as_ref().map_or(Ok(None), Location::stat)?;
        let (from, old) = match (from, old, &to, new) {
            (Some(from), Some(old), ..) => (from, old),
            (_, _, Some(to), Some(_)) => return Ok(Finding::Settled(Output::at(to))),
            _ => {
                let message = format!("`{}` does not exist, nor does `{}`", args.src, args.dest);
                return Err(Failure::new(Kind::NotFound, message));
            }
        };
        let to = to.ok_or_else(|| no_folder(&args.dest))?;
        if from.is_same_as(&to)? {
            return Ok(Finding::Settled(Output::at(&to)));
        }
        if let Some(new) = new {
            let is_folder = |mode| FileType::from_raw_mode(mode) == FileType::Directory;
            if is_folder(new.st_mode) || is_folder(old.st_mode) {
                let message = format!("`{}` exists, and a directory is not replaced", args.dest);
                return Err(Failure::new(Kind::Conflict, message));
            }
            if !args.force {
                let message = format!("`{}` exists, and `force` is not set", args.dest);
                return Err(Failure::new(Kind::Conflict, message));
            }
        }
        host.check_movable(&from, &old, &to)?;
        let diff = Diff::of_property(
            args.dest.to_string(),
            "path",
            Some(&args.src.to_string()),
            Some(&args.dest.to_string()),
        );
        Ok(Finding::Pending(Change { from, to, diff }))
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let Change { from, to, .. } = change;
        host.rename(&from, &to, args.force)?;
        Ok(Output::at(&to))
    }
}

impl Output {
    fn at(place: &Location) -> Self {
        Self {
            path: place.path().into_os_string().into(),
        }
    }
}
