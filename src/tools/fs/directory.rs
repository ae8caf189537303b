//! Makes a folder.

use serde::{Deserialize, Serialize};

use crate::system::{Reader, Writer};
use crate::tool::{Access, Argv, Blob, Failure, FileMode, Finding, Footprint, HostPath, Text, Tool};

const fn yes() -> bool {
    true
}

/// `fs.directory`.
#[derive(Debug)]
pub struct Directory;

/// Makes sure that a folder is there, with this mode and owner. What it holds is left alone.
///
/// Check mode: says what would be created or changed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The folder.
    path: HostPath,
    /// The permission bits, such as 0755; a new folder gets 0755 less the umask, an old one keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<FileMode>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Creates missing folders above it too, with the ordinary mode and owner.
    #[serde(default = "yes")]
    parents: bool,
}

/// The folder.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Output {
    /// Where it is, links followed.
    path: Text,
}

impl Tool for Directory {
    const NAME: &'static str = "fs.directory";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "fs.directory: { path: /srv/app/releases, owner: deploy, mode: 0755 }";

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
