//! Makes a symbolic link.

use rustix::fs::FileType;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Location, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{accounts, no_folder};

/// `fs.symlink`.
#[derive(Debug)]
pub(crate) struct Symlink;

/// Makes sure that a symbolic link points to a target. A link that points elsewhere is replaced in one step, so that the
/// path is never missing.
///
/// Check mode: says where it points and would point.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The link.
    path: HostPath,
    /// What is in it: an absolute path, or one relative to the directory of the link. It need not exist.
    target: Text,
    /// Also replaces a file or an empty directory.
    #[serde(default)]
    force: bool,
    /// The owner of the link itself, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group of the link itself, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
}

/// The link.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Its path.
    path: Text,
}

impl Tool for Symlink {
    const NAME: &'static str = "fs.symlink";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.symlink: { path: /srv/app/current, target: /srv/app/releases/42 }";

    type Args = Args;
    type Change = LinkChange;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = Footprint::writes(args.path.area());
        // What it points to counts too: it must not be switched to before its target is filled.
        let above = args.path.as_path().parent().unwrap_or(args.path.as_path());
        let target = above.join(args.target.as_os_str());
        footprint.reads.extend(&Area::path(&target.to_string_lossy()));
        if args.owner.is_some() || args.group.is_some() {
            footprint.reads.extend(&accounts());
        }
        footprint
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        if args.target.0.is_empty() || args.target.0.contains(&0) {
            return Err(("target", "the target of a link must be a path".to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let title = args.path.to_string();
        let wanted = Attributes::of(host, None, args.owner.as_ref(), args.group.as_ref())?;
        let Some(place) = host.locate(args.path.as_path(), Follow::No)? else {
            return Err(no_folder(&args.path));
        };
        let target = args.target.to_string_lossy();
        let Some(stat) = place.stat()? else {
            let mut diffs = vec![Diff::of_property(&title, "target", None, Some(&target))];
            diffs.extend(wanted.diff(host, &title, None));
            host.check_placeable(&place)?;
            host.check_giveable(&title, &wanted)?;
            return Ok(Finding::Pending(LinkChange {
                place,
                step: Step::Make,
                wanted,
                diffs,
            }));
        };
        let sort = FileType::from_raw_mode(stat.st_mode);
        let missing = wanted.missing_in(&stat);
        if sort == FileType::Symlink {
            let found = place.link_target()?;
            let is_same = found == args.target;
            if is_same && missing.is_empty() {
                return Ok(Finding::Settled(Output::at(&place)));
            }
            let mut diffs = Vec::new();
            host.check_placeable(&place)?;
            if !is_same {
                diffs.push(Diff::of_property(
                    &title,
                    "target",
                    Some(&found.to_string_lossy()),
                    Some(&target),
                ));
            }
            diffs.extend(missing.diff(host, &title, Some(&stat)));
            let step = if is_same { Step::Own } else { Step::Make };
            // A new link belongs to whoever makes it, so that all that is wanted must be given to it.
            let wanted = if is_same { missing } else { wanted };
            host.check_giveable(&title, &wanted)?;
            return Ok(Finding::Pending(LinkChange {
                place,
                step,
                wanted,
                diffs,
            }));
        }
        let is_folder = sort == FileType::Directory;
        if !args.force {
            let found = if is_folder { "a directory" } else { "a file" };
            let message =
                format!("cannot create the link `{title}`: {found} is there, and `force` is not set");
            return Err(Failure::new(Kind::Conflict, message));
        }
        if is_folder && !place.is_empty_folder()? {
            let message = format!("cannot create the link `{title}`: a directory that is not empty is there");
            return Err(Failure::new(Kind::Conflict, message));
        }
        host.check_removable(&place, &stat)?;
        host.check_giveable(&title, &wanted)?;
        let found = if is_folder { "directory" } else { "file" };
        let diffs = vec![
            Diff::of_property(&title, "state", Some(found), Some("link")),
            Diff::of_property(&title, "target", None, Some(&target)),
        ];
        Ok(Finding::Pending(LinkChange {
            place,
            step: Step::Make,
            wanted,
            diffs,
        }))
    }

    fn apply(args: &Args, change: LinkChange, host: &Writer<'_>) -> Result<Output, Failure> {
        match change.step {
            Step::Own => host.set_attributes(&change.place, &change.wanted)?,
            Step::Make => host.make_link(&change.place, &args.target, &change.wanted)?,
        }
        Ok(Output::at(&change.place))
    }
}

impl Output {
    fn at(place: &Location) -> Self {
        Self {
            path: place.path().into_os_string().into(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Only its owner is wrong.
    Own,
    /// It is made, and put in the place of what is there.
    Make,
}

/// What is to be done to a link.
#[derive(Debug)]
pub(crate) struct LinkChange {
    place: Location,
    step: Step,
    wanted: Attributes,
    diffs: Vec<Diff>,
}

impl Describe for LinkChange {
    fn diff(&self) -> Vec<Diff> {
        self.diffs.clone()
    }
}
