//! Makes a symbolic link.

use serde::{Deserialize, Serialize};

use crate::system::{Reader, Writer};
use crate::tool::{Access, Argv, Blob, Failure, FileMode, Finding, Footprint, HostPath, Text, Tool};

/// `fs.symlink`.
#[derive(Debug)]
pub struct Symlink;

/// Makes sure that a symbolic link points to a target. A link that points elsewhere is replaced in one step, so that the
/// path is never missing.
///
/// Check mode: says where it points and would point.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The link.
    path: HostPath,
    /// What stands in it: an absolute path, or one relative to the folder of the link. It need not exist.
    target: Text,
    /// Also replaces a file or an empty folder.
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
pub struct Output {
    /// Its path.
    path: Text,
}

impl Tool for Symlink {
    const NAME: &'static str = "fs.symlink";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.symlink: { path: /srv/app/current, target: /srv/app/releases/42 }";

    type Args = Args;
    type Change = ();
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::writes(args.path.area())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let _ = (args, host);
        unimplemented!()
    }

    fn apply(args: &Args, change: (), host: &Writer<'_>) -> Result<Output, Failure> {
        let _ = (args, change, host);
        unimplemented!()
    }
}
