//! Takes a repository away from dnf.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Domain, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, Spoils, Tool};
use crate::tools::dnf_repository::file;
use crate::tools::files::{self, Files};

/// `dnf_repository.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that dnf takes nothing from a repository any more: its section goes from `/etc/yum.repos.d/FILE.repo`, and the file
/// with it where nothing else is in it. What was installed from it stays.
///
/// Check mode: says how the file would change, or that it would go.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The repository, as in the heading of its section.
    name: String,
    /// What the file is called, without `.repo`; default: as the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// The file.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file in which it is not.
    path: Text,
}

/// What is to be done to the file.
#[derive(Debug)]
pub(crate) struct RepositoryChange(pub(super) Files);

impl Describe for RepositoryChange {
    fn diff(&self) -> Vec<Diff> {
        self.0.diff()
    }
}

impl Tool for Absent {
    const NAME: &'static str = "dnf_repository.absent";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "dnf_repository.absent: shop";

    type Args = Args;
    type Change = RepositoryChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::writes(Area::path("/etc/yum.repos.d"))
    }

    fn spoils(args: &Args) -> Spoils {
        Spoils::of(Self::footprint(args).writes).with(&[Domain::Packages])
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        file::check_name(&args.name).map_err(|it| ("name", it))?;
        args.file
            .as_deref()
            .map_or(Ok(()), |it| file::check_name(it).map_err(|it| ("file", it)))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = file::path(args.file.as_ref().unwrap_or(&args.name))?;
        let mut files = Files::default();
        if let Some(before) = files::text(&path, host)? {
            let after = file::without(&before, &args.name);
            if after != before && after.trim().is_empty() {
                files.remove(path, host)?;
            } else {
                files.edit(path, Some(&before), after, host)?;
            }
        }
        Ok(if files.is_empty() {
            Finding::Settled(output(args)?)
        } else {
            Finding::Pending(RepositoryChange(files))
        })
    }

    fn apply(args: &Args, change: RepositoryChange, host: &Writer<'_>) -> Result<Output, Failure> {
        change.0.make(host)?;
        output(args)
    }
}

fn output(args: &Args) -> Result<Output, Failure> {
    let path = file::path(args.file.as_ref().unwrap_or(&args.name))?;
    Ok(Output {
        path: path.as_path().as_os_str().to_owned().into(),
    })
}
