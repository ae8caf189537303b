//! Looks at a path.

use serde::{Deserialize, Serialize};

use crate::system::{Reader, Writer};
use crate::tool::{Access, Argv, Blob, Failure, FileMode, Finding, Footprint, HostPath, Text, Tool};

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A block device.
    Block,
    /// A character device.
    Character,
}

/// `fs.stat`.
#[derive(Debug)]
pub struct Stat;

/// Says what is at a path. That nothing is there is an answer, not a failure.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The path.
    path: HostPath,
    /// Looks at what a symbolic link points to instead of the link.
    #[serde(default)]
    follow: bool,
    /// Reads a regular file whole to give its BLAKE3 hash.
    #[serde(default)]
    hash: bool,
}

/// What is at a path. All but `exists` is there only if something is.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Output {
    /// Whether anything is there.
    exists: bool,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    sort: Option<Sort>,
    /// Its permission bits as text, such as `0644`.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<FileMode>,
    /// The name of its owner; the number as text where it has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// The name of its group; the number as text where it has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// The number of its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    /// The number of its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// When it was last changed, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    mtime: Option<f64>,
    /// Where a symbolic link points to, as written in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    link_target: Option<Text>,
    /// The BLAKE3 hash of the content in hex, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
}

impl Tool for Stat {
    const NAME: &'static str = "fs.stat";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = Some("path");
    const EXAMPLE: &'static str = "fs.stat: /var/run/reboot-required";

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
