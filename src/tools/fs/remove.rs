//! Removes a path.

use serde::{Deserialize, Serialize};

use crate::system::{Reader, Writer};
use crate::tool::{Access, Argv, Blob, Failure, FileMode, Finding, Footprint, HostPath, Text, Tool};

/// `fs.remove`.
#[derive(Debug)]
pub struct Remove;

/// Makes sure that nothing is at a path. Symbolic links are removed and never followed.
///
/// Check mode: says what would be removed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The path. `/` and the folders right below it are refused.
    path: HostPath,
    /// Also removes a folder that is not empty, with everything in it.
    #[serde(default)]
    recursive: bool,
}

/// What was removed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Output {
    /// The path.
    path: Text,
}

impl Tool for Remove {
    const NAME: &'static str = "fs.remove";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "fs.remove: { path: /srv/app/releases/1, recursive: true }";

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
