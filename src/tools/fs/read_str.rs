//! Reads a file as text.

use serde::{Deserialize, Serialize};

use crate::system::{Reader, Writer};
use crate::tool::{Access, Argv, Blob, Failure, FileMode, Finding, Footprint, HostPath, Text, Tool};

const fn default_limit() -> u64 {
    16 << 20
}

/// `fs.read_str`.
#[derive(Debug)]
pub struct ReadStr;

/// Reads a whole file as UTF-8 text. What is no UTF-8 is a failure: `fs.read_bytes` reads anything.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file.
    path: HostPath,
    /// A larger file is a failure; in bytes, at most 16 MiB.
    #[serde(default = "default_limit")]
    max_bytes: u64,
}

/// What was read.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Output {
    /// The text, as it is.
    content: String,
}

impl Tool for ReadStr {
    const NAME: &'static str = "fs.read_str";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "fs.read_str: /etc/hostname";

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
