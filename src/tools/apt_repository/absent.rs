//! Takes a repository away from apt.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Controller, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::apt_repository::name;

/// `apt_repository.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that apt takes nothing from a repository any more: `/etc/apt/sources.list.d/NAME.sources` and, of the old form,
/// `NAME.list` are removed. Its key stays, unless `key` says otherwise, and so does what was installed from it.
///
/// Check mode: says which files would be removed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What the file is called, without `.sources`.
    name: String,
    /// Removes the key of that name, too.
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

    type Args = Args;
    type Change = Removal;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn prepare(args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        name::check(&args.name).map(|()| args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let name = &args.name;
        let mut paths = vec![
            format!("/etc/apt/sources.list.d/{name}.sources"),
            format!("/etc/apt/sources.list.d/{name}.list"),
        ];
        if args.key {
            paths.push(format!("/etc/apt/keyrings/{name}.gpg"));
        }
        let mut found = Vec::new();
        for path in paths {
            let path = HostPath::new(path.as_bytes()).map_err(|error| Failure::new(Kind::Invalid, error))?;
            if host.metadata(path.as_path(), Follow::No)?.is_some() {
                found.push(path);
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
