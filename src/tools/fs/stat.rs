//! Looks at a path.

use std::convert::Infallible;
use std::io::ErrorKind;

use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, Text};
use crate::failure::Failure;
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};
use crate::tools::fs::sort::Sort;

/// `fs.stat`.
#[derive(Debug)]
pub(crate) struct Stat;

/// Says what is at a path. That nothing is there is an answer, not a failure.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
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
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
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
    type Change = Infallible;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        Footprint::reads(args.path.area())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = args.path.as_path();
        let follow = if args.follow { Follow::Yes } else { Follow::No };
        let Some(meta) = host.metadata(path, follow)? else {
            return Ok(Finding::Settled(Output::default()));
        };
        let sort = Sort::of(FileType::from_raw_mode(meta.mode()));
        let cannot = |error: std::io::Error| Failure::io(format_args!("cannot read `{}`", args.path), &error);
        let link_target = match sort {
            Sort::Link => {
                let at = host.locate(path, Follow::No)?;
                let at = at.ok_or_else(|| cannot(ErrorKind::NotFound.into()))?;
                Some(at.link_target()?)
            }
            _ => None,
        };
        let hash = match sort {
            Sort::File if args.hash => {
                let at = host
                    .locate(path, follow)?
                    .ok_or_else(|| cannot(ErrorKind::NotFound.into()))?;
                Some(host.hash_at(&at)?.to_string())
            }
            _ => None,
        };
        if host.is_foreseen(path) {
            host.unsure("mtime");
            if sort == Sort::Directory {
                host.unsure("size");
            }
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a float holds seconds to the microsecond for centuries"
        )]
        let mtime = meta.mtime() as f64 + f64::from(meta.mtime_nsec()) / 1e9;
        Ok(Finding::Settled(Output {
            exists: true,
            sort: Some(sort),
            mode: Some(FileMode(meta.mode() & 0o7777)),
            owner: Some(host.user_name(meta.uid())),
            group: Some(host.group_name(meta.gid())),
            uid: Some(meta.uid()),
            gid: Some(meta.gid()),
            size: Some(meta.size()),
            mtime: Some(mtime),
            link_target,
            hash,
        }))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
