//! Reads a file as text.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};

const fn default_limit() -> u64 {
    16 << 20
}

/// `fs.read_str`.
#[derive(Debug)]
pub(crate) struct ReadStr;

/// Reads a whole file as UTF-8 text. What is no UTF-8 is a failure: `fs.read_bytes` reads anything.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The file.
    path: HostPath,
    /// A larger file is a failure; in bytes, at most 16 MiB.
    #[serde(default = "default_limit")]
    max_bytes: u64,
}

/// What was read.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The text, as it is.
    content: String,
}

impl Tool for ReadStr {
    const NAME: &'static str = "fs.read_str";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "fs.read_str: /etc/hostname";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::reads(args.path.area())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let bytes = host.read(args.path.as_path(), args.max_bytes.min(default_limit()))?;
        match String::from_utf8(bytes) {
            Ok(content) => Ok(Finding::Settled(Output { content })),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let message = format!(
                    "`{}` is not UTF-8 text: byte {at} is the first that is not",
                    args.path
                );
                Err(Failure::new(Kind::Invalid, message))
            }
        }
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
