//! Takes a repository away from apt.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::apt_repository::sources::{self, Form};
use crate::tools::apt_repository::{key, name};

/// `apt_repository.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that apt takes nothing from a repository any more: `/etc/apt/sources.list.d/NAME.sources` and, of the old form,
/// `NAME.list` are removed. A file that holds comments or other repositories as well was written by somebody else: then the
/// call fails, and nothing is removed. The key stays, unless `key` says otherwise, and so does what was installed from it.
///
/// Check mode: says which files would be removed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What the file is called, without `.sources`.
    name: String,
    /// Removes the key of that name, too, unless another repository uses it, which is an error.
    #[serde(default)]
    key: bool,
}

/// What was removed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The files.
    removed: Vec<Text>,
}

/// Files that are to go.
#[derive(Debug)]
pub(crate) struct Removal(Vec<HostPath>);

impl Describe for Removal {
    fn diff(&self) -> Vec<Diff> {
        let gone = |path: &HostPath| Diff::of_property(path.to_string(), "file", Some("present"), None);
        self.0.iter().map(gone).collect()
    }
}

impl Tool for Absent {
    const NAME: &'static str = "apt_repository.absent";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "apt_repository.absent: shop";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = Removal;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::REPOSITORIES
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        name::check(&args.name).map_err(|it| ("name", it))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let name = &args.name;
        let mut found = Vec::new();
        for form in [Form::Sources, Form::List] {
            let path = form.path(name)?;
            sources::refuse_others(&path, form, host)?;
            found.push(path);
        }
        if args.key {
            let path = key::path(name)?;
            if let [user, ..] = &*sources::users_of_key(&path, name, host)? {
                let message = format!("`{path}` is also the key of `{}`, and stays", user.display());
                return Err(Failure::new(Kind::Conflict, message));
            }
            found.push(path);
        }
        let mut missing = Vec::new();
        for path in &found {
            missing.push(host.metadata(path.as_path(), Follow::No)?.is_none());
        }
        let mut missing = missing.into_iter();
        found.retain(|_| missing.next() == Some(false));
        for path in &found {
            if let Some(at) = host.locate(path.as_path(), Follow::No)?
                && let Some(stat) = at.stat()?
            {
                host.check_removable(&at, &stat)?;
            }
        }
        Ok(if found.is_empty() {
            Finding::Settled(Output { removed: Vec::new() })
        } else {
            Finding::Pending(Removal(found))
        })
    }

    fn apply(_: &Args, change: Removal, host: &Writer<'_>) -> Result<Output, Failure> {
        let mut removed = Vec::new();
        for path in change.0 {
            if let Some(at) = host.locate(path.as_path(), Follow::No)? {
                host.remove(&at)?;
            }
            removed.push(path.as_path().as_os_str().to_owned().into());
        }
        Ok(Output { removed })
    }
}
