//! Reads a file as bytes.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};

const fn default_limit() -> u64 {
    16 << 20
}

/// Bytes that stay bytes even if they are text.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(with = "String")]
struct Bytes(#[serde(with = "serde_bytes")] Vec<u8>);

/// `fs.read_bytes`.
#[derive(Debug)]
pub(crate) struct ReadBytes;

/// Reads a whole file as bytes.
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
    /// The bytes.
    content: Bytes,
}

impl Tool for ReadBytes {
    const NAME: &'static str = "fs.read_bytes";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "fs.read_bytes: /etc/machine-id";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::reads(args.path.area())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let bytes = host.read(args.path.as_path(), args.max_bytes.min(default_limit()))?;
        Ok(Finding::Settled(Output {
            content: Bytes(bytes),
        }))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
