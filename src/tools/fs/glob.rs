//! Lists paths that match a pattern.

use serde::{Deserialize, Serialize};

use crate::system::{Reader, Writer};
use crate::tool::{Access, Argv, Blob, Failure, FileMode, Finding, Footprint, HostPath, Text, Tool};

/// Sorts of things.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Only {
    /// Anything.
    #[default]
    Any,
    /// Regular files.
    File,
    /// Folders.
    Directory,
    /// Symbolic links.
    Link,
}

/// `fs.glob`.
#[derive(Debug)]
pub struct Glob;

/// Lists the paths below a folder that match a pattern, sorted by their bytes. `*` and `?` stop at a slash, `**` does
/// not; `[a-z]` and `{a,b}` work. Links are listed but not followed. What may not be read is a warning.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The folder to look in; one that does not exist gives an empty list.
    path: HostPath,
    /// What a path must match, counted from the folder.
    pattern: String,
    /// Only things of this sort.
    #[serde(default, rename = "type")]
    only: Only,
    /// Whether `*`, `?` and `**` also match names that begin with a dot.
    #[serde(default)]
    hidden: bool,
}

/// What was found.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Output {
    /// Absolute paths; one that is not UTF-8 is bytes.
    paths: Vec<Text>,
}

impl Tool for Glob {
    const NAME: &'static str = "fs.glob";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.glob: { path: /etc, pattern: \"**/*.conf\", type: file }";

    type Args = Args;
    type Change = ();
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::reads(args.path.area())
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
