//! Copies a file or folder to the host.

use serde::{Deserialize, Serialize};

use crate::system::{Reader, Writer};
use crate::tool::{Access, Argv, Blob, Failure, FileMode, Finding, Footprint, HostPath, Text, Tool};

/// `fs.copy`.
#[derive(Debug)]
pub struct Copy;

/// Copies a file or folder from the controller to the host. Only files whose content differs are sent, in chunks, and each
/// takes its place whole or not at all. A folder `app` is copied as a whole to `dest/app`; `app/`, with a slash, means what
/// is in it. Nothing is ever removed.
///
/// Check mode: says which files would change, and how.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The file or folder on the controller.
    #[schemars(extend("x-role" = "controller_file"))]
    src: String,
    /// Where to, on the host. For a file: its path, or with a slash at its end the folder that it goes into.
    dest: HostPath,
    /// The permission bits of files, such as 0644. By default 0644 or, where the source is executable, 0755.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<FileMode>,
    /// The permission bits of folders that are created or exist below `dest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory_mode: Option<FileMode>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Keeps the old file beside the new one, as `NAME.20260131-235959~`.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it takes its place; `%s` in it is the path of the new file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    validate: Option<Argv>,
    /// Creates missing folders above `dest`.
    #[serde(default)]
    parents: bool,
    /// What there is to copy, on its way to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    content: Option<Blob>,
}

/// What was copied.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Output {
    /// Where it is.
    path: Text,
    /// Files that were sent.
    files: u64,
    /// Bytes that were sent.
    bytes: u64,
}

impl Tool for Copy {
    const NAME: &'static str = "fs.copy";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "fs.copy: { src: ./, dest: /srv/app/ }";

    type Args = Args;
    type Change = ();
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::writes(args.dest.area())
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
